"""The two seams through which the weather comes in: faults around a call, drift around a document.

The session knows these protocols and nothing of the catalogues behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.draws import Draw
from sandbox.openapi import Document, Operation
from sandbox.wire import Arguments, Request, Response
from sandbox.world.ledger import Effect, Firing

if TYPE_CHECKING:
    from sandbox.world.session import Session
    from sandbox.world.world import World

Proceed = Callable[[], Response]


@dataclass(slots=True)
class CallContext:
    """What a fault may know and touch while one call passes through it."""

    session: Session
    operation: Operation | None
    """The logical operation; None when the call fits none."""
    arguments: Arguments | None
    """Canonical business arguments in undrifted form; None when not understood."""
    request: Callable[[], Request]
    """The wire request, built on demand."""
    intent: bytes
    """Key of the business call; b"" when not understood."""
    occurrence: int
    """How many times this same call was made before in this session."""
    answer: Callable[[Arguments], Response]
    """The undisturbed reply to the same operation with other arguments."""
    effects: list[Effect]
    """What this call has committed so far; a fault that takes something back takes it out here."""
    firings: list[Firing] = field(default_factory=list)

    def draw(self, rule: str) -> Draw:
        """The keyed draw of one rule for this call: no other call can move it."""
        name = self.operation.id if self.operation is not None else ""
        session = self.session
        return Draw(session.seed, session.label, rule, name, self.intent, self.occurrence)

    def fired(self, firing: Firing) -> None:
        """Put a firing on the record of this exchange."""
        self.firings.append(firing)


class Storm(Protocol):
    """A fault plan compiled for one session. Its counters are persistent: fork costs nothing."""

    @property
    def order_sensitive(self) -> bool:
        """Whether some rule counts arrivals, so that the order of calls moves it."""
        ...

    def around(self, context: CallContext, proceed: Proceed) -> Response:
        """Answer the call, through `proceed` (the undisturbed server) or without it."""
        ...

    def told(
        self, session: Session, kind: str, text: str, error: bool
    ) -> tuple[str, bool, tuple[Firing, ...]]:
        """What a meta-tool (wait, read_docs, authenticate) says in this weather."""
        ...

    def fork(self) -> Storm: ...

    def report(self) -> list[dict[str, Any]]:
        """One row per rule: armed, fired (how often) or expired."""
        ...


class Release(Protocol):
    """One version of the document, with the adapters between it and the original."""

    @property
    def document(self) -> Document: ...

    @property
    def succeeds(self) -> bool:
        """Whether it is a real next version, which answers by itself: nothing is adapted."""
        ...

    @property
    def note(self) -> str:
        """The migration note an agent may read."""
        ...

    def backward(self, operation: str, arguments: Arguments) -> tuple[str, Arguments]:
        """A call in this release's form, as (logical operation, original arguments)."""
        ...

    def forward(self, operation: str, arguments: Arguments) -> tuple[str, Arguments]:
        """An original call in this release's form, as (operation id here, arguments here)."""
        ...

    def present(self, operation: str, response: Response) -> Response:
        """The original reply of a logical operation in this release's form."""
        ...

    def refuse(self, request: Request) -> Response | None:
        """What a request that fits no operation here is told (moved, gone), or None for a 404."""
        ...


class Drift(Protocol):
    """A drift plan compiled for one session: which release answers, and which the agent knows."""

    @property
    def releases(self) -> tuple[Release, ...]:
        """Releases 1, 2, …; release 0 is the document itself and is not listed."""
        ...

    @property
    def worlds(self) -> dict[int, World]:
        """Compiled worlds of the releases: a cache that sessions share."""
        ...

    def live(self, calls: int, context: Mapping[str, Any]) -> int:
        """The release that answers call number `calls` (0-based)."""
        ...

    def known(self) -> int:
        """The release whose tools the agent is shown at the start."""
        ...

    def docs(self, live: int) -> int:
        """The release that `read_docs` shows while `live` answers."""
        ...

    def accepts_old(self, live: int) -> bool:
        """Whether the live server still takes calls in the original form."""
        ...

    def headers(self, live: int, calls: int) -> tuple[tuple[str, str], ...]:
        """Headers added to every reply (version, deprecation, sunset)."""
        ...
