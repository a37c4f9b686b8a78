"""Do three roles beat one model? Both arms read the same rows, and as many tokens of them.

    python -m tests.bench.ablation train STORE --work DIR [--arms single glpft] [--start umi]
    python -m tests.bench.ablation score STORE --work DIR [--arms single glpft] [--out FILE]
    python -m tests.bench.ablation before STORE --work DIR [--out FILE]

`train` leaves DIR/ARM-SEED for each arm and seed (`--seeds 0 1 2`); what is there already is kept,
so that a run that was stopped goes on. From the backbone alone, `glpft` reads two thirds of the
tokens in its first stage and a third in its second, `single` all of them in one stage (the paper's
control). From a checkpoint (`--start`), `single` trains its stage 1 for as many tokens as `glpft`
gives to the roles on top of it. `score` compares each arm with `single` on the episodes of a store,
token by token (see `forced`): the bootstrap draws episodes, with all seeds.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from agent.backends.local.checkpoint import FILE
from agent.cli.console import note
from agent.training import Flags
from agent.training.examples import Example
from tests.bench.forced import Forced, by_part, encode_successes, measure
from tests.bench.invented import train_into
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store

DEFAULT = Path(__file__).parent / "results" / "ablation.json"
ARMS: dict[str, dict[str, Any]] = {
    "single": {"recipe": "single"},
    "glpft": {"recipe": "glpft"},
    "multi-task": {"recipe": "multi-task"},
    "one-stage": {"recipe": "one-stage"},
    "no-reuse": {"recipe": "glpft", "reuse": False},
    # All weights take a tenth of the rate that adapters take; they diverge at more.
    "full": {"recipe": "single", "method": "full", "learning_rate": 1.5e-4},
}
"""Arm → the flags in which it differs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "score", "before"])
    parser.add_argument("store")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=["single", "glpft"])
    parser.add_argument("--start", default="", help="a checkpoint, or umi; none: the backbone")
    parser.add_argument("--tokens", type=int, default=225_000)
    parser.add_argument("--longest", type=int, default=750)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    {"train": _train, "score": _score, "before": _add_before}[given.what](given)


def _train(given: argparse.Namespace) -> None:
    with Store.open(given.store, create=False) as store:
        source = [record for record in store.iterate() if record.outcome.success]
    for seed, arm in itertools.product(given.seeds, given.arms):
        place = given.work / f"{arm}-{seed}"
        if (place / FILE).is_file():
            continue
        common: dict[str, Any] = dict(
            seed=seed, start=given.start, tokens=given.tokens, limit=given.longest,
            learning_rate=1.5e-3, role_learning_rate=1.5e-3, role_epochs=1.0, pack=768,
            role_share=1.0 if given.start else 1 / 3,
        )  # fmt: skip
        began = time.perf_counter()
        train_into(place, source, Flags(**(common | ARMS[arm])))
        note(f"{arm} {seed}: {time.perf_counter() - began:.0f} s")


def _before(start: str, episodes: Mapping[str, Example]) -> dict[str, Any]:
    """Without any training; and where both arms began, and what the roles there say."""
    measure(None, episodes, untrained := Forced())
    return {"untrained": untrained.as_json()} | (by_part(start, episodes) if start else {})


def _score(given: argparse.Namespace) -> None:
    episodes = encode_successes(given.store)
    began = time.process_time()
    arms = {arm: Forced() for arm in given.arms}
    for seed, arm in itertools.product(given.seeds, given.arms):
        measure(given.work / f"{arm}-{seed}", episodes, arms[arm])
        note(f"{arm} {seed}: {arms[arm].as_json()}")
    before = _before(given.start, episodes)
    first = given.work / f"{given.arms[0]}-{given.seeds[0]}" / FILE
    kept = {
        "store": Path(given.store).name,
        "seeds": given.seeds,
        "flags": orjson.loads(first.read_bytes())["flags"],
        "arms": {arm: found.as_json() for arm, found in arms.items()},
        "before": before,
        "minus_single": {
            arm: found.less(arms["single"])
            for arm, found in arms.items()
            if arm != "single" and "single" in arms
        },
        "cpu_seconds": round(time.process_time() - began),
        **circumstances(),
    }
    write_figures(given.out, kept)
    note(f"{kept['minus_single']}")


def _add_before(given: argparse.Namespace) -> None:
    """Measure the start alone, into the file that `score` has left."""
    episodes = encode_successes(given.store)
    kept = orjson.loads(given.out.read_bytes())
    kept["before"] = _before(given.start, episodes)
    write_figures(given.out, kept)


if __name__ == "__main__":
    main()
