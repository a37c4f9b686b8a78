"""One document, called all over by an outsider: what answers, what is valid, what is empty."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import jsonschema

from sandbox import Response, World
from sandbox.document import Operation
from sandbox.errors import NoInstance, SandboxError
from tests.bench.explorer import Explorer, read_json


@dataclass(slots=True)
class Coverage:
    """Counts over one or more documents."""

    load_seconds: float = 0.0
    operations: int = 0
    tools: int = 0
    satisfiable: int = 0
    """Operations whose success reply has an instance."""
    answered: int = 0
    """Of these, answered a generated valid call with a 2xx."""
    checked: int = 0
    """2xx replies with a JSON schema."""
    valid: int = 0
    lists: int = 0
    full: int = 0
    """List replies that are not empty."""
    failures: list[str] = field(default_factory=list)

    def __add__(self, other: Coverage) -> Coverage:
        names = [f.name for f in fields(self)]
        return Coverage(**{n: getattr(self, n) + getattr(other, n) for n in names})

    def __radd__(self, other: Any) -> Coverage:
        return self if other == 0 else self + other

    def cells(self) -> list[str]:
        return [
            f"{self.load_seconds:.2f}", str(self.operations), str(self.tools),
            str(self.satisfiable), str(self.answered), f"{self.valid}/{self.checked}",
            str(self.lists), str(self.full),
        ]  # fmt: skip


def cover(source: str | Path) -> Coverage:
    """Call every operation once with a generated valid call and learnt ids."""
    started = perf_counter()
    world = World.load(source)
    found = Coverage(load_seconds=perf_counter() - started)
    found.operations, found.tools = len(world.document.operations), len(world.tools)
    explorer = Explorer(world, world.session(seed=1))
    # Deleting last, children before parents: what is gone cannot be read.
    order = sorted(
        world.document.operations.values(),
        key=lambda op: (op.method == "DELETE", -op.path.count("/") if op.method == "DELETE" else 0),
    )
    for operation in order:
        _one(world, explorer, operation, found)
    return found


def _one(world: World, explorer: Explorer, operation: Operation, found: Coverage) -> None:
    place = f"{operation.method} {operation.path}"
    if operation.defect is not None:
        return
    try:
        values = explorer.path_values(operation.path)
        if values is None:
            found.satisfiable += 1
            found.failures.append(f"{place}: no path values found")
            return
        response = explorer.call(operation, values)
        if response.status == 404 and values:
            # An earlier call of the tour renamed or deleted it: look again, as anybody would.
            explorer.forget()
            values = explorer.path_values(operation.path) or values
            response = explorer.call(operation, values)
    except NoInstance:
        return
    except SandboxError as error:
        found.failures.append(f"{place}: {error}")
        return
    if response.status == 501:
        return
    found.satisfiable += 1
    if response.status >= 300:
        found.failures.append(f"{place}: {response.status} {response.body[:160]!r}")
        return
    found.answered += 1
    _check(world, operation, response, found, place)


def _check(
    world: World, operation: Operation, response: Response, found: Coverage, place: str
) -> None:
    reply = operation.reply(response.status)
    media_type = (response.header("content-type") or "").split(";")[0]
    media = reply.media.get(media_type) if reply is not None else None
    if media is None or media.schema is None or "json" not in media_type:
        return
    value = read_json(response)
    found.checked += 1
    error = next(validator(world, id(media.schema), media).iter_errors(value), None)
    found.valid += error is None
    if error is not None:
        found.failures.append(f"{place}: invalid: {error.message[:160]}")
    if operation.method == "GET":
        listed = value if isinstance(value, list) else None
        if isinstance(value, dict):
            arrays = [v for v in value.values() if isinstance(v, list)]
            listed = arrays[0] if len(arrays) == 1 else None
        if listed is not None:
            found.lists += 1
            found.full += bool(listed)


@cache
def validator(world: World, key: int, media: Any) -> jsonschema.Draft202012Validator:
    """An independent judge: the reference implementation, with formats."""
    schema = world.document.schemas.bundle(media.schema, "response")
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
