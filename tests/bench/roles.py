"""Figures of role agents on recorded steps and on whole tasks, with and without decision forms.

    python -m tests.bench.roles steps STORE AGENT… [--out FILE]
    python -m tests.bench.roles tasks AGENT… --documents DOC… [-n 24] [--seed 77]
        [--faults PLAN] [--drift PLAN] [--keep STORE] [--out FILE]
    python -m tests.bench.roles pool STORE… --label NAME [--out FILE]

Each run is added to FILE under its agent and kind; what was there under that name is replaced.
`pool` counts episodes together that several runs have kept.
`checkpoint:DIR` is any training run, `umi without stated` leaves a form away.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.progress import Progress, TaskID

from agent.evaluation.command import live_scores, static_scores
from agent.evaluation.live import live
from agent.evaluation.provenance import hardware, versions
from agent.runtime.recorder import written_tokens
from tests.bench.results_files import circumstances, write_figures
from trajectories import Store, Trajectory
from trajectories.scoring.incidents import Episode
from trajectories.scoring.rates import Rate, rates

DEFAULT = Path(__file__).parent / "results" / "roles.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["steps", "tasks", "pool"])
    parser.add_argument("names", nargs="+", help="AGENT…, for steps behind a STORE; STORE…")
    parser.add_argument("--documents", nargs="+", default=[])
    parser.add_argument("-n", type=int, default=24)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--faults", help="what stress scenarios know: a preset, a file or ids")
    parser.add_argument("--drift", help="likewise")
    parser.add_argument("--label", default="", help="what the agent is called in FILE")
    parser.add_argument("--note", default="")
    parser.add_argument("--keep", default=":memory:", help="store of the episodes")
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    if given.kind == "pool":
        _add(given.out, f"{given.label}, tasks", _pool(given.names))
        return
    store, *agents = given.names if given.kind == "steps" else ["", *given.names]
    for agent in agents:
        started, cpu = time.perf_counter(), time.process_time()
        found = _steps(store, agent) if given.kind == "steps" else _tasks(agent, given)
        found |= {
            "seed": given.seed,
            "note": given.note,
            "seconds": round(time.perf_counter() - started),
            "cpu_seconds": round(time.process_time() - cpu),
            **circumstances(),
        }
        _add(given.out, f"{given.label or agent}, {given.kind}", found)


def _steps(store: str, agent: str) -> dict[str, Any]:
    with Progress(disable=True) as bar:
        return static_scores(store, agent, bar=bar)


class _Clock(Progress):
    """Notes when each task is done; the first takes the loading of the model as well."""

    def __init__(self) -> None:
        super().__init__(disable=True)
        self.times = [(time.perf_counter(), time.process_time())]

    def update(self, task_id: TaskID, *args: Any, **changes: Any) -> None:
        """Show progress as usual."""
        if changes.get("advance"):
            self.times.append((time.perf_counter(), time.process_time()))
        super().update(task_id, *args, **changes)

    def per_task(self) -> dict[str, Any]:
        """Seconds by the clock and of the processor per task."""
        gone = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(self.times)]
        return {
            "seconds_per_task": _spread([wall for wall, _ in gone]),
            "cpu_seconds_per_task": _spread([cpu for _, cpu in gone]),
        }


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and the greatest, by nearest rank."""
    found = sorted(values)
    ranks = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {
        name: round(found[max(0, math.ceil(share * len(found)) - 1)], 2)
        for name, share in ranks.items()
        if found
    }


def _tasks(agent: str, given: argparse.Namespace) -> dict[str, Any]:
    with _Clock() as bar, Store.open(given.keep) as kept:
        found = live_scores(
            given.documents,
            agent,
            n=given.n,
            trials=1,
            task_file=None,
            faults=given.faults,
            drift=given.drift,
            seed=given.seed,
            store=kept,
            bar=bar,
        )
        rows = list(kept.iterate())
        found |= _recovery(rows) if given.faults or given.drift else {}
        found |= bar.per_task() | {
            "calls_per_task": _spread([row.outcome.metrics.get("calls", 0) for row in rows]),
            "tokens_written_per_task": _spread([written_tokens(row) for row in rows]),
        }
    return found | {
        "documents": [Path(name).stem for name in given.documents],
        "faults": given.faults,
        "drift": given.drift,
    }


def _pool(stores: Sequence[str]) -> dict[str, Any]:
    records: list[Trajectory] = []
    for place in stores:
        with Store.open(place, create=False) as kept:
            records += kept.iterate()
    won: dict[str, list[bool]] = {}
    for record in records:
        won.setdefault(record.document.title, []).append(record.outcome.success)
    documents = {name: f"{sum(each)} of {len(each)}" for name, each in sorted(won.items())}
    found = live(records) | {"by_document": documents} | _recovery(records)
    return found | {"hardware": hardware(), "versions": versions()}


def _recovery(records: Sequence[Trajectory]) -> dict[str, Any]:
    """Recovery from what a reply shows and from what none shows, and first repairs."""
    shares = rates(map(Episode.of, records))
    whole, explicit = shares["recovery_rate"], shares["conditional_recovery_rate"]
    silent = {}
    for task, (part, of) in whole.clusters.items():
        seen, visible = explicit.clusters.get(task, (0, 0))
        silent[task] = (part - seen, of - visible)
    named = {
        "recovery_explicit": explicit,
        "recovery_silent": Rate.of_clusters(silent),
        "first_repair": shares["first_repair"],
        "duplicates": shares["duplicate_rate"],
        "loops": shares["loop_rate"],
    }
    return {name: rate.as_json() for name, rate in named.items()}


def _add(place: Path, name: str, found: dict[str, Any]) -> None:
    file = orjson.loads(place.read_bytes()) if place.exists() else {"runs": {}}
    file["runs"][name] = found
    write_figures(place, file)


if __name__ == "__main__":
    main()
