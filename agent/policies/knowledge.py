"""What a scripted agent knows: the task with its reference solution, the tools, what it was told.

Most scripts know more than a model could (the reference solution, which tool reads what another
writes, how an old call looks after a drift): they are yardsticks. What they *write* never uses
anything that was not offered or observed before. Where an environment gives no insight (a bare
list of tools) they fall back on names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from agent.policies.actions import Actions, Seen
from agent.policies.drift_adaptation import adapt_call, fit_to_schema
from agent.runtime.environment import Environment, ToolForm
from sandbox.conventions.idempotency import identifies
from sandbox.draws import Draw
from sandbox.tasks.references import Unresolved, resolve

_READING: Final = ("get", "list", "find", "search", "read", "show", "fetch", "query", "count")


@dataclass(slots=True)
class Scene:
    """One episode as a script sees it."""

    task: Any
    environment: Environment
    seed: int = 0
    results: list[Any] = field(default_factory=list)
    """The decoded body of each solution step's last observation."""

    @property
    def solution(self) -> Sequence[Any]:
        """The reference calls; empty where the task has none."""
        return getattr(self.task, "solution", None) or ()

    @property
    def solvable(self) -> bool:
        """Whether the task can be done at all."""
        return bool(getattr(self.task, "solvable", True))

    @property
    def closing(self) -> str:
        """What the planner thinks at the end, where the task says so."""
        return getattr(self.task, "closing_thought", "") or ""

    @property
    def draw(self) -> Draw:
        """Draws of this script in this episode."""
        return Draw("script", self.seed, self.task.instruction)

    def tools(self) -> list[ToolForm]:
        """What is offered now."""
        return self.environment.tools

    def meta(self, kind: str) -> str | None:
        """The name under which a meta-tool is offered, or None."""
        known = self.operations_by_tool()
        for name, tool in known.items():
            if getattr(tool, "meta", None) == kind:
                return name
        names = [form["function"]["name"] for form in self.tools()]
        return kind if kind in names and not known else None

    def reads(self, tool: str) -> bool:
        """Whether a tool only reads, so that calling it again can do no harm."""
        known = self.operations_by_tool().get(tool)
        if known is not None:
            return known.operation is None or known.operation.method in ("GET", "HEAD", "OPTIONS")
        return tool.lower().startswith(_READING)

    def deletes(self, tool: str) -> bool:
        """Whether a tool deletes, so that finding nothing afterwards is what it wanted."""
        known = self.operations_by_tool().get(tool)
        if known is not None and known.operation is not None:
            return bool(known.operation.method == "DELETE")
        return tool.lower().startswith(("delete", "remove"))

    def reveals(self, tool: str) -> bool:
        """Whether any read shows what a tool does, as far as anybody knows."""
        known = self.operations_by_tool().get(tool)
        facts = known.facts if known is not None else None
        return self.reads(tool) or facts is None or bool(facts.readbacks.operations)

    def key_argument(self, tool: str) -> str | None:
        """The argument that makes a repeated write harmless, if the tool has one."""
        session = getattr(self.environment, "session", None)
        if session is not None and tool in session.world.tools:
            found: str | None = session.world.tools[tool].key_argument
            return found
        for form in self.tools():
            if form["function"]["name"] == tool:
                given = form["function"]["parameters"].get("properties", {}).items()
                return next((name for name, schema in given if _is_key(name, schema)), None)
        return None

    def operations_by_tool(self) -> Mapping[str, Any]:
        """The offered tools with their operations (name → Tool), where there is insight."""
        session = getattr(self.environment, "session", None)
        if session is None:
            return {}
        there = session.tools
        names = (form["function"]["name"] for form in self.tools())
        return {name: there[name] for name in names if name in there}

    def adapt(self, tool: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An original call in the form of the documentation that was read last."""
        session = getattr(self.environment, "session", None)
        return adapt_call(session, self.operations_by_tool(), tool, arguments)

    def arguments_of(self, step: Any) -> dict[str, Any]:
        """A step's arguments, with what earlier replies gave in the types that the tool takes."""
        given = self.resolve(step.arguments)
        session = getattr(self.environment, "session", None)
        if session is None or step.tool not in session.world.tools:
            return given
        # In the form of the original documentation: what has changed since is adapted later.
        schema = session.world.tools[step.tool].parameters
        return dict(fit_to_schema(given, schema, dict(step.arguments)))

    def seconds_until(self, date: str) -> float | None:
        """Virtual seconds from now to an HTTP date; None when it is none or nobody knows."""
        session = getattr(self.environment, "session", None)
        if session is None:
            return None
        try:
            left: float = (parsedate_to_datetime(date) - session.clock.instant()).total_seconds()
        except (ValueError, TypeError):  # no date; or one that does not say its zone
            return None
        return max(0.0, left)

    def seconds_until_epoch(self, moment: float) -> float | None:
        """Virtual seconds from now to a Unix time; None when nobody knows the time."""
        session = getattr(self.environment, "session", None)
        if session is None:
            return None
        return max(0.0, float(moment - session.clock.instant().timestamp()))

    def resolve(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A solution step's arguments with references to earlier results filled in.

        What was seen is used as it is; where a drift has renamed what the solution refers to, the
        undrifted result stands in for it. A value that was never seen becomes a placeholder.
        """
        return {name: self._fill(value) for name, value in arguments.items()}

    def missing(self, arguments: Any) -> int | None:
        """The number of the step whose result lacks what these arguments take from it."""
        if isinstance(arguments, list):
            arguments = dict(enumerate(arguments))
        if not isinstance(arguments, Mapping):
            return None
        if "$result" in arguments:
            unseen = str(self._fill(arguments)).startswith("<")
            return int(arguments["$result"]) if unseen else None
        found = (self.missing(value) for value in arguments.values())
        return next((step for step in found if step is not None), None)

    def sources(self, arguments: Any) -> list[int]:
        """The numbers of the steps whose results these arguments take values from."""
        if isinstance(arguments, list):
            arguments = dict(enumerate(arguments))
        if not isinstance(arguments, Mapping):
            return []
        if "$result" in arguments:
            return [int(arguments["$result"])]
        return sorted({step for value in arguments.values() for step in self.sources(value)})

    def note(self, seen: Seen) -> None:
        """Keep what a solution step came to; None for a failure, {} for success without a body."""
        body = body_of(seen)
        self.results.append(None if seen.error else {} if body is None else body)

    def answer(self) -> str:
        """The reference answer, once every step went well; else one that is made up.

        A script knows the reference answer from the start, but may say only what it has seen.
        """
        asked = getattr(getattr(self.task, "goal", None), "answer", None)
        required = getattr(asked, "required", None) or ()
        if not required:
            return (
                self._reference_answer() or "Done: everything you asked for has been carried out."
            )
        if len(self.results) < len(self.solution) or None in self.results:
            return f"The answer is {self.draw.integer(1_000, 99_999, 'made up')}."
        return self._reference_answer() or f"The answer is {', '.join(map(_words, required))}."

    def _reference_answer(self) -> str:
        return getattr(self.task, "reference_answer", "") or ""

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if "$result" not in value:
            return {key: self._fill(item) for key, item in value.items()}
        step = value["$result"]
        if step < len(self.results) and self.results[step] is not None:
            for results in (self.results, self._results_without_drift()):
                for pointer in _within(str(value.get("pointer", ""))):
                    try:
                        return resolve({**value, "pointer": pointer}, results)
                    except Unresolved:
                        continue
        return f"<{str(value.get('pointer', '')).rpartition('/')[2] or 'value'}>"

    def _results_without_drift(self) -> list[Any]:
        """The results of the steps so far in a calm session of the same seed."""
        session = getattr(self.environment, "session", None)
        if session is None or session.drift is None:
            return []
        calm = session.world.session(
            seed=session.seed,
            label=session.label,
            given=[given.model_dump() for given in getattr(self.task, "given", ())],
        )
        results: list[Any] = []
        for step in self.solution[: len(self.results)]:
            shown = calm.call(step.tool, resolve(step.arguments, results))
            results.append(body_of(Seen(shown.text, shown.status, shown.error)))
        return results


Behave = Callable[[Scene], Actions]
"""How an agent behaves in a scene."""


def body_of(seen: Seen) -> Any:
    """The JSON body of an observation; None when there is none."""
    text = seen.text
    if text.startswith("HTTP "):
        text = text.partition("\n\n")[2]
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def header_of(seen: Seen, name: str) -> str | None:
    """A header shown in an observation."""
    if not seen.text.startswith("HTTP "):
        return None
    for line in seen.text.partition("\n\n")[0].split("\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _is_key(name: str, schema: Mapping[str, Any]) -> bool:
    return identifies(name, str(schema.get("description", "")))


def _within(pointer: str) -> list[str]:
    """A pointer, and what is left of it where the envelopes around an entity are gone."""
    parts = pointer.split("/")
    return [pointer, *("/" + "/".join(parts[start:]) for start in range(2, len(parts)))]


def _words(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
