"""State: a keyed initial population, seen through an overlay of what was written.

Everything is persistent (hash array mapped tries), so a snapshot is a reference and a fork is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from rpds import HashTrieMap, List

from sandbox.messages import Response

Entity = Mapping[str, Any]
Key = tuple[str, str]


class Population(Protocol):
    """The entities that exist before anything is written."""

    def ids(self, collection: str) -> tuple[str, ...]: ...

    def entity(self, collection: str, id: str) -> Entity | None: ...

    def owner(self, path: str) -> Key | None: ...


class Overlay(NamedTuple):
    """Everything written so far. Immutable: holding one is a snapshot."""

    items: HashTrieMap[Key, Entity | None]
    """What was written; None marks an entity that was deleted."""
    added: HashTrieMap[str, List[str]]
    """Ids created in a collection, newest first."""
    version: int
    answered: HashTrieMap[str, tuple[bytes, Response]]
    """Idempotency key → the payload it came with first, and the reply to that."""


EMPTY: Final = Overlay(items=HashTrieMap(), added=HashTrieMap(), version=0, answered=HashTrieMap())


class State:
    """The entities of one session, by collection path and id."""

    __slots__ = ("overlay", "population")

    def __init__(self, population: Population, overlay: Overlay = EMPTY) -> None:
        self.population = population
        self.overlay = overlay

    @property
    def version(self) -> int:
        """How many writes were committed."""
        return self.overlay.version

    def get(self, collection: str, id: str) -> Entity | None:
        """The entity, or None when there is none (any more)."""
        key = (collection, id)
        items = self.overlay.items
        if key in items:
            return items[key]
        if self._under_created(collection):
            return None
        return self.population.entity(collection, id)

    def _under_created(self, collection: str) -> bool:
        """Whether the collection belongs to an entity that was created: nothing is in it yet."""
        if not self.overlay.version:
            return False
        owner = self.population.owner(collection)
        if owner is None or owner not in self.overlay.items:
            return False
        return owner[0] in self.overlay.added and owner[1] not in self.population.ids(owner[0])

    def ids(self, collection: str) -> tuple[str, ...]:
        """The ids that exist now: the initial ones first, then those created, oldest first."""
        base = self._initial(collection)
        overlay = self.overlay
        if not overlay.version:
            return base
        items = overlay.items
        kept = tuple(id for id in base if items.get((collection, id), _UNTOUCHED) is not None)
        added = [
            id
            for id in overlay.added.get(collection, ())
            if items.get((collection, id)) is not None
        ]
        return kept + tuple(reversed(added))

    def _initial(self, collection: str) -> tuple[str, ...]:
        return () if self._under_created(collection) else self.population.ids(collection)

    def put(self, collection: str, id: str, entity: Entity) -> None:
        """Create or replace one entity."""
        overlay = self.overlay
        added, key = overlay.added, (collection, id)
        if key not in overlay.items and id not in self._initial(collection):
            added = added.insert(collection, added.get(collection, _NOBODY).push_front(id))
        items = overlay.items.insert(key, entity)
        self.overlay = Overlay(items, added, overlay.version + 1, overlay.answered)

    def delete(self, collection: str, id: str) -> None:
        """Remove one entity; a no-op when it does not exist."""
        if self.get(collection, id) is None:
            return
        overlay = self.overlay
        items = overlay.items.insert((collection, id), None)
        self.overlay = Overlay(items, overlay.added, overlay.version + 1, overlay.answered)

    def remember(self, key: str, payload: bytes, response: Response) -> None:
        """Keep the first reply to an idempotency key."""
        answered = self.overlay.answered.insert(key, (payload, response))
        self.overlay = self.overlay._replace(answered=answered)

    def fork(self) -> State:
        return State(self.population, self.overlay)

    def written(self) -> dict[str, dict[str, Entity | None]]:
        """What was written, by collection and id; None where it was deleted."""
        found: dict[str, dict[str, Entity | None]] = {}
        for (collection, id), entity in sorted(
            self.overlay.items.items(), key=lambda pair: pair[0]
        ):
            found.setdefault(collection, {})[id] = entity
        return found


_UNTOUCHED: Final[Entity] = {}
_NOBODY: Final[List[str]] = List()
