"""A session: one seeded, isolated run of a world. One engine behind `call` and `handle`."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sandbox import notebook
from sandbox.document import canonical, encode
from sandbox.errors import UnknownName
from sandbox.exact_json import SCALARS, is_deep
from sandbox.messages import Observation, Request, Response, observe
from sandbox.providers import provider
from sandbox.tools import bind
from sandbox.tools.binding import parse_arguments
from sandbox.tools.tool import Tool
from sandbox.world.clock import Clock
from sandbox.world.decoding import Understood, understand
from sandbox.world.hooks import Drift, FaultHook
from sandbox.world.ledger import Ledger
from sandbox.world.meta_calls import call_meta, tell_unknown, tell_unreadable
from sandbox.world.rendering.negotiation import negotiate
from sandbox.world.rendering.preference import grant
from sandbox.world.serving import serve
from sandbox.world.state.layered_counts import Counts
from sandbox.world.state.snapshot import Snapshot
from sandbox.world.state.state import State

if TYPE_CHECKING:
    import httpx
    import respx

    from sandbox.world.world import World

Unknown = Literal["reject", "ignore"]


class Session:
    """Own state, clock, faults, drift and ledger; the world beneath is shared and never changes."""

    def __init__(
        self,
        world: World,
        *,
        seed: int,
        label: str,
        faults: FaultHook | None,
        drift: Drift | None,
        given: Sequence[Mapping[str, Any]],
        helpfulness: int,
        unknown: Unknown,
        unknown_ids: str,
        credentials: Sequence[str],
        lenient: bool = False,
    ) -> None:
        self.world = world
        self.seed = seed
        self.label = label
        self.faults = faults
        self.drift = drift
        self.helpfulness = helpfulness
        self.unknown = unknown
        self.unknown_ids = unknown_ids
        self.accepted = frozenset(credentials)
        """The keys, tokens and user:password pairs that are let in; none: any plausible one."""
        self.lenient = lenient
        """Whether the usual representation is served where nothing fits the Accept header."""
        self.clock = Clock()
        self.ledger = Ledger()
        self.credential = 0
        """How many times the agent signed in; credential faults look at it."""
        self.connection: int = 0
        """Which of the caller's connections, in their order, the next request comes through."""
        self.docs = drift.documented_release() if drift is not None else 0
        """The release whose tools the agent is shown."""
        self.population = world.population(seed)
        self.state = State(self.population)
        self.counts = Counts()
        """How often each write was made, by its canonical key."""
        self._worlds: dict[int, World] = {0: world}
        for entity in given:
            self.give(entity)

    def __repr__(self) -> str:
        label = f" {self.label!r}" if self.label else ""
        under = " under faults" if self.faults is not None else ""
        release = f", release {self.live}" if self.drift is not None else ""
        about = f"{label} of {self.world.document.title!r}, seed {self.seed}{under}"
        return f"<Session{about}: {len(self.ledger)} calls, {self.clock.now:g} s{release}>"

    def _repr_html_(self) -> str:
        return notebook.text(repr(self), "") + self.ledger._repr_html_()

    # -- calls --------------------------------------------------------------------------------

    def call(self, tool: str, arguments: Mapping[str, Any] | str) -> Observation:
        """What the agent is shown for a tool call. `arguments` may be the raw JSON text.

        Never raises for what an agent wrote: unknown tools and broken JSON are observations.
        """
        raw, found = None, self._tool(tool)
        if isinstance(arguments, str):
            read = parse_arguments(arguments)
            if read is None:
                return tell_unreadable(self, tool, arguments)
            raw, arguments = arguments, read
        elif not SCALARS.issuperset(map(type, arguments.values())) and is_deep(arguments):
            return tell_unreadable(self, tool, "")
        if found is None:
            return tell_unknown(self, tool, raw)
        if found.operation is None:
            return call_meta(self, found, arguments)
        bound = bind(found, arguments)
        if self.drift is None:
            bound = canonical(found.operation, bound)
            understood = Understood(found.operation, bound, ())
            return observe(serve(self, understood, tool, None))
        home = self.release_world(self._docs_of(tool))
        request = encode(found.operation, bound, home.document.base_path)
        return observe(serve(self, understand(self, request, signed=True), tool, request))

    def handle(self, request: Request) -> Response:
        """The reply to a plain HTTP request; the same engine as `call`.

        `Prefer: code=404` asks for the declared reply of that status; nothing is changed then.
        """
        understood = understand(self, request)
        for name, value in request.headers:
            if name == "accept":
                negotiate(self, value, understood)
            elif name == "prefer":
                grant(self, request, understood)
        return serve(self, understood, understood.tool, request)

    @property
    def tools(self) -> Mapping[str, Tool]:
        """What the agent is shown now: the document's tools and the meta-tools."""
        world = self.release_world(self.docs)
        return ChainMap(dict(world.meta_tools), world.tools)  # type: ignore[arg-type]

    # -- copies -------------------------------------------------------------------------------

    def fork(self) -> Session:
        """A session that goes on from here by itself. Costs microseconds, whatever came before."""
        twin = Session.__new__(Session)
        twin.__dict__.update(self.__dict__)
        twin.restore(self.snapshot())
        return twin

    def snapshot(self) -> Snapshot:
        """The present moment; `restore` returns to it."""
        faults = self.faults.fork() if self.faults is not None else None
        return Snapshot(
            self.state.overlay,
            self.counts.fork(),
            self.clock.now,
            self.ledger.fork(),
            faults,
            self.docs,
            self.credential,
        )

    def restore(self, moment: Snapshot) -> None:
        """Go back (or over) to a moment, of this session or of one it was forked from."""
        self.state = State(self.population, moment.overlay)
        self.counts = moment.counts.fork()
        self.clock = Clock(moment.clock)
        self.ledger = moment.ledger.fork()
        self.faults = moment.faults.fork() if moment.faults is not None else None
        self.docs = moment.docs
        self.credential = moment.credential

    # -- clients ------------------------------------------------------------------------------

    def transport(self) -> httpx.BaseTransport:
        """An httpx transport, sync and async, that answers from this session."""
        built: httpx.BaseTransport = provider("httpx")(self)
        return built

    def respx(self) -> respx.MockRouter:
        """A respx router for the document's own hosts; every other host passes through."""
        built: respx.MockRouter = provider("respx")(self)
        return built

    # -- releases -----------------------------------------------------------------------------

    @property
    def live(self) -> int:
        """The release that answers the next call; 0 is the document itself."""
        if self.drift is None:
            return 0
        return self.drift.live(len(self.ledger), {"clock": self.clock.now, "state": self.state})

    def release_world(self, release: int) -> World:
        """The world of one release of the document."""
        found = self._worlds.get(release)
        if found is None:
            assert self.drift is not None
            # Kept with the drift, which sessions of one seed share.
            found = self.drift.worlds.get(release)
            if found is None:
                made = self.drift.releases[release - 1]
                found = self.world.release(made.document, made.ids, made.inputs)
                self.drift.worlds[release] = found
            self._worlds[release] = found
        return found

    def _tool(self, name: str) -> Tool | None:
        world = self.world if self.drift is None else self.release_world(self.docs)
        try:
            return world.tools[name]
        except KeyError:
            if name in world.meta_tools:
                return world.meta_tools[name]
        for release in range(len(self.drift.releases) + 1 if self.drift is not None else 0):
            if name in self.release_world(release).tools:
                return self.release_world(release).tools[name]
        return None

    def _docs_of(self, name: str) -> int:
        """The release that a tool name is from: the one shown, else any that has it."""
        if name in self.release_world(self.docs).tools or self.drift is None:
            return self.docs
        count = len(self.drift.releases) + 1
        return next((r for r in range(count) if name in self.release_world(r).tools), self.docs)

    def change_drift(self, drift: Drift | None) -> None:
        """Another drift from the next call on; None is the document itself again."""
        self.drift = drift
        self.docs = drift.documented_release() if drift is not None else 0
        self._worlds = {0: self.world}

    def give(self, entity: Mapping[str, Any]) -> None:
        """Put an entity there, as if it had been from the start. Raises UnknownName."""
        path, id = str(entity["collection"]), str(entity["id"])
        if self.world.resources.at(path) is None:
            raise UnknownName("collection", path, self.world.resources.templates)
        base = self.population.materialise(path, id) or {}
        self.state.put(path, id, {**base, **entity.get("values", {})})
