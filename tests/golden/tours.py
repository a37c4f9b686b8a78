"""Agents' tool calls in sessions of every setting, and what the judge says of ends that differ.

A tour calls each tool well, without an argument, with one too many, and with values that earlier
replies showed; then the session is kept as JSON and goes on from there. An ending is a task's
solution carried out whole, by half, twice or with a wrong value, and an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox import Session, World
from sandbox.document.operations import Operation
from sandbox.draws import Draw
from sandbox.errors import NoInstance, SandboxError
from sandbox.tasks import Task, generate, judge
from sandbox.tasks.goals import goal_of
from sandbox.tasks.malformed import valid_arguments
from sandbox.tasks.references import resolve
from sandbox.tasks.repairs import repairs
from sandbox.tasks.sayable import Rejected
from sandbox.tools.tool import Tool
from sandbox.world.ledger_rows import row_json
from sandbox.world.state.snapshot import from_json, to_json
from tests.bench.explorer import Explorer, walk
from tests.golden.replies import digest, first_ids, json_of, request_to
from tests.golden.walks import Client

SETTINGS: Final[tuple[Mapping[str, Any], ...]] = (
    {"helpfulness": 0, "unknown": "ignore"},
    {"helpfulness": 1, "unknown_ids": "materialise"},
    {"helpfulness": 3, "lenient": True},
    {"helpfulness": 4, "credentials": ["k-1234567890", "ann:secret"]},
)
_META: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("wait", {"seconds": 90}),
    ("wait", {"seconds": True}),
    ("wait", {"seconds": 86_401}),
    ("read_docs", {}),
    ("read_docs", {"tool": "get"}),
    ("read_docs", {"form": "openapi"}),
    ("authenticate", {}),
    ("no_such_tool", {}),
)
_SCALARS: Final = str | int | float


def tours(world: World, name: str) -> Iterator[tuple[str, str]]:
    """For each setting what a tour is shown, its ledger, and what is kept of the session."""
    for number, setting in enumerate(SETTINGS):
        session = world.session(seed=number, label=f"tour {number}", **setting)
        texts = [text for tool in world.tools.values() for text in _calls(session, tool, number)]
        texts += [session.call(tool, arguments).text for tool, arguments in _META]
        kept = json.loads(json.dumps(to_json(session)))
        later = world.session(seed=number, label=f"tour {number}", **setting)
        from_json(later, kept)
        texts += [json.dumps(kept), *(_reply(later, each) for each in _reads(world))]
        texts += [json.dumps(row_json(world, row), default=str) for row in session.ledger]
        yield f"{name}/tour {number}", digest(map(str.encode, texts))


def _calls(session: Session, tool: Tool, number: int) -> Iterator[str]:
    draw = Draw("tour", tool.name, number)
    try:
        arguments = valid_arguments(tool, draw, optional=0.3 * number)
    except NoInstance:
        return
    seen = session.call(tool.name, arguments)
    yield seen.text
    known = _named_values(json_of(seen.text.encode()))
    yield session.call(tool.name, {**arguments, "notDeclared": [1, {"a": None}]}).text
    yield session.call(
        tool.name, {each: known.get(each, arguments[each]) for each in arguments}
    ).text
    for each in arguments:
        if draw.chance(0.3, each):
            yield session.call(tool.name, {n: v for n, v in arguments.items() if n != each}).text
            yield session.call(tool.name, {**arguments, each: "zzz"}).text
    yield session.call(tool.name, json.dumps(arguments)[number:]).text


def _named_values(value: Any) -> dict[str, Any]:
    """The scalars of a reply by their names."""
    return {
        name: inner
        for entity in walk(value)
        for name, inner in entity.items()
        if isinstance(inner, _SCALARS)
    }


def _reads(world: World) -> Iterator[Operation]:
    return (each for each in world.document.operations.values() if each.method == "GET")


def _reply(session: Session, operation: Operation) -> str:
    return repr(session.handle(request_to(session.world, operation, first_ids(session.fork()))))


def endings(world: World, name: str) -> Iterator[tuple[str, str]]:
    """What the judge says of each task's endings; then the repairs of broken calls."""
    texts: list[str] = []
    for task in generate(world, n=12, seed=4):
        steps = [(step.tool, step.arguments) for step in task.solution or ()]
        tool, given = steps[-1] if steps else ("", {})
        wrong = [[*steps[:-1], (tool, {**given, n: _changed(given[n])})] for n in [*given][-3:]]
        required = [str(value) for value in task.goal.answer.required]
        forbidden = [str(value) for value in task.goal.answer.forbidden]
        for calls in (steps, steps[:-1], steps + steps[-1:], [], *wrong):
            session = _after(world, task, calls)
            for words in (required, required[1:], required + forbidden, None):
                answer = None if words is None else f"It is {', '.join(words)}."
                texts.append(repr(judge(task, session, answer)))
    yield f"{name}/endings", digest(map(str.encode, texts))
    made = [repr(each) for each in repairs(world, n=6, seed=4)]
    yield f"{name}/repairs", digest(map(str.encode, made))


def goals(world: World, name: str) -> Iterator[tuple[str, str]]:
    """The goal that each writing call alone makes, and what may happen besides."""
    texts: list[str] = []
    for operation in world.document.operations.values():
        client = Client(Explorer(world, world.session(seed=5)))
        list(client.calls(operation, 0))
        try:
            texts.append(repr(goal_of(client.explorer.session, {"id"})))
        except Rejected as error:
            texts.append(str(error))
    yield f"{name}/goals", digest(map(str.encode, texts))


def _after(world: World, task: Task, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> Session:
    session = world.session(
        seed=task.seed, label=task.id, given=[g.model_dump() for g in task.given]
    )
    results: list[Any] = []
    for tool, arguments in calls:
        try:
            seen = session.call(tool, resolve(arguments, results))
        except SandboxError:  # it needs a result that is not there
            continue
        results.append(json_of(seen.text.encode()))
    return session


def _changed(value: Any) -> Any:
    """A value with every text, number and flag another one; references stay."""
    if isinstance(value, Mapping):
        return value if "$result" in value else {n: _changed(v) for n, v in value.items()}
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [_changed(each) for each in value]
    if isinstance(value, str):
        return value[:-1] + ("a" if value[-1:] != "a" else "b")
    return value + 1 if isinstance(value, int | float) else value
