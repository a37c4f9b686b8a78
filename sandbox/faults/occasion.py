"""What a fault sees when its rule meets a call: the call, its parameters, its draws, its memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.draws import Draw
from sandbox.faults.dialects import Failure, render
from sandbox.faults.registry import Fault
from sandbox.wire import Headers, Problem, Response
from sandbox.world.ledger import Firing

if TYPE_CHECKING:
    from sandbox.faults.storm import Storm
    from sandbox.openapi.operations import Operation
    from sandbox.world.session import Session
    from sandbox.world.storm import CallContext

Proceed = Callable[[], Response]


@dataclass(slots=True)
class Occasion:
    """One rule on one call. `fires()` asks the trigger, `fired()` puts the firing on record."""

    storm: Storm
    context: CallContext
    rule: str
    entry: Fault
    scope: str
    """Key of what the rule counts over: the intent, the operation, …"""
    params: Mapping[str, Any]
    draw: Draw
    dialect: str | None
    decide: Callable[[], bool]
    wait: float = 0.0
    """Seconds until the scope opens again, when the trigger or an earlier firing knows it."""
    held: bool = False
    """An earlier firing still lasts: the same incident goes on."""
    done: bool = field(default=False, init=False)

    @property
    def session(self) -> Session:
        return self.context.session

    @property
    def operation(self) -> Operation:
        """The logical operation; rules only meet calls that have one."""
        operation = self.context.operation
        assert operation is not None
        return operation

    @property
    def now(self) -> float:
        """Virtual seconds since the session began."""
        return self.context.session.clock.now

    def fires(self) -> bool:
        """Ask the trigger (only behaviours that watch every call need to)."""
        return self.decide()

    def fired(self, **draws: float) -> None:
        """Record that the fault took effect on this call."""
        if self.done:
            return
        self.done = True
        instance = self.storm.count(self)
        firing = Firing(self.rule, self.entry.id, instance, draws, dict(self.params))
        self.context.fired(firing)

    def recall(self, name: str) -> Any:
        """What the rule remembered under this name, or None. Memory forks with the session."""
        return self.storm.recall(f"{self.rule}\n{name}")

    def remember(self, name: str, value: Any) -> None:
        self.storm.remember(f"{self.rule}\n{name}", value)

    def hold(self, seconds: float) -> None:
        """Let every call of the scope meet the fault again until `seconds` from now."""
        self.storm.hold(self, self.now + seconds)

    def undone(self, proceed: Proceed) -> Response:
        """The true reply, with everything that the call changed taken back."""
        state, effects = self.session.state, self.context.effects
        before, known = state.overlay, len(effects)
        response = proceed()
        state.overlay = before
        del effects[known:]
        return response

    def fail(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Headers = (),
        problems: tuple[Problem, ...] = (),
        extra: Mapping[str, Any] | None = None,
        hint: str = "",
    ) -> Response:
        """An error reply in the rule's dialect and the session's helpfulness.

        Without a dialect it has the form that the document declares for this status.
        """
        if self.dialect is None and self.session.world is not None:
            return self.session.world.refusals.refuse(
                self.operation,
                status,
                f"{detail} {hint}".strip() if self.session.helpfulness >= 4 else detail,
                problems=problems,
                helpfulness=self.session.helpfulness,
                headers=headers,
            )
        failure = Failure(status, code, detail, problems, extra or {}, hint)
        content_type, body = render(failure, self.dialect or "rfc9457", self.session.helpfulness)
        return Response(status, (("content-type", content_type), *headers), body)


def silence(kind: str, delay: float = 0.0) -> Response:
    """No reply at all: `kind` says how the connection ends."""
    return Response(0, (), b"", delay, kind)


def whole(seconds: float) -> int:
    """Seconds as a header shows them: rounded up, so that waiting them is always enough."""
    return max(0, math.ceil(seconds - 1e-9))


def succeeded(response: Response) -> bool:
    """Whether the undisturbed server really did what it was asked."""
    return response.transport is None and 200 <= response.status < 300


def json_of(response: Response) -> Any:
    """The reply's JSON value, or None when it has none."""
    try:
        return orjson.loads(response.body) if response.body else None
    except orjson.JSONDecodeError:
        return None


def with_json(response: Response, value: Any) -> Response:
    """The same reply with another JSON body."""
    return replace(response, body=orjson.dumps(value))


def with_headers(response: Response, *headers: tuple[str, str]) -> Response:
    """The same reply with these headers set (replacing those of the same name)."""
    names = {name for name, _ in headers}
    kept = tuple(pair for pair in response.headers if pair[0] not in names)
    return replace(response, headers=(*kept, *headers))
