"""Does a wider choice of worlds teach more? The same tokens from few and from many worlds.

    python -m tests.bench.worlds STORE --work DIR [--worlds 4 16 64] [--tokens 48000] [--out FILE]

For each number the teacher plays invented worlds (the first so many of one seed) and one model is
trained from the untrained backbone for as many tokens as for every other number. Measured is what
training never saw: the successful episodes of STORE, and those of 44 invented worlds of another
seed; the loss per learnt token in nats, weighted as in training, and the share of learnt tokens
that are the likeliest, without a grammar. What is in DIR already is kept.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import torch

from agent import scripted
from agent.backends.local.checkpoint import EMBEDDED, FILE, base_of, load_tokens, with_stage1
from agent.cli.console import note
from agent.collect.collect import collect
from agent.evaluation.provenance import hardware, versions
from agent.runtime.decisions import with_decisions
from agent.training import Flags
from agent.training.examples import fitting, packs, tensors, whole
from agent.training.train import Progress, train
from sandbox import World
from sandbox.invention.invent import invent
from trajectories import Store, Trajectory

DEFAULT = Path(__file__).parent / "results" / "worlds.json"
UNSEEN_SEED, UNSEEN_WORLDS = 9001, 44
LONGEST = 2048
"""Tokens of an episode that is measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="episodes on documents that nobody trained on")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--worlds", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--tokens", type=int, default=48_000)
    parser.add_argument("--longest", type=int, default=750)
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    with Store.open(given.store, create=False) as store:
        real = [record for record in store.iterate() if record.outcome.success]
    invented = _played(UNSEEN_WORLDS, UNSEEN_WORLDS, UNSEEN_SEED)
    sets = {"store": real, "invented": invented}
    rows = {"untrained": _measured(None, sets)}
    for count in given.worlds:
        place = given.work / f"worlds-{count}"
        if not (place / FILE).is_file():
            _train(count, place, given)
        rows[f"{count} worlds"] = _measured(place / "backbone", sets)
        note(f"{count} worlds: {rows[f'{count} worlds']}")
    kept = {
        "store": Path(given.store).name,
        "tokens": given.tokens,
        "seed": given.seed,
        "rows": rows,
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "hardware": hardware(),
        "versions": versions(),
    }
    given.out.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")


def _played(worlds: int, episodes: int, seed: int) -> list[Trajectory]:
    """The teacher's successful episodes on invented worlds."""
    with TemporaryDirectory() as folder, Store.open(":memory:") as store:
        loaded = []
        for made in invent(worlds, seed=seed):
            file = Path(folder) / f"{made.name}.json"
            file.write_bytes(orjson.dumps(made.tree))
            loaded.append(World.load(str(file)))
        for _ in collect(
            loaded, scripted("perfect"), store, n=episodes, seed=seed, share_tools=True
        ):
            pass
        return [record for record in store.iterate() if record.outcome.success]


def _train(count: int, place: Path, given: argparse.Namespace) -> None:
    # Few worlds have to fill as many tokens as many worlds do.
    source = _played(count, max(512, 8 * count), given.seed)
    flags = Flags(recipe="single", tokens=given.tokens, limit=given.longest, pack=768)
    began = time.perf_counter()
    for news in train(source, out=place, flags=flags):
        if isinstance(news, Progress) and news.step % 5 == 0:
            note(f"{place.name} {news.step}/{news.steps} {news.loss:.3f}")
    note(f"{place.name}: {time.perf_counter() - began:.0f} s")


def _measured(stage1: Path | None, sets: Mapping[str, Sequence[Trajectory]]) -> dict[str, Any]:
    base = base_of(EMBEDDED)
    model, tokens = with_stage1(base, stage1), load_tokens(base)
    found = {}
    for name, records in sets.items():
        loss = weight = right = count = 0.0
        given = [whole(with_decisions(record), tokens) for record in records]
        examples, *_ = fitting(given, LONGEST)
        for pack in packs(examples, size=1, epochs=1, seed=0, name="unseen"):
            batch = tensors(pack)
            with torch.no_grad():
                logits = model(**batch.inputs)["logits"][0].float()
            each = torch.nn.functional.cross_entropy(logits, batch.wanted, reduction="none")
            loss += float((each * batch.weights).sum())
            weight += float(batch.weights.sum())
            right += float((logits.argmax(-1) == batch.wanted).sum())
            count += len(batch.wanted)
        found[name] = {
            "episodes": len(examples),
            "learnt_tokens": int(count),
            "loss": round(loss / weight, 4),
            "likeliest": round(100 * right / count, 1),
        }
    return found


if __name__ == "__main__":
    main()
