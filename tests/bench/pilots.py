"""What a pilot's own training gains on a document, over documents and seeds.

    python -m tests.bench.pilots DOC… --work DIR [--seeds 0 1 2] [--tokens 40000] [--out FILE]

Each pilot leaves its folder DIR/DOCUMENT-SEED with its report; what is there already is kept, so
that a run that was stopped goes on. Gains are what the trained roles solve more than the bundled
ones of the same held-out tasks (points of whole tasks), and the same of the step metrics.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from agent.cli.console import note
from agent.evaluation.pilot import pilot
from agent.evaluation.pilot_config import Brief
from agent.evaluation.report.choice import BUNDLED, TRAINED
from agent.evaluation.trials import label
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store
from trajectories.scoring.intervals import Part, difference, percent

DEFAULT = Path(__file__).parent / "results" / "pilots.json"
STEPS = ("plan_acc", "action_em", "argument_f1", "rouge_l")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tokens", type=int, default=40_000)
    parser.add_argument("--others", type=int, default=20, help="tasks on each bundled document")
    parser.add_argument("--live", type=int, default=30, help="held-out tasks attempted live")
    parser.add_argument("--steps", type=int, default=0, help="steps scored on new operations")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    runs: list[dict[str, Any]] = []
    won: dict[str, dict[str, dict[str, Part]]] = {}
    for seed, document in itertools.product(given.seeds, given.documents):
        name = Path(document).stem
        out = given.work / f"{name}-{seed}"
        if not (out / "report.json").is_file():
            _run(document, seed, out, given)
        report = orjson.loads((out / "report.json").read_bytes())
        for agent, parts in _solved(out / "episodes.db", seed).items():
            won.setdefault(name, {}).setdefault(agent, {}).update(parts)
        runs.append(_row(name, seed, report))
        note(f"{runs[-1]}")
        _write(given, runs, won)


def _run(document: str, seed: int, out: Path, given: argparse.Namespace) -> None:
    brief = Brief(
        (document,),
        out,
        train=True,
        tokens=given.tokens,
        others=given.others,
        live=given.live,
        steps=given.steps,
        stress=1,
        seed=seed,
        store=str(out / "episodes.db"),
    )
    last = ""
    for stage in pilot(brief):
        if stage.name != last or stage.done % 10 == 0:
            note(f"{out.name}: {stage.name} {stage.done} of {stage.total} {stage.note}")
        last = stage.name


def _solved(place: Path, seed: int) -> dict[str, dict[str, Part]]:
    """Of each of the two agents, which calm episodes were solved; more than one of a task count
    together."""
    found: dict[str, dict[str, Part]] = {BUNDLED: {}, TRAINED: {}}
    with Store.open(str(place), create=False) as store:
        for row in store.iterate():
            agent = label(row.agent)
            if agent in found and row.faults is None and row.drift is None:
                found[agent][f"{seed}/{row.task.get('id')}"] = (float(row.outcome.success), 1)
    return found


def _row(name: str, seed: int, report: dict[str, Any]) -> dict[str, Any]:
    evaluation = report["evaluation"]
    steps = evaluation["static"].get("unseen")
    return {
        "document": name,
        "seed": seed,
        "live": {agent: evaluation["live"].get(agent) for agent in (BUNDLED, TRAINED)},
        "gain": evaluation["gains"].get(BUNDLED),
        "choice": report["choice"],
        "training": {key: report["training"][key] for key in ("backbone", "tokens", "seconds")},
        "steps": steps and {
            agent: {metric: scores[metric] for metric in STEPS}
            for agent, scores in steps["agents"].items()
            if agent in ("untrained", "bundled", "trained")
        },
    }  # fmt: skip


def _write(
    given: argparse.Namespace,
    runs: Sequence[dict[str, Any]],
    won: dict[str, dict[str, dict[str, Part]]],
) -> None:
    every: dict[str, dict[str, Part]] = {BUNDLED: {}, TRAINED: {}}
    for (name, each), agent in itertools.product(won.items(), every):
        every[agent] |= {f"{name}/{task}": part for task, part in each[agent].items()}
    found = {
        "tokens": given.tokens,
        "others": given.others,
        "runs": runs,
        "whole_tasks": {
            name: _gain(each[BUNDLED], each[TRAINED])
            for name, each in {**won, "all": every}.items()
        },
        **circumstances(),
    }
    write_figures(given.out, found)


def _gain(before: dict[str, Part], after: dict[str, Part]) -> dict[str, Any]:
    both = before.keys() & after.keys()
    share = {
        name: round(100 * sum(each[task][0] for task in both) / len(both), 2) if both else None
        for name, each in (("bundled", before), ("trained", after))
    }
    return share | {"gain": percent(difference(after, before)), "n": len(both)}


if __name__ == "__main__":
    main()
