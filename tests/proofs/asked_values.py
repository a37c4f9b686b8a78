"""Goals hold all that was asked: each solution with one asked value changed must fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sandbox import World
from sandbox.conventions.secrets import is_credential
from sandbox.errors import SandboxError
from sandbox.tasks import Task, generate, judge
from sandbox.tasks.answers import states
from sandbox.tasks.references import json_of_observation, resolve
from tests.proofs.tally import Tally

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_KINDS = ("create", "update", "act", "chain")


def measure(world: World, name: str, n: int = 16) -> tuple[Tally, Tally]:
    """(create tasks whose goal asserts each value sent, changed solutions that fail)."""
    asserted, refused = Tally(), Tally()
    tasks = [*generate(world, n=n, seed=71, kinds=["create"])]
    tasks += generate(world, n=n, seed=72, kinds=list(_KINDS[1:]))
    for task in tasks:
        if task.kind == "create":
            missing = [at for at, value in _asked(world, task) if not _held(task, value)]
            asserted.count(not missing, f"{name}: {task.id} does not assert {', '.join(missing)}")
        for step, place, at in places(world, task):
            passes = _wrong_value_passes(world, task, step, place)
            if passes is not None:
                wrong = f"{name}: {task.kind} {task.id} passes with another {at}"
                refused.count(not passes, wrong)
    return asserted, refused


def _writes(world: World, task: Task) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for index, step in enumerate(task.solution or ()):
        operation = world.tools[step.tool].operation if step.tool in world.tools else None
        if operation is not None and operation.method not in _READING:
            yield index, step.arguments


def _asked(world: World, task: Task) -> Iterator[tuple[str, Any]]:
    """(pointer, value) of each plain value in the writing calls, but the path's."""
    for index, place, at in places(world, task):
        value: Any = (task.solution or [])[index].arguments
        for part in place:
            value = value[part]
        yield at, value


def places(world: World, task: Task) -> Iterator[tuple[int, tuple[str | int, ...], str]]:
    for index, arguments in _writes(world, task):
        tool = world.tools[(task.solution or [])[index].tool]
        assert tool.operation is not None
        for name, value in arguments.items():
            location = tool.arguments[name][0]
            # What is not stated is a client's own business, such as a version in a header.
            stated = states(task.instruction, value)
            if location == "path" or not (
                stated or (location == "body" and not is_credential(name))
            ):
                continue
            for place in _leaves(value, (name,)):
                yield index, place, f"{tool.name}/{'/'.join(map(str, place))}"


def _leaves(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        if "$result" not in value:
            for name, inner in value.items():
                yield from _leaves(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))
    else:
        yield at


def _held(task: Task, value: Any) -> bool:
    asserted = [each.value for each in task.goal.state] + [each.value for each in task.goal.sent]
    return any(_within(whole, value) for whole in asserted)


def _within(whole: Any, value: Any) -> bool:
    if isinstance(whole, dict | list):
        parts = whole.values() if isinstance(whole, dict) else whole
        return any(_within(part, value) for part in parts)
    return (type(whole) is type(value) and bool(whole == value)) or str(whole) == str(value)


def _wrong_value_passes(
    world: World, task: Task, step: int, place: tuple[str | int, ...]
) -> bool | None:
    """Whether the judge accepts the solution with another value there; None: no call takes one."""
    for value in others((task.solution or [])[step].arguments, place, world, task, step):
        session = world.session(seed=task.seed, given=[g.model_dump() for g in task.given])
        results: list[Any] = []
        try:
            for index, each in enumerate(task.solution or ()):
                arguments = resolve(each.arguments, results)
                if index == step:
                    arguments = changed(arguments, place, value)
                seen = session.call(each.tool, arguments)
                if seen.error:
                    raise ValueError
                results.append(json_of_observation(seen.text, seen.status))
        except (SandboxError, ValueError, LookupError):
            continue
        answer = task.reference_answer
        return judge(task, session, answer).success
    return None


def changed(whole: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return value
    made: Any = dict(whole) if isinstance(whole, dict) else list(whole)
    made[place[0]] = changed(made[place[0]], place[1:], value)
    return made


def others(
    arguments: Any, place: tuple[str | int, ...], world: World, task: Task, step: int
) -> Iterator[Any]:
    """Other values of the same kind, likely ones first."""
    value = arguments
    for part in place:
        value = value[part]
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value * 2 or 7, value / 2 or 8)
    elif isinstance(value, str):
        yield from _enum(world, task, step, place, value)
        yield from (f"WRONG {value}", f"{value}x")
        try:
            yield (date.fromisoformat(value[:10]) + timedelta(days=1)).isoformat() + value[10:]
        except ValueError:
            pass
        for old, new in (("1", "2"), ("2", "3"), ("a", "b"), ("e", "a"), ("0", "4"), ("f", "c")):
            if old in value:
                yield value.replace(old, new, 1)
                head, _, tail = value.rpartition(old)
                yield head + new + tail


def _enum(
    world: World, task: Task, step: int, place: tuple[str | int, ...], value: str
) -> Iterator[str]:
    schemas = world.document.schemas
    schema: Any = world.tools[(task.solution or [])[step].tool].parameters
    for part in place:
        schema = schema if isinstance(schema, dict) else {}
        schema = (
            schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        )
        if isinstance(schema, dict) and "$ref" in schema:
            return
    if isinstance(schema, dict):
        yield from (
            other for other in schema.get("enum", ()) if isinstance(other, str) and other != value
        )
    del schemas
