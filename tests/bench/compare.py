"""Two checkouts of this repository beside each other, in process, in one interleaved run.

python -m tests.bench.compare OLD NEW DOCUMENT [--rounds N] [--out FILE]

Each checkout answers in an interpreter of its own that waits between its rounds. Rounds are short
and take turns, so that a busy machine slows both alike; CPU seconds are counted, and the median of
the rounds' ratios is what is reported. DOCUMENT is the Petstore (OpenAPI 3).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import orjson

CALLS = {
    "GET": 2000,
    "POST": 600,
    "404": 600,
    "422": 400,
    "GET, quiet rule": 1500,
    "list": 60,
    "list after 4,000 writes": 20,
}
"""Work → its calls a round."""

WORK = """
import sys, time
from sandbox import World
world = World.load(sys.argv[1])
quiet = {"rules": [{"fault": "H01", "trigger": {"model": "iid", "p": 0.0}}]}
pets = [int(id) for id in world.session(seed=1).state.ids("/pet")]
busy = world.session(seed=1)
for n in range(4000):
    busy.call("addPet", {"name": f"Rex {n}", "photoUrls": ["u"], "status": "available"})
def calls(name):
    if name.startswith("GET"):
        return "getPetById", lambda n: {"petId": pets[n % len(pets)]}
    if name == "POST":
        return "addPet", lambda n: {"name": f"Zorro {n}", "photoUrls": ["u"]}
    if name == "404":
        return "getPetById", lambda n: {"petId": 10**7 + n}
    if name == "422":
        return "addPet", lambda n: {"name": n, "photoUrls": ["u"]}
    return "findPetsByStatus", lambda n: {"status": "available"}
for line in sys.stdin:
    name, count = line.rsplit(maxsplit=1)
    tool, arguments = calls(name)
    session = world.session(seed=1, faults=quiet if "quiet" in name else None)
    session = busy.fork() if "writes" in name else session
    session.call(tool, arguments(0))
    start = time.process_time()
    for n in range(int(count)):
        session.call(tool, arguments(n))
    print(time.process_time() - start, flush=True)
"""


class Checkout:
    """One checkout's interpreter, which answers lines such as "POST 500" with CPU seconds."""

    def __init__(self, folder: Path, document: Path) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", WORK, str(document)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )

    def seconds(self, name: str, calls: int) -> float:
        """CPU seconds per call."""
        assert self._child.stdin is not None and self._child.stdout is not None
        print(name, calls, file=self._child.stdin)
        return float(self._child.stdout.readline()) / calls

    def close(self) -> None:
        self._child.communicate()


def compared(old: Path, new: Path, document: Path, rounds: int) -> dict[str, dict[str, Any]]:
    """Work → microseconds of both, the median of old ÷ new and its quartiles."""
    pair = Checkout(old, document), Checkout(new, document)
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in CALLS}
    for number in range(rounds + 1):
        for name, calls in CALLS.items():
            first, second = pair if number % 2 else pair[::-1]
            both = first.seconds(name, calls), second.seconds(name, calls)
            if number:  # the first round compiles
                spent[name].append(both if number % 2 else both[::-1])
    for each in pair:
        each.close()
    return {name: _row(rows) for name, rows in spent.items()}


def _row(rows: list[tuple[float, float]]) -> dict[str, Any]:
    ratios = [old / new for old, new in rows]
    quarters = quantiles(ratios, n=4)
    return {
        "old_micros": round(median(old for old, _ in rows) * 1e6, 2),
        "new_micros": round(median(new for _, new in rows) * 1e6, 2),
        "old_per_new": round(median(ratios), 3),
        "interval": [round(quarters[0], 3), round(quarters[2], 3)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("document", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = compared(options.old, options.new, options.document.resolve(), options.rounds)
    for name, row in found.items():
        hits = row["new_micros"] / found["GET"]["new_micros"]
        print(f"{name:24} {json.dumps(row)} {hits:.1f} hits")  # noqa: T201
    if options.out is not None:
        whole = {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "rounds": options.rounds,
            "in process": found,
        }
        options.out.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
