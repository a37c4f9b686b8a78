"""The step metrics of two agents on the same recorded steps, and how far they are apart.

    python -m tests.bench.paired STORE BASELINE AGENT [--seeds 0 1 2] [--steps 500]
        [--keep DIR] [--label NAME] [--out FILE]

`{seed}` in an agent's name stands for each of the seeds in turn, as in
`"checkpoint:DIR/glpft-{seed} without grammar"`. The bootstrap draws whole episodes, with all seeds.
What a run has scored is kept in DIR, so that one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from agent.cli.console import note
from agent.evaluation import evaluate_roles, steps_of
from agent.evaluation.command import role_backends
from agent.evaluation.metrics import METRICS, Scores, StepScore, difference
from agent.evaluation.steps import Step
from sandbox.draws import Draw
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store

DEFAULT = Path(__file__).parent / "results" / "paired.json"
TURN = 96
"""Tokens in one role's turn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("baseline")
    parser.add_argument("agent")
    parser.add_argument("--seeds", nargs="+", default=["0"])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--label", default="")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    steps = _draw_steps(given.store, given.steps)
    given.keep.mkdir(parents=True, exist_ok=True)
    runs = [
        [_scores(name.format(seed=seed), steps, given.keep) for seed in given.seeds]
        for name in (given.baseline, given.agent)
    ]
    before, after = (Scores(tuple(step for run in each for step in run.steps)) for each in runs)
    kept = orjson.loads(given.out.read_bytes()) if given.out.exists() else {}
    kept[given.label or f"{given.agent} minus {given.baseline}"] = {
        "baseline": given.baseline,
        "agent": given.agent,
        "seeds": given.seeds,
        "baseline_figures": before.as_json(),
        "agent_figures": after.as_json(),
        "difference": {metric: difference(before, after, metric) for metric in METRICS},
        "difference_by_seed": {
            seed: {metric: difference(one, other, metric) for metric in METRICS}
            for seed, one, other in zip(given.seeds, *runs, strict=True)
        },
        **circumstances(),
    }
    write_figures(given.out, kept)
    note(f"{kept}")


def _draw_steps(place: str, least: int) -> list[Step]:
    """The steps of episodes drawn from a store until there are enough, in the store's order."""
    with Store.open(place, create=False) as store:
        rows = [row for row in store.iterate() if row.outcome.success]
    found = {row.id: steps_of([row]) for row in rows}
    chosen: set[str] = set()
    for episode in Draw("paired").shuffled(list(found)):
        if sum(len(found[each]) for each in chosen) >= least:
            break
        chosen.add(episode)
    return [step for episode, steps in found.items() if episode in chosen for step in steps]


def _scores(agent: str, steps: Sequence[Step], folder: Path) -> Scores:
    """The scores of an agent on these steps; read again where they are known."""
    known = orjson.dumps([agent, [[step.cluster, step.rationale] for step in steps]])
    place = folder / f"{hashlib.sha256(known).hexdigest()[:16]}.json"
    if place.exists():
        return Scores(tuple(StepScore(**row) for row in orjson.loads(place.read_bytes())))
    began, cpu = time.perf_counter(), time.process_time()

    def advance(done: int, total: int) -> None:
        if done % 160 == 0:
            note(f"{agent}: {done} of at most {total} turns, {time.perf_counter() - began:.0f} s")

    made = asyncio.run(
        evaluate_roles(steps, role_backends(agent), max_tokens=TURN, progress=advance)
    )
    write_figures(place, [asdict(step) for step in made.steps])
    figures: dict[str, Any] = {metric: made.mean(metric) for metric in METRICS}
    note(f"{agent}: {figures}, {time.process_time() - cpu:.0f} CPU s")
    return made


if __name__ == "__main__":
    main()
