"""The reference solver: carries out a task's solution, and sees each call through bad weather.

It knows the solution and nothing else that an agent does not see, except where a caller hands it
an `adapt` function (the adapter of a drift). It is transport-neutral: `moves` is a generator that
yields what to call and is sent observations, `solve` drives it with any callable.

Obligations: wait as long as Retry-After asks, look before repeating a write whose fate is unknown,
repeat it under the same idempotency key, sign in again after a 401, read the documentation again
after a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sandbox.conventions.idempotency import identifies, made_key
from sandbox.draws import Draw
from sandbox.messages import Observation
from sandbox.tasks.list_reading import entries, largest_page, next_page
from sandbox.tasks.models import SolutionStep, Task, is_reference
from sandbox.tasks.references import Unresolved, parsed, resolve
from sandbox.tools import Tool

_RETRIES: Final = 6
_RETRY_AFTER = re.compile(r"^Retry-After: *(\d+(?:\.\d+)?)", re.IGNORECASE | re.MULTILINE)
_READING: Final = ("GET", "HEAD", "OPTIONS")
_NOTHING: Final = Observation(text="", status=204, error=False)
_PAGES: Final = 8


@dataclass(frozen=True, slots=True)
class Move:
    """One call to make, and why."""

    tool: str
    arguments: Mapping[str, Any]
    thought: str
    why: str = "solution"
    """solution, wait, retry, read_back, sign_in or reread."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the solver ended: with an answer, or by giving up with a reason."""

    answer: str
    gave_up: bool
    thought: str


Adapt = Callable[[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]]
"""A call in the document's own form → the call as it has to be made now."""
Play = Generator[Move, Observation, Ending]


