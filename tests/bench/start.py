"""From the command to the first reply: servers beside each other, in CPU seconds and by the clock.

python -m tests.bench.start DOCUMENT [--path /pet/1] [--rounds N] [--out FILE]

The servers take turns, so that a busy machine slows all alike; the least of the rounds is what a
quiet machine would show. "over bare" is what is left after the interpreter, uvicorn and its first
reply are taken off. WAVETANK_PEERS names the folder of other mock servers (see peers.py).
"""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from statistics import median

import orjson

from tests.bench.load import free_port, started
from tests.bench.peers import bare, contenders, node_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    document = options.document.resolve()
    here = [each for each in contenders() if not each.missing]
    spent: dict[str, list[tuple[float, float, float]]] = {each.name: [] for each in here}
    for _ in range(options.rounds):
        for each in here:
            port = free_port()
            with started(
                each.command(document, port), port, folder=Path.cwd(), path=node_folder()
            ) as server:
                spent[each.name].append((server.cpu(), server.seconds, server.megabytes()))
    least = {name: min(cpu for cpu, _, _ in rounds) for name, rounds in spent.items()}
    rows = [
        {
            "server": each.name,
            "version": each.version,
            "cpu_seconds": round(least[each.name], 3),
            "over_bare": round(least[each.name] - least[bare().name], 3),
            "median_cpu_seconds": round(median(cpu for cpu, _, _ in spent[each.name]), 3),
            "seconds": min(wall for _, wall, _ in spent[each.name]),
            "megabytes": median(size for _, _, size in spent[each.name]),
        }
        for each in here
    ]
    for row in rows:
        print(orjson.dumps(row).decode())  # noqa: T201
    if options.out is not None:
        whole = {
            "document": document.name,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "rounds": options.rounds,
            "start": rows,
        }
        options.out.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
