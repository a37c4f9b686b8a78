"""What a fault sees when its rule meets a call: the call, its parameters, its draws, its memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sandbox import exact_json
from sandbox.draws import Draw
from sandbox.faults.error_shapes import Failure, render
from sandbox.faults.registry import Fault
from sandbox.faults.sampling import WORD
from sandbox.messages import Headers, Problem, Response
from sandbox.world.ledger import Effect

if TYPE_CHECKING:
    from sandbox.conventions.conventions import OperationFacts
    from sandbox.document.operations import Operation
    from sandbox.faults.compiled_rules import Armed
    from sandbox.faults.injector import FaultInjector
    from sandbox.world.hooks import CallContext
    from sandbox.world.session import Session

Proceed = Callable[[], Response]

_MOST_REPLIES: Final = 256


class FaultContext:
    """One rule on one call. `fires()` asks the trigger, `record_firing()` records it."""

    __slots__ = ("_draw", "armed", "call", "done", "due", "held", "injector", "wait")

    def __init__(
        self,
        injector: FaultInjector,
        call: CallContext,
        armed: Armed,
        *,
        wait: float = 0.0,
        held: bool = False,
        due: bool = False,
    ) -> None:
        self.injector = injector
        self.call = call
        self.armed = armed
        self.wait = wait
        """Seconds until the scope opens again, when the trigger or an earlier firing knows it."""
        self.held = held
        """An earlier firing still lasts: the same incident goes on."""
        self.due = due
        """A schedule names this very call, whatever a trigger would say."""
        self.done = False
        self._draw: Draw | None = None

    @property
    def rule(self) -> str:
        """The id of the rule in its plan."""
        return self.armed.id

    @property
    def entry(self) -> Fault:
        return self.armed.fault

    @property
    def params(self) -> Mapping[str, Any]:
        return self.armed.params

    @property
    def dialect(self) -> str | None:
        return self.armed.dialect

    @property
    def scope(self) -> Hashable:
        """Key of what the rule counts over: the intent, the operation, …"""
        return self.injector.scope(self.armed, self.call)

    @property
    def draw(self) -> Draw:
        """Keyed by seed, label, rule, operation, canonical request and occurrence."""
        if self._draw is None:
            self._draw = self.armed.draw.child(self.call.moment.bits)
        return self._draw

    @property
    def tag(self) -> str:
        """Eight hexadecimal digits of this very firing: the cheapest draw there is."""
        return f"{self.call.moment.bits * self.armed.salt & WORD:016x}"[8:]

    @property
    def session(self) -> Session:
        return self.call.session

    @property
    def operation(self) -> Operation:
        """The logical operation."""
        return self.call.operation

    @property
    def facts(self) -> OperationFacts:
        """What is known of the operation: its paging, filters, …"""
        return self.session.world.conventions.of(self.operation)

    @property
    def now(self) -> float:
        """Virtual seconds since the session began."""
        return self.call.session.clock.now

    def fires(self) -> bool:
        """Ask the trigger (only behaviours that watch every call need to)."""
        return self.due or self.injector.fires(self.armed, self.call)

    def record_firing(self, evidence: Mapping[str, Any] | None = None, **draws: float) -> None:
        """Record that the fault took effect on this call, with the truth that it hides."""
        if self.done:
            return
        self.done = True
        armed, instance = self.armed, self.injector.count(self)
        self.call.firings.append(
            self.injector.program.firing(
                armed.id, armed.fault, instance, draws, armed.params, evidence
            )
        )

    def recall(self, name: str) -> Any:
        """What the rule remembered under this name, or None. Memory forks with the session."""
        return self.injector.notes.get(("memory", self.rule, self.entry.id, name))

    def remember(self, name: str, value: Any) -> None:
        self.injector.notes.put(("memory", self.rule, self.entry.id, name), value)

    def hold(self, seconds: float) -> None:
        """Let every call of the scope meet the fault again until `seconds` from now."""
        self.injector.hold(self, self.now + seconds)

    def perform(self, proceed: Proceed) -> tuple[Response, list[Effect]]:
        """The true reply, and what the call has changed."""
        before = len(self.call.effects)
        response = proceed()
        return response, self.call.effects[before:]

    def perform_and_undo(self, proceed: Proceed) -> Response:
        """The true reply, with everything that the call changed taken back."""
        state, effects = self.session.state, self.call.effects
        overlay, before = state.overlay, len(effects)
        response = proceed()
        state.overlay = overlay
        del effects[before:]
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
        if self.dialect is not None or self.session.world is None:
            failure = Failure(status, code, detail, problems, extra or {}, hint)
            dialect, helpfulness = self.dialect or "rfc9457", self.session.helpfulness
            content_type, body = render(failure, dialect, helpfulness)
            return Response(status, (("content-type", content_type), *headers), body)
        if problems:
            return self._refuse(status, code, detail, headers, problems, hint)
        replies = self.injector.program.replies
        name = (self.operation.id, status, code, detail, headers, hint, self.session.helpfulness)
        if name not in replies and len(replies) < _MOST_REPLIES:
            replies[name] = self._refuse(status, code, detail, headers, (), hint)
        return replies.get(name) or self._refuse(status, code, detail, headers, (), hint)

    def _refuse(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Headers,
        problems: tuple[Problem, ...],
        hint: str,
    ) -> Response:
        """An error in the form that the document declares."""
        helpfulness = self.session.helpfulness
        return self.session.world.error_responses.refuse(
            self.operation,
            status,
            f"{detail} {hint}".strip() if helpfulness >= 4 else detail,
            code=code,
            problems=problems,
            helpfulness=helpfulness,
            headers=headers,
        )


@lru_cache(maxsize=256)
def silence(kind: str, delay: float = 0.0) -> Response:
    """No reply at all: `kind` says how the connection ends."""
    return Response(0, (), b"", delay, kind)


def whole(seconds: float) -> int:
    """Seconds as a header shows them: rounded up, so that waiting them is always enough."""
    return max(0, math.ceil(seconds - 1e-9))


def is_success(response: Response) -> bool:
    """Whether the undisturbed server really did what it was asked."""
    return response.transport is None and 200 <= response.status < 300


def json_of(response: Response) -> Any:
    """The reply's JSON value, or None when it has none."""
    try:
        return exact_json.loads(response.body) if response.body else None
    except ValueError:
        return None


def with_json(response: Response, value: Any) -> Response:
    """The same reply with another JSON body."""
    return replace(response, body=exact_json.dumps(value))


def with_headers(response: Response, *headers: tuple[str, str]) -> Response:
    """The same reply with these headers set (replacing those of the same name)."""
    names = {name for name, _ in headers}
    kept = tuple(pair for pair in response.headers if pair[0] not in names)
    return replace(response, headers=(*kept, *headers))
