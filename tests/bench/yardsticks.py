"""Figures of the baselines that need no model on every outside yardstick, as one JSON file.

WAVETANK_CORPUS=… python -m tests.bench.yardsticks [tests/bench/results/yardsticks.json]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from agent.evaluation.provenance import hardware, versions
from agent.evaluation.yardsticks import run_yardstick, yardsticks
from tests.bench.results_files import write_figures

DEFAULT = Path(__file__).parent / "results" / "yardsticks.json"


def main(place: Path) -> None:
    found = {}
    for name in yardsticks():
        started = time.process_time()
        run = run_yardstick(name, "baseline:trivial")
        found[name] = {
            "n_questions": run["n_questions"],
            "baselines": run["baselines"],
            "cpu_seconds": round(time.process_time() - started, 1),
        }
        sys.stderr.write(f"{name}: {found[name]['cpu_seconds']} s\n")
    result = {
        "command": "python -m tests.bench.yardsticks",
        "hardware": hardware(),
        "versions": versions(),
        "yardsticks": found,
    }
    write_figures(place, result)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
