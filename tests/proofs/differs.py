# ruff: noqa: T201 (a program that prints a table)
"""Proof: the differ finds what instances prove, inside oneOf and anyOf above all.

    python -m tests.proofs.differs [FOLDER] [--operations N] [--values N] [--exceptions N]

Independent of the differ, values are made of one version's schema and judged by the other's
validator: a request that was valid and is refused now, or a reply that is sent now and was not
valid before, proves a change. FOLDER holds one folder per API with its versions.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from sandbox import World
from sandbox.document import Document, Operation
from sandbox.draws import Draw
from sandbox.drift.diff import Finding, diff, match_operations
from sandbox.errors import DocumentError, NoInstance

Direction = Literal["request", "response"]


@dataclass(slots=True)
class Agreement:
    """Pairs of schemas by what instances prove and the differ says."""

    both: int = 0
    neither: int = 0
    unproved: int = 0
    """Said by the differ; a few values need not show it."""
    missed: list[str] = field(default_factory=list)
    """Proved by an instance, and not said."""

    def add(self, other: Agreement) -> None:
        self.both += other.both
        self.neither += other.neither
        self.unproved += other.unproved
        self.missed += other.missed


def compare(old: World, new: World, *, most: int, values: int, unions: bool = True) -> Agreement:
    """The agreement over operations of two versions, at most so many of them, evenly taken.

    `unions`: only where a oneOf or anyOf is reached.
    """
    made = Agreement()
    found: dict[str, list[Finding]] = {}
    for finding in diff(old.document, new.document):
        found.setdefault(finding.operation, []).append(finding)
    pairs = list(match_operations(old.document, new.document).items())
    for before, after in pairs[:: max(1, -(-len(pairs) // most))]:
        operations = old.document.operations[before], new.document.operations[after]
        for place, direction, was, now in _schemas(*operations):
            if unions and not (_has_union(old.document, was) or _has_union(new.document, now)):
                continue
            said = any(
                each.pointer.startswith(place) and not each.id.startswith("x-description")
                for each in found.get(before, ())
            )
            proof = _proof(old, new, was, now, direction, values)
            if proof is None:
                made.unproved += said
                made.neither += not said
            elif said:
                made.both += 1
            else:
                made.missed.append(f"{before} {place}: {proof}")
    return made


def _schemas(old: Operation, new: Operation) -> Iterator[tuple[str, Direction, Any, Any]]:
    """(place, direction, old schema, new schema) of the body and the success reply."""
    if old.body is not None and new.body is not None:
        shared = [name for name in old.body.media if name in new.body.media and "json" in name]
        if shared:
            yield "body", "request", *(o.body.media[shared[0]].schema for o in (old, new) if o.body)  # type: ignore[misc]
    for status, before in old.replies.items():
        after = new.replies.get(status)
        if after is None or status[0] != "2":
            continue
        shared = [name for name in before.media if name in after.media and "json" in name]
        if shared:
            schemas = before.media[shared[0]].schema, after.media[shared[0]].schema
            yield f"reply/{status}", "response", *schemas


def _has_union(document: Document, schema: Any) -> bool:
    """Whether a oneOf or anyOf is reached from a schema."""
    queue, seen = [(schema, 0)], set()
    while queue:
        node, depth = queue.pop()
        if isinstance(node, Mapping):
            if "oneOf" in node or "anyOf" in node:
                return True
            target = node.get("$ref")
            if isinstance(target, str) and target not in seen:
                seen.add(target)
                try:
                    queue.append((document.schemas.references.follow(node), depth + 1))
                except DocumentError:
                    continue
            node = list(node.values())
        if isinstance(node, list) and depth < 30:
            queue.extend((each, depth + 1) for each in node if isinstance(each, Mapping | list))
    return False


def _proof(
    old: World, new: World, was: Any, now: Any, direction: Direction, values: int
) -> str | None:
    """Why two schemas differ, shown by a value; None where no value shows it."""
    if was is None or now is None:
        return None
    maker, schema, judge, other = (
        (old, was, new, now) if direction == "request" else (new, now, old, was)
    )
    try:
        validator = judge.document.schemas.validator(other, direction)
        own = maker.document.schemas.validator(schema, direction)
        for number in range(values):
            share = (0.5, 1.0, 0.2)[number % 3]
            draw = Draw("differs", number)
            value = maker.values.make(schema, draw, direction=direction, optional=share)
            if own.is_valid(value) and not validator.is_valid(value):
                return str(next(iter(validator.errors(value))).message)[:120]
    except (NoInstance, DocumentError):
        return None
    return None


def versions(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """(name, old, new) of each pair of successive versions below a folder."""
    for place in sorted(each for each in folder.iterdir() if each.is_dir()):
        files = {file.stem: file for file in sorted(place.iterdir())}
        if "old" in files:
            public = folder.parent / "public" / f"{place.name}.json"
            yield place.name, files["old"], files.get("new", public)
        else:
            for before, after in pairwise(files):
                yield f"{place.name} {before}-{after}", files[before], files[after]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    corpus = Path(os.environ.get("WAVETANK_CORPUS", ".")) / "specs" / "versions"
    parser.add_argument("folder", nargs="?", type=Path, default=corpus)
    parser.add_argument("--operations", type=int, default=60)
    parser.add_argument("--values", type=int, default=9)
    parser.add_argument("--exceptions", type=int, default=20)
    options = parser.parse_args()
    whole = Agreement()
    print(f"{'versions':24} both  said only  neither  missed")
    for name, before, after in versions(options.folder):
        worlds = World.load(before), World.load(after)
        made = compare(*worlds, most=options.operations, values=options.values)
        row = f"{made.both:5} {made.unproved:10} {made.neither:8} {len(made.missed):7}"
        print(f"{name:24}{row}", flush=True)
        whole.add(made)
        for exception in made.missed[: options.exceptions]:
            print(f"  missed: {exception}")
    proved = whole.both + len(whole.missed)
    print(f"changes proved by an instance and found by the differ: {whole.both} of {proved}")


if __name__ == "__main__":
    main()
