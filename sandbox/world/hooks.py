"""The two hooks of a session: faults around a call, drift around a document.

The session knows these protocols and nothing of the catalogues behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sandbox.document import Document, Operation, encode
from sandbox.messages import Arguments, Request, Response
from sandbox.world.call_keys import canonical_key
from sandbox.world.ledger import Effect, Firing

if TYPE_CHECKING:
    from sandbox.world.decoding import Understood
    from sandbox.world.session import Session
    from sandbox.world.world import World

Proceed = Callable[[], Response]


class Moment(NamedTuple):
    """One call as a fault plan met it: what it is drawn from, and what may still happen to it."""

    key: bytes
    """Equal for equal business calls of a session."""
    occurrence: int
    """How many times this same call met a rule before in this session."""
    bits: int
    """64 bits that every rule draws this occurrence from."""
    run: int
    """How many times in a row the call was disturbed before."""
    rules: tuple[Any, ...]
    """The rules that did not stay quiet yet, in their order."""
    decision: Any = None
    """What the first of them decided; None: it was not asked."""
    counted: Mapping[str, Any] = MappingProxyType({})
    """Rule → what it made of this call, for those that count the calls they match."""


class CallContext:
    """What a fault may know and touch while one call passes through it."""

    __slots__ = (
        "_request", "_serve", "_understood", "arguments", "effects", "firings", "moment",
        "operation", "session", "truth",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        understood: Understood,
        request: Request | None,
        serve: Callable[[Understood], Response],
        moment: Moment,
        effects: list[Effect],
        firings: list[Firing],
    ) -> None:
        self.session = session
        assert understood.operation is not None  # a call that fits none meets no fault
        self.operation: Operation = understood.operation
        """The logical operation."""
        self.arguments: Arguments | None = understood.arguments
        """Canonical business arguments in undrifted form; None when not understood."""
        self.moment = moment
        self.effects = effects
        """What this call has committed so far; what a fault takes back it takes out here."""
        self.firings = firings
        self.truth: Response | None = None
        """What the undisturbed server said last."""
        self._understood = understood
        self._request = request
        self._serve = serve

    @property
    def intent(self) -> bytes:
        """Key of the business call, as the ledger has it; b"" when not understood."""
        if self.arguments is None:
            return b""
        asked = self.session.world.conventions.business(self.operation, self.arguments)
        return canonical_key(self.operation.id, asked)

    @property
    def occurrence(self) -> int:
        """How many times this same call met a rule before in this session."""
        return self.moment.occurrence

    def proceed(self) -> Response:
        """The undisturbed reply; asking again serves the call again."""
        self.truth = self._serve(self._understood)
        return self.truth

    def answer(self, arguments: Arguments) -> Response:
        """The undisturbed reply to the same operation with other arguments."""
        return self._serve(replace(self._understood, arguments=arguments))

    def request(self) -> Request:
        """The wire request, built when it did not come over a wire."""
        if self._request is None:
            assert self.arguments is not None
            base = self.session.world.document.base_path
            self._request = encode(self.operation, self.arguments, base)
        return self._request

    def record_firing(self, firing: Firing) -> None:
        """Put a firing on the record of this exchange."""
        self.firings.append(firing)


class FaultHook(Protocol):
    """A fault plan compiled for one session. Its counters are persistent: fork costs nothing."""

    @property
    def order_sensitive(self) -> bool:
        """Whether some rule counts arrivals, so that the order of calls moves it."""
        ...

    def meet(self, operation: Operation, arguments: Arguments | None, now: float) -> Moment | None:
        """Count a call; None when every rule stays quiet, so that nothing is to be done."""
        ...

    def around(self, context: CallContext, proceed: Proceed) -> Response:
        """Answer a call that was met, through `proceed` (the undisturbed server) or without it."""
        ...

    def meta_reply(
        self, session: Session, kind: str, text: str, error: bool
    ) -> tuple[str, bool, tuple[Firing, ...]]:
        """What a meta-tool (wait, read_docs, authenticate) says under these faults."""
        ...

    def fork(self) -> FaultHook: ...

    def call_counts(self) -> list[list[Any]]:
        """How often each call was met, as plain JSON values."""
        ...

    def resume(self, kept: Sequence[Sequence[Any]]) -> None:
        """Go on counting calls from what `call_counts` gave; what rules remember begins anew."""
        ...

    def report(self) -> list[dict[str, Any]]:
        """One row per rule: armed, fired (how often) or expired."""
        ...


class Release(Protocol):
    """One version of the document, with the adapters between it and the original."""

    @property
    def document(self) -> Document: ...

    @property
    def ids(self) -> Mapping[str, str]:
        """Operation of the original → its id in this release; removed ones are not in it."""
        ...

    @property
    def inputs(self) -> Mapping[str, Mapping[str, str]]:
        """Operation of the original → the names of its inputs → what they are called here."""
        ...

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

    def refuse(self, request: Request, world: World, helpfulness: int = 2) -> Response | None:
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

    def documented_release(self) -> int:
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
