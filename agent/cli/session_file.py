"""A session kept in a file between commands: the calls so far, made again when it is opened.

Calls are deterministic, so the calls are the session: state, faults, drift and clock come back
exactly, and the file can be read by people.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from sandbox import Observation, Session, World
from sandbox.errors import PlanError


@dataclass(slots=True)
class Kept:
    """A running session and the record that will be written."""

    session: Session
    record: dict[str, Any]

    def call(self, tool: str, arguments: str) -> Observation:
        """Make a call and put it on the record."""
        self.record["calls"].append({"tool": tool, "arguments": arguments})
        return self.session.call(tool, arguments)


@contextmanager
def kept_session(world: World, file: Path | None, options: Mapping[str, Any]) -> Iterator[Kept]:
    """A session that goes on where the file left it; written back when the block ends well.

    `options` are those of a new session, by keyword; a session that goes on has its own.

    Raises PlanError when the file is of another document, or no session file at all.
    """
    head = {"document": world.document.sha256, "data": _digest(world), **options}
    record = _read_file(file, head)
    session = world.session(**{name: record[name] for name in options})
    for made in record["calls"]:
        session.call(made["tool"], made["arguments"])
    yield Kept(session, record)
    if file is not None:
        unfinished = file.with_name(file.name + ".new")
        unfinished.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
        os.replace(unfinished, file)


def _digest(world: World) -> str | None:
    """What tells one file of seed data from another."""
    return None if world.data is None else sha256(repr(world.data.rows).encode()).hexdigest()


def _read_file(file: Path | None, head: dict[str, Any]) -> dict[str, Any]:
    if file is None or not file.exists():
        return {**head, "calls": []}
    try:
        kept = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise PlanError(str(file), f"is not a session file: {error}") from error
    kept = {"data": None, **kept} if isinstance(kept, dict) else kept
    if not isinstance(kept, dict) or set(kept) != {*head, "calls"}:
        raise PlanError(
            str(file), "is not a session file: it should hold a document, a seed and calls"
        )
    if kept["document"] != head["document"]:
        raise PlanError(str(file), "belongs to another document; choose another file")
    if kept["data"] != head["data"]:
        raise PlanError(str(file), "was begun with other --data; give the same, or another file")
    return kept
