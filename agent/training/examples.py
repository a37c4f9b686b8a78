"""Trajectories and rows as token sequences, and sequences as packs that fill a training step.

Episodes of one world start with the same rules and tool docs. A pack holds that head once, then
several episodes side by side, each of which sees the head and itself only: the same numbers as
separate sequences, at about half the tokens.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.backends.local.tokens import Tokens
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
    learn: tuple[bool, ...]
    """One flag per body token."""

    @property
    def length(self) -> int:
        return len(self.head) + len(self.body)

    @property
    def targets(self) -> int:
        return sum(self.learn)


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


def whole(trajectory: Trajectory, tokens: Tokens, *, roles: Sequence[str] = ROLES) -> Example:
    """A trajectory as one sequence in which only the turns of `roles` are learnt.

    What follows the last learnt turn is left away: nothing could be learnt from it.
    """
    text, spans = "", []
    for segment in sequence(trajectory):
        if segment.learn and segment.role in roles:
            spans.append((len(text), len(text) + len(segment.text)))
        text += segment.text
    text = text[: spans[-1][1]] if spans else ""
    ids = tokens.encode(text)
    learn = [False] * len(ids)
    for start, stop in spans:
        # A prompt's ids are a prefix of its continuation's, so lengths are positions.
        first, after = len(tokens.encode(text[:start])), len(tokens.encode(text[:stop]))
        learn[first:after] = [True] * (after - first)
    shared = len(tokens.encode(_head(text)))
    return Example(tuple(ids[:shared]), tuple(ids[shared:]), tuple(learn[shared:]))


def single(row: Row, tokens: Tokens) -> Example:
    """A row as one sequence: its input is read, its target and the end are learnt."""
    read = tokens.encode(row.input)
    written = tokens.encode(row.target + END, begin=False)
    shared = len(tokens.encode(_head(row.input)))
    learn = (False,) * (len(read) - shared) + (True,) * len(written)
    return Example(tuple(read[:shared]), tuple(read[shared:] + written), learn)


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
        made = draw.child("packs").shuffled(list(_fill_packs(order, size)))
        share = min(1.0, epochs - epoch)
        found += made[: max(1, round(share * len(made)))] if made else []
    return found


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


def tensors(pack: Pack) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Model inputs of a pack, and the ids to predict at `logits_to_keep`.

    The mask is boolean, (1, 1, n, n): a token sees the head and its own example up to itself.
    """
    import torch

    ids = list(pack.head)
    positions = list(range(len(ids)))
    owner = [-1] * len(ids)
    learnt: list[int] = []
    for index, example in enumerate(pack.examples):
        learnt += [len(ids) + at for at, flag in enumerate(example.learn) if flag]
        positions += range(len(pack.head), len(pack.head) + len(example.body))
        ids += example.body
        owner += [index] * len(example.body)
    own = torch.tensor(owner)
    visible = (own[None, :] == own[:, None]) | (own[None, :] == -1)
    given = {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "attention_mask": torch.tril(visible)[None, None],
        "logits_to_keep": torch.tensor(learnt) - 1,
    }
    return given, torch.tensor([ids[at] for at in learnt])


def fingerprint(examples: Iterable[Example]) -> str:
    """A sha256 of the data, so that a run is only ever resumed on its own."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.head, example.body, example.learn)).encode())
    return digest.hexdigest()
