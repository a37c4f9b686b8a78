"""ToolAlpaca's simulated APIs: how many of the golden steps a world answers with success."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.document import Document
from sandbox.draws import Draw
from sandbox.tasks.malformed.valid_calls import schemas_of
from sandbox.tasks.references import json_of_observation
from sandbox.tools import Tool
from sandbox.values import Values
from sandbox.world import Session, World
from trajectories.imports.toolalpaca import GoldenStep, Reference, ToolSet, tool_sets


@dataclass(frozen=True)
class Played:
    """What became of one golden step."""

    api: str
    step: GoldenStep
    status: int | None
    note: str = ""


def worlds(file: Path) -> Iterator[tuple[ToolSet, World]]:
    for api in tool_sets(file):
        document = Document.parse(api.document.encode(), source=f"{api.name}.json")
        yield api, World(document)


def named(world: World) -> dict[tuple[str, str], Tool]:
    """Tools by (METHOD, path)."""
    tools = world.tools.values()
    return {(t.operation.method, t.operation.path): t for t in tools if t.operation is not None}


def found(body: Any, name: str) -> Any:
    """The first scalar of a result whose name is, or ends like, the one asked for."""
    wanted = _plain(name)
    rows = list(_leaves(body))
    for fits in (lambda key: key == wanted, wanted.endswith, lambda key: key.endswith(wanted)):
        for key, value in rows:
            if key and fits(key):
                return value
    return None


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    else:
        yield _plain(name), value


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _put(arguments: dict[str, Any], reference: Reference, value: Any) -> None:
    *path, last = [part for part in reference.pointer.split("/") if part]
    holder: Any = arguments
    for part in path:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    holder[int(last) if isinstance(holder, list) else last] = value


def places(tool: Tool, name: str) -> list[str]:
    """The arguments that stand for one name of the document: it may be in query and body."""
    return [argument for argument, (_, theirs) in tool.arguments.items() if theirs == name]


def takes(tool: Tool, argument: str, value: Any) -> bool:
    schema = tool.parameters["properties"][argument]
    return schemas_of(tool).validator(schema, "request").is_valid(value)


def invented(tool: Tool, reference: Reference, draw: Draw) -> Any:
    """A value that fits, where the file does not say which: `${some permission}`."""
    schemas = schemas_of(tool)
    first, *rest = reference.pointer.split("/")[1:]
    choices: list[Any] = [
        schemas.resolve(tool.parameters["properties"][a]) for a in places(tool, first)
    ]
    schema: Any = next((each for each in choices if "enum" in each), choices[0])
    for part in rest:
        schema = schema["items"] if part.isdigit() else schema["properties"][part]
        schema = schemas.resolve(schema)
    return Values(schemas).make(schema, draw, direction="request", optional=1.0)


def addressed(tool: Tool, written: dict[str, Any]) -> dict[str, Any]:
    """Golden arguments as the tool's: a name stands for all places that take its value, and an
    empty text for a choice that is not made."""
    required: Sequence[str] = tool.parameters.get("required", ())
    made: dict[str, Any] = {}
    for name, value in written.items():
        there = places(tool, name) or [name]
        fitting = [a for a in there if a in tool.arguments and takes(tool, a, value)]
        chosen = fitting or ([] if value == "" else there)
        made |= {a: value for a in there if a in chosen or a in required}
    return made


def play(api: ToolSet, world: World, number: int) -> Iterator[Played]:
    """The golden steps of one instruction, made in one session."""
    session: Session = world.session(seed=number, unknown_ids="materialise")
    tools = named(world)
    results: list[Any] = []
    for step in api.golden[number]:
        if step.asks:
            results.append(None)
            yield Played(api.name, step, None, "asks the user")
            continue
        place = api.functions.get(step.tool)
        tool = tools.get(place) if place else None
        if tool is None or step.arguments is None:
            results.append(None)
            yield Played(api.name, step, None, "no such function" if tool is None else "unreadable")
            continue
        arguments = orjson.loads(orjson.dumps(step.arguments))
        for reference in step.references:
            seen = results[reference.step] if reference.step is not None else None
            value = found(seen, reference.field)
            if value is None:
                value = invented(tool, reference, Draw(api.name, number, len(results)))
            _put(arguments, reference, value)
        shown = session.call(tool.name, addressed(tool, arguments))
        results.append(json_of_observation(shown.text, shown.status))
        yield Played(api.name, step, shown.status, shown.text[:300] if shown.error else "")


def played(file: Path) -> list[Played]:
    return [
        each
        for api, world in worlds(file)
        for number in range(len(api.golden))
        for each in play(api, world, number)
    ]


@pytest.mark.bench
def test_golden_steps_succeed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = played(corpus / "toolalpaca" / "eval_simulated.json")
    well = [each for each in steps if each.status is not None and 200 <= each.status < 300]
    with capsys.disabled():
        for line in report(steps):
            print(line)  # noqa: T201
    assert len(steps) == 154
    assert len(well) >= 144


def report(steps: list[Played]) -> Iterator[str]:
    """Every step that did not succeed, and the count by API."""
    well: Counter[str] = Counter()
    for each in steps:
        if each.status is not None and 200 <= each.status < 300:
            well[each.api] += 1
        else:
            yield f"{each.api}: {each.step.tool} {each.step.raw[:120]!r}: {each.status} {each.note}"
    total = Counter(each.api for each in steps)
    for api in total:
        yield f"{api}: {well[api]} of {total[api]}"
    yield f"in all: {sum(well.values())} of {len(steps)}"
