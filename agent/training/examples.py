"""Trajectories and rows as token sequences, and sequences as packs that fill a training step.

Episodes of one world start with the same rules and tool docs. A pack holds that head once, then
several episodes side by side, each of which sees the head and itself only: the same numbers as
separate sequences, at about half the tokens.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.backends.local.tokens import Tokens
from agent.training.weights import turn_weights
from sandbox.draws import Draw
from trajectories.records import Trajectory
from trajectories.rows import END, ROLES, Row, rows, sequence

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence: a head to read, then a body of which some tokens are learnt."""

    head: tuple[int, ...]
    body: tuple[int, ...]
    weights: tuple[float, ...]
    """What each body token counts in the loss; 0 for what is only read."""
    roles: tuple[int, ...] = ()
    """The role whose turn each body token belongs to, from 1 in the order of ROLES; 0 for none."""

    @property
    def length(self) -> int:
        return len(self.head) + len(self.body)

    @property
    def targets(self) -> int:
        """How many tokens are learnt."""
        return sum(weight > 0 for weight in self.weights)


@dataclass(frozen=True, slots=True)
class Pack:
    """Examples with one head: the unit of a training step."""

    head: tuple[int, ...]
    examples: tuple[Example, ...]

    @property
    def length(self) -> int:
        return len(self.head) + sum(len(example.body) for example in self.examples)

    @property
    def targets(self) -> int:
        return sum(example.targets for example in self.examples)

    @property
    def weight(self) -> float:
        """What all its learnt tokens count together."""
        return sum(sum(example.weights) for example in self.examples)


def whole(trajectory: Trajectory, tokens: Tokens, *, roles: Sequence[str] = ROLES) -> Example:
    """A trajectory as one sequence in which only the turns of `roles` are learnt.

    What follows the last learnt turn is left away: nothing could be learnt from it.
    """
    text, spans = "", []
    for segment in sequence(trajectory):
        if segment.learn and segment.role in roles:
            spans.append((len(text), len(text) + len(segment.text), segment.message))
        text += segment.text
    text = text[: spans[-1][1]] if spans else ""
    ids = tokens.encode(text)
    weights = [0.0] * len(ids)
    for start, stop, index in spans:
        # A prompt's ids are a prefix of its continuation's, so lengths are positions.
        first, after = len(tokens.encode(text[:start])), len(tokens.encode(text[:stop]))
        weights[first:after] = turn_weights(trajectory, index, ids[first:after], tokens)
    shared = len(tokens.encode(_head(text)))
    owners = [ROLES.index(role) + 1 if role in ROLES else 0 for role in tokens.roles(text)]
    return Example(
        tuple(ids[:shared]), tuple(ids[shared:]), tuple(weights[shared:]), tuple(owners[shared:])
    )


def single(row: Row, tokens: Tokens) -> Example:
    """A row as one sequence: its input is read, its target and the end are learnt."""
    read = tokens.encode(row.input)
    written = tokens.encode(row.target + END, begin=False)
    shared = len(tokens.encode(_head(row.input)))
    weights = (0.0,) * (len(read) - shared) + (1.0,) * len(written)
    owner = ROLES.index(row.role) + 1 if row.role in ROLES else 0
    owners = (owner,) * (len(read) - shared + len(written))
    return Example(tuple(read[:shared]), tuple(read[shared:] + written), weights, owners)


def _head(text: str) -> str:
    """Rules and docs with their end mark; the published layout has no such head."""
    head, end, rest = text.partition(f"{END}\n")
    return head + END if end and rest.startswith("user:") else ""


def role_rows(trajectories: Iterable[Trajectory], tokens: Tokens) -> list[Example]:
    """Every learnt turn of every role as an example of its own."""
    return [single(row, tokens) for trajectory in trajectories for row in rows(trajectory)]


def fitting(examples: Iterable[Example], limit: int) -> tuple[list[Example], int, int]:
    """Examples with something to learn that fit, how many were too long, how many were empty.

    A sequence that does not fit is refused and counted, never cut.
    """
    given = list(examples)
    useful = [example for example in given if example.targets]
    kept = [example for example in useful if example.length <= limit]
    return kept, len(useful) - len(kept), len(given) - len(useful)


def packs(
    examples: Sequence[Example], *, size: int, epochs: float, seed: int, name: str
) -> list[Pack]:
    """The packs of a whole stage in training order; a fraction of an epoch takes a part of it."""
    found: list[Pack] = []
    for epoch in range(math.ceil(epochs)):
        draw = Draw("glpft", seed, name, epoch)
        order = draw.child("examples").shuffled(examples)
        made = _spread(list(_fill_packs(order, size)), draw.child("packs"))
        share = min(1.0, epochs - epoch)
        found += made[: max(1, round(share * len(made)))] if made else []
    return found


def _spread(made: Sequence[Pack], draw: Draw) -> list[Pack]:
    """Packs in an order in which those with one head are far apart."""
    places: dict[tuple[int, ...], int] = {}
    counts = Counter(pack.head for pack in made)
    keyed = []
    for number, pack in enumerate(made):
        nth = places.get(pack.head, 0)
        places[pack.head] = nth + 1
        keyed.append(((nth + draw.unit(str(number))) / counts[pack.head], number, pack))
    return [pack for _, _, pack in sorted(keyed, key=lambda entry: entry[:2])]


def _fill_packs(examples: Sequence[Example], size: int) -> Iterator[Pack]:
    by_head: dict[tuple[int, ...], list[Example]] = {}
    for example in examples:
        by_head.setdefault(example.head, []).append(example)
    for head, members in by_head.items():
        held: list[Example] = []
        room = size - len(head)
        for example in members:
            if held and len(example.body) > room:
                yield Pack(head, tuple(held))
                held, room = [], size - len(head)
            held.append(example)
            room -= len(example.body)
        yield Pack(head, tuple(held))


@dataclass(frozen=True, slots=True)
class Batch:
    """A pack as tensors."""

    inputs: dict[str, torch.Tensor]
    """What the model takes: ids and positions (1, n), the mask (1, 1, n, n), boolean, in which a
    token sees the head and its own example up to itself, and the places to predict from."""
    wanted: torch.Tensor
    """(learnt,): the ids to predict there."""
    weights: torch.Tensor
    """(learnt,): what each of them counts."""
    roles: torch.Tensor
    """(1, n): the role whose turn a token belongs to, from 1; 0 for none."""


def tensors(pack: Pack) -> Batch:
    """A pack for a model."""
    import torch

    ids = list(pack.head)
    positions = list(range(len(ids)))
    owner, roles = [-1] * len(ids), [0] * len(ids)
    weights = [0.0] * len(ids)
    for index, example in enumerate(pack.examples):
        positions += range(len(pack.head), len(pack.head) + len(example.body))
        ids += example.body
        weights += example.weights
        roles += example.roles or (0,) * len(example.body)
        owner += [index] * len(example.body)
    learnt = [at for at, weight in enumerate(weights) if weight > 0]
    own = torch.tensor(owner)
    visible = (own[None, :] == own[:, None]) | (own[None, :] == -1)
    given = {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "attention_mask": torch.tril(visible)[None, None],
        "logits_to_keep": torch.tensor(learnt) - 1,
    }
    return Batch(
        given,
        torch.tensor([ids[at] for at in learnt]),
        torch.tensor([weights[at] for at in learnt]),
        torch.tensor([roles]),
    )


def fingerprint(examples: Iterable[Example]) -> str:
    """A sha256 of the data, so that a run is only ever resumed on its own."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.head, example.body, example.weights)).encode())
    return digest.hexdigest()
