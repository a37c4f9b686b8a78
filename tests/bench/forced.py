"""What a model would write at each learnt token of recorded episodes, given all that stands before.

    python -m tests.bench.forced STORE CHECKPOINT… [--label NAME] [--out FILE]

A checkpoint is a folder, or `umi`; each is measured with its roles and with its stage 1 alone. No
grammar and no decoding: one pass over each episode, so that a difference of a few points shows
with few episodes. `loss` is in nats per learnt token; `likeliest` is the share of learnt tokens
that the model finds likeliest of all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import torch

from agent.backends.local.checkpoint import (
    EMBEDDED,
    base_of,
    load_tokens,
    read_checkpoint,
    with_stage1,
)
from agent.backends.local.role_adapters import with_role_adapters
from agent.cli.console import note
from agent.runtime.forms.decisions import with_decisions
from agent.training.examples import Example, Pack, fitting, tensors, whole
from agent.training.learners import read_start
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store, Trajectory
from trajectories.rows import ROLES
from trajectories.scoring.intervals import Interval, difference, interval

DEFAULT = Path(__file__).parent / "results" / "forced.json"
LONGEST = 1000
"""Tokens of an episode that is measured; longer ones are left out."""
FIGURES = ("loss", "likeliest")
Parts = dict[str, tuple[float, int]]
"""Episode → what a figure counts in it, and of how many tokens."""


@dataclass(frozen=True, slots=True)
class Forced:
    """Figures of one model: for each role, and for `all` of them together."""

    loss: dict[str, Parts] = field(default_factory=dict)
    likeliest: dict[str, Parts] = field(default_factory=dict)

    def note(self, role: str, episode: str, values: Mapping[str, float], tokens: int) -> None:
        """Add up what was measured of one episode, maybe once more under another seed."""
        for figure, value in values.items():
            known = getattr(self, figure).setdefault(role, {})
            before, of = known.get(episode, (0.0, 0))
            known[episode] = (before + value, of + tokens)

    def as_json(self) -> dict[str, Any]:
        """Role → each figure with its 95 % interval over episodes, and how many there were."""
        return {
            role: {
                "episodes": len(self.loss[role]),
                **{figure: _figure(getattr(self, figure)[role]) for figure in FIGURES},
            }
            for role in self.loss
        }

    def less(self, other: Forced) -> dict[str, Any]:
        """This minus the other, paired by episodes."""
        return {
            role: {figure: _change(self, other, figure, role) for figure in FIGURES}
            for role in self.loss
        }


def _figure(parts: Parts) -> list[Any]:
    return [round(_mean(parts), 4), _rounded(interval(list(parts.values())))]


def _change(one: Forced, other: Forced, figure: str, role: str) -> list[Any]:
    mine, theirs = getattr(one, figure)[role], getattr(other, figure)[role]
    return [round(_mean(mine) - _mean(theirs), 4), _rounded(difference(mine, theirs))]


def _mean(parts: Parts) -> float:
    return sum(part for part, _ in parts.values()) / sum(of for _, of in parts.values())


def _rounded(ends: Interval | None) -> list[float] | None:
    return None if ends is None else [round(end, 4) for end in ends]


def encode_successes(store: str) -> dict[str, Example]:
    """A store's successful episodes, encoded."""
    with Store.open(store, create=False) as opened:
        return encode(record for record in opened.iterate() if record.outcome.success)


def encode(records: Iterable[Trajectory]) -> dict[str, Example]:
    """Episodes as the embedded backbone's tokens, by id; too long ones are left out."""
    tokens = load_tokens(base_of(EMBEDDED))
    given = ((record.id, whole(with_decisions(record), tokens)) for record in records)
    return {id: example for id, example in given if fitting([example], LONGEST)[0]}


def measure(
    checkpoint: Path | None,
    episodes: Mapping[str, Example],
    into: Forced,
    *,
    is_single: bool = False,
) -> None:
    """Add the figures of a checkpoint (None: the untrained backbone) on encoded episodes;
    `is_single` leaves its role adapters away."""
    made = None if checkpoint is None else read_checkpoint(checkpoint)
    base = base_of(EMBEDDED if made is None else made.backbone)
    stage1 = made.path / made.stage1 if made is not None and made.stage1 else None
    model = with_stage1(base, stage1)
    roles = {} if made is None or is_single else made.roles
    own = {role: made.path / at for role, at in roles.items() if made is not None and at}
    adapters = with_role_adapters(model, own) if own else None
    for id, example in episodes.items():
        batch = tensors(Pack(example.head, (example,)))
        if adapters is not None:
            places = [0, *(adapters.index(role) for role in ROLES)]
            adapters.chosen = torch.tensor(places)[batch.roles]
        with torch.no_grad():
            logits = model(**batch.inputs)["logits"][0].float()
        each = torch.nn.functional.cross_entropy(logits, batch.wanted, reduction="none")
        right = logits.argmax(-1) == batch.wanted
        owner = batch.roles[0][batch.inputs["logits_to_keep"] + 1]
        for number, role in enumerate(["all", *ROLES]):
            mine = owner > 0 if role == "all" else owner == number
            count = int(mine.sum())
            if count:
                values = {"loss": float(each[mine].sum()), "likeliest": int(right[mine].sum())}
                into.note(role, id, values, count)


def by_part(checkpoint: str, episodes: Mapping[str, Example]) -> dict[str, Any]:
    """The figures of a checkpoint's stage 1 alone, and with its roles; `umi` is the bundled one."""
    place = read_start(checkpoint).path
    found = {}
    for part, is_single in (("stage 1", True), ("roles", False)):
        measure(place, episodes, into := Forced(), is_single=is_single)
        found[part] = into.as_json()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--label", default="", help="what the episodes are called in FILE")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    episodes = encode_successes(given.store)
    rows = {}
    for name in given.checkpoints:
        for part, found in by_part(name, episodes).items():
            rows[f"{Path(name).name}, {part}"] = found
            note(f"{name}, {part}: {found}")
    kept = orjson.loads(given.out.read_bytes()) if given.out.exists() else {}
    kept[given.label or Path(given.store).name] = {
        "rows": rows,
        **circumstances(),
    }
    write_figures(given.out, kept)


if __name__ == "__main__":
    main()
