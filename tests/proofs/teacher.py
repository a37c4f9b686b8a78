# ruff: noqa: T201 (a program that prints a table)
"""The teacher is perfect: in calm weather `scripted:perfect` succeeds at every task.

python -m tests.proofs.teacher [FOLDER_OR_FILES...] [-n TASKS] [--seeds N] [--faults P] [--json]

Without arguments: the bundled documents and those of WAVETANK_CORPUS. Prints successes, episodes
and failed instructions per document. Exits 1 where an episode does not succeed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from agent import scripted
from agent.collect.collect import Collected, Invalid, collect
from sandbox import World
from sandbox.errors import SandboxError
from tests.proofs.tally import Tally
from tests.proofs.truth import documents
from trajectories import Store


def measure(
    world: World, name: str, n: int = 8, seeds: int = 2, faults: str | None = None
) -> Tally:
    """The episodes of the perfect script on tasks of `seeds` seeds, and those that succeed."""
    tally = Tally()
    with TemporaryDirectory() as folder:
        for seed in range(seeds):
            with Store.open(Path(folder) / f"{seed}.db") as store:
                for news in collect(
                    [world], scripted("perfect"), store, n=n, seed=seed, faults=faults
                ):
                    if isinstance(news, Collected):
                        wrong = f"{name} {news.end}: {_instruction(store, news.id)}"
                        tally.count(news.success, wrong)
                    elif isinstance(news, Invalid):
                        tally.count(False, f"{name}: {news}")
    return tally


def _instruction(store: Store, id: str) -> str:
    record = store.get(id)
    return str(record.task["instruction"]) if record is not None else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.proofs.teacher")
    parser.add_argument("places", nargs="*", help="folders, documents or bundled names")
    parser.add_argument("-n", type=int, default=8, help="tasks of each document and seed")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--faults", help="a preset or ids, instead of calm weather")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    whole = Tally()
    found: dict[str, Tally] = {}
    for name, source in documents(options.places):
        try:
            world = World.load(source)
        except SandboxError as error:
            print(f"{name}: not loaded: {error}", file=sys.stderr)
            continue
        found[name] = tally = measure(world, name, options.n, options.seeds, options.faults)
        whole.add(tally)
        print(f"{name:40} {tally.good:>4} of {tally.total}", file=sys.stderr, flush=True)
    if options.json:
        rows = {name: {"good": t.good, "total": t.total} for name, t in found.items()}
        print(json.dumps({"documents": rows, "failed": whole.exceptions}, indent=2))
    else:
        print(f"{'sum':40} {whole.good:>4} of {whole.total}")
        for failed in whole.exceptions:
            print(f"  {failed}")
    barren = [name for name, tally in found.items() if not tally.total]
    print(f"no tasks: {', '.join(barren) or 'none'}", file=sys.stderr)
    return 0 if whole.good == whole.total else 1


if __name__ == "__main__":
    raise SystemExit(main())
