"""The sessions a server holds: one default per document, and those the control plane opens."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sandbox.errors import SandboxError, UnknownName
from sandbox.transports.call_limit import CallLimit
from sandbox.transports.journal import Journal, KeptCall
from sandbox.transports.wall_time import Pace

if TYPE_CHECKING:
    from sandbox.world import Session, World

LIMIT: Final = 20_000
"""Open sessions beyond which a server refuses new ones."""
KEPT: Final = 1000
"""The last rows of a ledger, which a server keeps in memory; at most as many again wait there."""
_log = logging.getLogger("wavetank.server")


def tidy(session: Session) -> None:
    """Put a session's older ledger rows on disk, once in a thousand calls."""
    loose = session.ledger.loose
    if loose >= 2 * KEPT and loose % KEPT == 0:
        try:
            session.ledger.spill(KEPT)
        except OSError as error:
            _log.warning("%d ledger rows stay in memory: %s", loose, error)


@dataclass(slots=True)
class Held:
    """One session on a server with what it takes to begin it anew."""

    id: str
    document: str
    world: World
    session: Session
    options: Mapping[str, Any]
    pace: Pace
    snapshots: dict[str, Any] = field(default_factory=dict)
    connections: dict[Hashable, int] = field(default_factory=dict)
    """The other ends that requests came from, numbered in their order."""
    plans: dict[str, Any] = field(default_factory=dict)
    """The plans of faults and drift that replaced those it was opened with."""
    address: str = ""
    """Scheme, host and port of the server that holds it, where that is one of several workers."""

    @property
    def base_url(self) -> str:
        """Where its document is served for it: relative to the server, but for a worker's."""
        return f"{self.address}/s/{self.id}{self.world.document.base_path}"

    def connect(self, peer: Hashable) -> None:
        """Let the session know which connection its next request comes through."""
        self.session.connection = self.connections.setdefault(peer, len(self.connections))

    def change_plans(self, **plans: Any) -> None:
        """Other `faults` or `drift` from now on; None is none."""
        session = self.session
        made = self.world.session(seed=session.seed, label=session.label, **plans)
        if "faults" in plans:
            session.faults = made.faults
        if "drift" in plans:
            session.change_drift(made.drift)
        self.plans |= plans

    def reset(self) -> None:
        """Back to the first moment: same seed, same options, empty ledger."""
        self.session = self.world.session(**self.options)
        self.plans.clear()
        self.snapshots.clear()
        self.connections.clear()


class Sessions(Mapping[str, Held]):
    """Sessions by id. Ids are for addressing alone and never enter a draw."""

    def __init__(
        self,
        worlds: Mapping[str, World],
        *,
        time_scale: float = 60.0,
        options: Mapping[str, Any] | None = None,
        limit: int = LIMIT,
        prefix: str = "",
        address: str = "",
    ) -> None:
        """`prefix` begins the ids of sessions that are opened, `address` their base URLs."""
        if not worlds:
            raise ValueError("a server needs at least one document")
        self.worlds = dict(worlds)
        self.time_scale = time_scale
        self.limit = limit
        self.call_limit = CallLimit()
        self.journal: Journal | None = None
        """Where the changes of each call are kept; None: they need not outlive the server."""
        self._prefix = prefix
        self._address = address
        self._options = dict(options or {})
        self._numbers = count(1)
        self._held: dict[str, Held] = {}
        self._defaults = {
            name: self._hold(name, name, self._options, world.session(**self._options))
            for name, world in self.worlds.items()
        }
        self._only = next(iter(self._defaults.values())) if len(worlds) == 1 else None
        self._hosts = {name: _hosts(world) for name, world in self.worlds.items()}

    def __getitem__(self, key: str) -> Held:
        return self._held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def find(self, key: str) -> Held:
        """The session of that id; raises UnknownName with those there are."""
        try:
            return self._held[key]
        except KeyError:
            raise UnknownName("session", key, list(self._held)[:50]) from None

    def call(self, session: Session, size: int = 0, key: str = "") -> CallLimit | KeptCall:
        """What a call of a session runs in: `size` is that of its body, `key` the session's id.

        Raises NotKept at its end where what it changes cannot be kept.
        """
        if self.journal is None:
            return self.call_limit
        ids = (id for id, held in self._held.items() if held.session is session)
        key = key or next(ids, "")
        return KeptCall(self.call_limit, self.journal, key, session, size)

    def open(self, document: str | None = None, **options: Any) -> Held:
        """A new session of a document (the first one by default) under a fresh id."""
        name = next(iter(self.worlds)) if document is None else document
        if name not in self.worlds:
            raise UnknownName("document", name, self.worlds)
        merged = {**self._options, **options}
        session = self.worlds[name].session(**merged)
        return self._hold(self._fresh(), name, merged, session)

    def resume(self, key: str, document: str, options: Mapping[str, Any]) -> Held:
        """The session of that id, opened as it was; a document's default session is there."""
        if key in self._held:
            return self._held[key]
        if document not in self.worlds:
            raise UnknownName("document", document, self.worlds)
        session = self.worlds[document].session(**options)
        return self._hold(key, document, options, session)

    def fork(self, key: str) -> Held:
        """A new session that continues from where another one is now."""
        parent = self.find(key)
        return self._hold(self._fresh(), parent.document, parent.options, parent.session.fork())

    def close(self, key: str) -> None:
        """Forget a session. A document's default session begins anew instead."""
        held = self.find(key)
        if self._defaults.get(held.document) is held:
            held.reset()
        else:
            del self._held[key]

    def reload(self, document: str, world: World) -> None:
        """Put a newer version of a document under its name; its open sessions keep what they hold.

        What was written stays as an overlay over the new version's own initial entities.
        """
        if document not in self.worlds:
            raise UnknownName("document", document, self.worlds)
        self.worlds[document] = world
        self._hosts[document] = _hosts(world)
        for held in self._held.values():
            if held.document == document:
                moment = held.session.snapshot()
                held.world, held.session = world, world.session(**held.options)
                held.session.restore(moment)

    def route(self, method: str, host: str, path: str) -> Held | None:
        """The default session that a plain request is for: by host, then by what has the path.

        One document alone takes everything. None: several documents, and no one has the path.
        """
        if self._only is not None:
            return self._only
        name = host.rsplit(":", 1)[0].lower() if not host.startswith("[") else host.lower()
        named = [held for key, held in self._defaults.items() if name in self._hosts[key]]
        candidates = named or list(self._defaults.values())
        if len(candidates) == 1:
            return candidates[0]
        for held in candidates:
            world = held.session.world
            if world.router.match(method, path) is not None or world.authorization.serves(path):
                return held
        return candidates[0] if named else None

    def _fresh(self) -> str:
        if len(self._held) >= self.limit:
            raise SandboxError(f"{self.limit} sessions are open; close some of them first")
        ids = (f"{self._prefix}s{number}" for number in self._numbers)
        return next(id for id in ids if id not in self._held)

    def _hold(self, key: str, document: str, options: Mapping[str, Any], session: Session) -> Held:
        world = self.worlds[document]
        held = Held(key, document, world, session, dict(options), Pace(self.time_scale))
        held.address = self._address
        self._held[key] = held
        return held


def _hosts(world: World) -> frozenset[str]:
    """Host names under which the document says it is served."""
    names = (urlsplit(server).hostname for server in world.document.addresses)
    return frozenset(name.lower() for name in names if name)
