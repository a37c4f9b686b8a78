# ruff: noqa: T201 (a program that prints a table)
"""What is judged is true: one table over every document of a folder.

python -m tests.proofs.truth [FOLDER_OR_FILES...] [--json] [--only PROPERTY] [-n TASKS]

Without arguments: the documents of WAVETANK_CORPUS and the bundled ones. Progress is on stderr;
exceptions are named below the table. Exits 1 where a property misses its target.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import specs
from sandbox import World
from sandbox.errors import SandboxError
from tests.proofs import asked_values, doors, error_replies, omissions, pages
from tests.proofs.tally import Tally

Measure = Callable[[World, str, int], dict[str, Tally]]

_WHOLE = (
    "reference solutions that pass",
    "solutions with one write left out that fail",
    "solutions with one write added that fail",
)
TARGETS = {
    "create tasks that assert each value asked for": 1.0,
    "solutions with one value changed that fail": 1.0,
    **dict.fromkeys(_WHOLE, 1.0),
    "operations whose error replies name each violation": 0.98,
    "error replies in their declared form": 1.0,
    "entities that hold through the other door": 0.95,
    "unknown ids that are 404": 1.0,
    "paged lists walked to the end": 1.0,
}
"""Property → the share that must have it."""
_SHOWN = 12


def _tasks(world: World, name: str, n: int) -> dict[str, Tally]:
    asserted, changed = asked_values.measure(world, name, n)
    return {
        "create tasks that assert each value asked for": asserted,
        "solutions with one value changed that fail": changed,
        **dict(zip(_WHOLE, omissions.measure(world, name, 2 * n), strict=True)),
    }


def _errors(world: World, name: str, n: int) -> dict[str, Tally]:
    named, valid = error_replies.measure(world, name)
    return {
        "operations whose error replies name each violation": named,
        "error replies in their declared form": valid,
    }


def _doors(world: World, name: str, n: int) -> dict[str, Tally]:
    return {
        "entities that hold through the other door": doors.other_door(world, name),
        "unknown ids that are 404": doors.unknown_ids(world, name),
    }


def _pages(world: World, name: str, n: int) -> dict[str, Tally]:
    return {"paged lists walked to the end": pages.measure(world, name)}


MEASURES: dict[str, Measure] = {
    "tasks": _tasks,
    "errors": _errors,
    "doors": _doors,
    "pages": _pages,
}


def documents(places: list[str]) -> Iterator[tuple[str, str]]:
    """(name, source) of each document: files, files of folders, bundled names."""
    if not places:
        corpus = os.environ.get("WAVETANK_CORPUS", "")
        places = [f"{corpus}/specs/public"] if corpus else []
        yield from ((name, name) for name in specs.names())
    for place in places:
        path = Path(place)
        found = sorted(path.iterdir()) if path.is_dir() else [path]
        for each in found:
            if each.is_dir() and (each / "openapi.yaml").exists():
                yield each.name, str(each / "openapi.yaml")
            elif each.suffix in (".json", ".yaml", ".yml") or not each.exists():
                yield each.name, str(each)


def measure(places: list[str], only: list[str], n: int) -> dict[str, Tally]:
    """Each property's tally over all documents; a document that does not load is an exception."""
    whole: dict[str, Tally] = {}
    for name, source in documents(places):
        started = time.perf_counter()
        try:
            world = World.load(source)
        except SandboxError as error:
            print(f"{name}: not loaded: {error}", file=sys.stderr)
            continue
        for kind, take in MEASURES.items():
            if not only or kind in only:
                for property, tally in take(world, name, n).items():
                    whole.setdefault(property, Tally()).add(tally)
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    return whole


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.proofs.truth")
    parser.add_argument("places", nargs="*", help="folders, documents or bundled names")
    parser.add_argument("--json", action="store_true", help="JSON with every exception")
    parser.add_argument("--only", action="append", default=[], choices=MEASURES)
    parser.add_argument("-n", type=int, default=16, help="tasks of each sort and document")
    parser.add_argument("--exceptions", type=int, default=_SHOWN, help="how many are named")
    options = parser.parse_args()
    found = measure(options.places, options.only, options.n)
    rows = {
        property: {
            "good": tally.good,
            "total": tally.total,
            "target": TARGETS.get(property),
            "exceptions": tally.exceptions,
        }
        for property, tally in found.items()
    }
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for property, tally in found.items():
            share = f"{100 * tally.good / tally.total:.1f} %" if tally.total else "none"
            print(f"{property:58} {tally.good:>6} of {tally.total:<6} {share:>8}")
        for property, tally in found.items():
            for name in tally.exceptions[: options.exceptions]:
                print(f"  {property}: {name}")
    missed = [
        property
        for property, tally in found.items()
        if tally.good < TARGETS.get(property, 0.0) * tally.total
    ]
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
