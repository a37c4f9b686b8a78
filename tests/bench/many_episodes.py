"""How fast the viewer's list answers over a store of many episodes.

    python -m tests.bench.many_episodes [--rows 100000] [--store FILE] [--out FILE]

Collects a few hundred episodes of two agents under faults, stores them again and again under new
ids and seeds, and asks for pages over ASGI. Prints JSON: milliseconds, median and worst of five
runs, and the median of the CPU time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import httpx

from agent.evaluation.provenance import hardware, versions
from trajectories.records import Trajectory
from trajectories.store import Store
from trajectories.viewer import viewer

PAGES = {
    "first page": "/",
    "second page, by agent": "/?sort=agent&start=50",
    "finding": "/?finding=repeats_refused_call",
    "finding and words": "/?finding=repeats_refused_call&text=order",
    "verdict, fault and words": "/?verdict=wrong&fault=H06&text=order",
    "scorecard": "/scorecard",
}


def fill(store: Store, rows: int) -> None:
    """Collect episodes and repeat them until there are `rows`."""
    for agent in ("scripted:naive", "scripted:perfect"):
        command = f"collect bookshop helpdesk --agent {agent} -n 60 --faults H06,T03 --store"
        run = [sys.executable, "-m", "agent.cli", *command.split(), store.place]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    seeds = list(store.iterate())
    store.add_many(_again(seeds, rows - len(seeds)))


def _again(records: list[Trajectory], rows: int) -> Any:
    for number in range(rows):
        record = records[number % len(records)]
        yield record.model_copy(update={"id": f"{number:016x}", "seed": number})


async def timed(store: Store) -> dict[str, dict[str, float]]:
    """Milliseconds per page, each asked for five times after one warm-up of the application."""
    transport = httpx.ASGITransport(app=viewer(store))
    found = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for name, path in PAGES.items():
            times: list[float] = []
            work: list[float] = []
            for _ in range(5):
                start, used = perf_counter(), process_time()
                reply = await client.get(path)
                times.append(1000 * (perf_counter() - start))
                work.append(1000 * (process_time() - used))
                assert reply.status_code == 200, reply.text
            found[name] = {
                "median": round(median(times), 1),
                "worst": round(max(times), 1),
                "cpu": round(median(work), 1),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--store", default=None)
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        store = Store.open(asked.store or Path(folder) / "many.db")
        if store.count() < asked.rows:
            fill(store, asked.rows)
        found = {
            "rows": store.count(),
            "milliseconds": asyncio.run(timed(store)),
            "hardware": hardware(),
            "versions": versions(),
        }
        (asked.out.write_text if asked.out else sys.stdout.write)(
            json.dumps(found, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
