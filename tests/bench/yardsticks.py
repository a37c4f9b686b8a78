"""Figures on outside yardsticks: of the baselines that need no model, or of agents that read.

    WAVETANK_CORPUS=… python -m tests.bench.yardsticks [--out FILE]
    WAVETANK_CORPUS=… python -m tests.bench.yardsticks --agents umi single base
        [--suites hammer bfcl] [--limit 100] [--out FILE]

Agents answer a drawn part of each yardstick, and what is in FILE of others is kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from agent.evaluation.command import role_backends
from agent.evaluation.yardsticks import run_yardstick, yardsticks
from tests.bench.results_files import circumstances, write_figures

DEFAULT = Path(__file__).parent / "results" / "yardsticks.json"
KEPT = ("metrics", "intervals", "parts", "n_questions", "of", "seed", "left_out", "baselines")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", nargs="+", default=[])
    parser.add_argument("--suites", nargs="+", default=list(yardsticks()))
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=DEFAULT)
    given = parser.parse_args()
    found = orjson.loads(given.out.read_bytes()) if given.out.exists() else {}
    if not given.agents:
        found |= {"yardsticks": {name: _baselines(name) for name in given.suites}} | circumstances()
    for agent in given.agents:
        backends = role_backends(agent)
        for name in given.suites:
            started = time.process_time()
            run = run_yardstick(
                name, agent, limit=given.limit, seed=given.seed, backends=backends, note=_say
            )
            row = {key: run[key] for key in KEPT if key in run} | circumstances()
            row["cpu_seconds"] = round(time.process_time() - started)
            found.setdefault("agents", {}).setdefault(agent, {})[name] = row
            _say(f"{agent}, {name}: {run['metrics']}, {row['cpu_seconds']} s")
            write_figures(given.out, found)
    write_figures(given.out, found)


def _baselines(name: str) -> dict[str, Any]:
    started = time.process_time()
    run = run_yardstick(name, "baseline:trivial")
    seconds = round(time.process_time() - started, 1)
    _say(f"{name}: {seconds} s")
    return {
        "n_questions": run["n_questions"],
        "baselines": run["baselines"],
        "cpu_seconds": seconds,
    }


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