@dataclass(slots=True)
class _Solver:
    task: Task
    tools: Mapping[str, Tool]
    adapt: Adapt
    results: list[Any] = field(default_factory=list)

    def play(self) -> Play:
        for index, step in enumerate(self.task.solution or ()):
            try:
                arguments = self._resolved(step)
            except Unresolved as error:
                return self._stop(f"An earlier result lacks what {step.tool} needs ({error}).")
            self._add_key(step, index, arguments)
            seen = yield from self._insist(step, arguments)
            if seen.error:
                return self._stop(f"{step.tool} keeps failing: {_head(seen)}.")
            self.results.append(parsed(seen.text, seen.status))
        closing = self.task.closing_thought or "Everything is done."
        return Ending(self.task.reference_answer, not self.task.solvable, closing)

    def _resolved(self, step: SolutionStep) -> dict[str, Any]:
        try:
            return dict(resolve(step.arguments, self.results))
        except Unresolved:
            # What was read back stands there bare, without the envelope of the lost reply.
            return dict(resolve(_bare(step.arguments), self.results))

    def _insist(
        self, step: SolutionStep, arguments: dict[str, Any]
    ) -> Generator[Move, Observation, Observation]:
        """Make one call and repeat it as far as its failures allow."""
        writes = not self._reads(step.tool)
        thought = step.thought or f"Next I call {step.tool}."
        ambiguous = False
        for attempt in range(_RETRIES):
            tool, adapted = self.adapt(step.tool, arguments)
            why = "solution" if attempt == 0 else "retry"
            seen = yield Move(tool, adapted, thought, why)
            if not seen.error:
                return seen
            if ambiguous and seen.status in (404, 410) and self._method(step.tool) == "DELETE":
                return _NOTHING
            if seen.status is None or seen.status in (500, 502, 504):
                ambiguous = True
                done = (yield from self._read_back(step, arguments)) if writes else None
                if done is not None:
                    return done
            move = self._remedy(seen, attempt)
            if move is not None:
                yield move
            thought = f"{_head(seen)} I call {step.tool} again."
        return seen

    def _remedy(self, seen: Observation, attempt: int) -> Move | None:
        """What is owed before the same call may be made again."""
        if seen.status == 401:
            return self._meta("authenticate", {}, "Access was refused. I sign in again.", "sign_in")
        asked = _RETRY_AFTER.search(seen.text)
        if asked is not None or seen.status in (429, 503):
            seconds = float(asked.group(1)) if asked is not None else float(2**attempt)
            thought = f"The server asks me to wait. I wait {seconds:g} s before I go on."
            return self._meta("wait", {"seconds": seconds}, thought, "wait")
        if seen.status is not None and seen.status < 500:
            thought = "The call was refused although it was right. I read the documentation again."
            return self._meta("read_docs", {}, thought, "reread")
        thought = "The server had a problem. I give it a moment."
        return self._meta("wait", {"seconds": float(2**attempt)}, thought, "wait")

    def _read_back(
        self, step: SolutionStep, arguments: Mapping[str, Any]
    ) -> Generator[Move, Observation, Observation | None]:
        """Look whether a write without an answer took place; its result if so, None if not."""
        tool = self._reader(step.tool)
        if tool is None:
            return None
        deleting = self._method(step.tool) == "DELETE"
        reading = dict(self._path(step.tool, tool, arguments)) | largest_page(tool)
        sent = self._sent(step.tool, arguments)
        thought = f"No answer came, so {step.tool} may have worked. I look with {tool.name} first."
        for _ in range(_PAGES):
            seen = yield from self._steady(tool.name, reading, thought)
            if deleting:
                return _NOTHING if seen.status in (404, 410) else None
            found = None if seen.error else parsed(seen.text, seen.status)
            entity = _like(found, sent)
            if entity is not None:
                return Observation(text=orjson.dumps(entity).decode(), status=200, error=False)
            following = next_page(tool, reading, found)
            if following is None:
                return None
            reading, thought = following, f"It may stand further on; I call {tool.name} once more."
        return None

    def _steady(
        self, tool: str, arguments: Mapping[str, Any], thought: str
    ) -> Generator[Move, Observation, Observation]:
        """A reading call, repeated until it gets through: repeating it does no harm."""
        for attempt in range(_RETRIES):
            name, adapted = self.adapt(tool, arguments)
            seen = yield Move(name, adapted, thought, "read_back")
            if not seen.error or seen.status in (404, 410):
                break
            move = self._remedy(seen, attempt)
            if move is not None:
                yield move
        return seen

    def _reader(self, tool: str) -> Tool | None:
        """The tool that reads the path which `tool` writes to, or the entity an action is on."""
        own = self.tools.get(tool)
        if own is None or own.operation is None:
            return None
        path = own.operation.path
        wanted = [path] if own.operation.method != "POST" else [path, path.rpartition("/")[0]]
        for place in wanted:
            for other in self.tools.values():
                operation = other.operation
                if operation is not None and operation.method == "GET" and operation.path == place:
                    return other
        return None

    def _path(
        self, tool: str, other: Tool, arguments: Mapping[str, Any]
    ) -> Iterable[tuple[str, Any]]:
        """The path arguments of `tool`, under the names that `other` has for them."""
        places = {o: a for a, (location, o) in other.arguments.items() if location == "path"}
        for name, (location, origin) in self.tools[tool].arguments.items():
            if location == "path" and name in arguments and origin in places:
                yield places[origin], arguments[name]

    def _sent(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        own = self.tools[tool]
        return {
            origin: arguments[name]
            for name, (location, origin) in own.arguments.items()
            if location == "body" and name in arguments
        }

    def _add_key(self, step: SolutionStep, index: int, arguments: dict[str, Any]) -> None:
        tool = self.tools.get(step.tool)
        name = self._key_of(tool) if tool is not None else None
        if name is not None and name not in arguments:
            schema = tool.parameters["properties"].get(name, {}) if tool is not None else {}
            arguments[name] = made_key(schema, Draw("key", self.task.id, index))

    def _key_of(self, tool: Tool) -> str | None:
        given = tool.parameters.get("properties", {}).items()
        keys = (n for n, schema in given if identifies(n, str(schema.get("description", ""))))
        return None if tool.operation is None or self._reads(tool.name) else next(keys, None)

    def _meta(self, kind: str, arguments: dict[str, Any], thought: str, why: str) -> Move | None:
        name = next((n for n, tool in self.tools.items() if tool.meta == kind), None)
        return Move(name, arguments, thought, why) if name is not None else None

    def _reads(self, tool: str) -> bool:
        return self._method(tool) in _READING

    def _method(self, tool: str) -> str:
        found = self.tools.get(tool)
        return found.operation.method if found is not None and found.operation is not None else ""

    def _stop(self, reason: str) -> Ending:
        return Ending("", True, f"{reason} I stop here and say so.")


def moves(task: Task, tools: Mapping[str, Tool], *, adapt: Adapt | None = None) -> Play:
    """The solver as a generator: yields moves, is sent observations, returns its ending.

    `tools` are those offered (meta-tools included); `adapt` brings a call into today's form.
    """
    return _Solver(task, tools, adapt or _as_it_is).play()


def solve(
    task: Task,
    call: Callable[[str, Mapping[str, Any]], Observation],
    tools: Mapping[str, Tool],
    *,
    adapt: Adapt | None = None,
) -> Ending:
    """Solve a task with a callable such as `session.call`."""
    play = moves(task, tools, adapt=adapt)
    try:
        move = next(play)
        while True:
            move = play.send(call(move.tool, move.arguments))
    except StopIteration as stop:
        ending: Ending = stop.value
        return ending


def _as_it_is(tool: str, arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return tool, arguments


def _bare(value: Any) -> Any:
    """References with the last step of their pointer only."""
    if is_reference(value):
        return {**value, "pointer": f"/{str(value.get('pointer', '')).rpartition('/')[2]}"}
    if isinstance(value, Mapping):
        return {name: _bare(item) for name, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _head(seen: Observation) -> str:
    if seen.status is None:
        return seen.text
    return f"The server said {seen.text.partition(chr(10))[0].removeprefix('HTTP ')[:60]}."


def _like(found: Any, sent: Mapping[str, Any]) -> Any:
    """The entity that was read, or the newest of a list, that has all that was sent."""
    for entity in _entities(found):
        if all(entity.get(name) == value for name, value in sent.items() if name in entity):
            return entity
    return None


def _entities(found: Any) -> Iterable[Mapping[str, Any]]:
    listed = entries(found)
    if listed is not None:
        yield from (entity for entity in reversed(listed) if isinstance(entity, dict))
    if isinstance(found, dict):
        inner = [value for value in found.values() if isinstance(value, dict)]
        yield inner[0] if len(found) == 1 and inner else found
