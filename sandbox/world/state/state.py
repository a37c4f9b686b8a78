"""State: a keyed initial population, seen through an overlay of what was written.

Everything is persistent (hash array mapped tries), so a snapshot is a reference and a fork is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from rpds import HashTrieMap, List

from sandbox.conventions.operation_model import Count
from sandbox.conventions.paths import id_text
from sandbox.document.data_urls import File
from sandbox.messages import Response
from sandbox.world.state.collection_paths import Key, Membership, PathFacts
from sandbox.world.state.listing import Listing

Entity = Mapping[str, Any]


class Population(Protocol):
    """The entities that exist before anything is written."""

    @property
    def facts(self) -> Mapping[str, PathFacts]:
        """Any path → what is known of it."""
        ...

    @property
    def ids(self) -> Mapping[str, tuple[str, ...]]:
        """Any path → the ids that it shows at first."""
        ...

    @property
    def made(self) -> Mapping[Key, Entity]:
        """The entities that were looked at already."""
        ...

    def materialise(self, collection: str, id: str) -> Entity | None: ...

    def changes_by_itself(self, path: str, pointer: str) -> bool: ...


class Job(NamedTuple):
    """How far something that takes time has come."""

    since: float
    """When it began, in virtual seconds."""
    looks: int = 0
    """How often it was asked for."""
    fails_at: float | None = None
    """The share of its work after which it fails; None: it does not."""


class Overlay(NamedTuple):
    """Everything written so far. Immutable: holding one is a snapshot."""

    items: HashTrieMap[Key, Entity | None]
    """What was written; None marks an entity that was deleted."""
    added: HashTrieMap[str, List[str]]
    """Ids created in a collection, newest first."""
    version: int
    answered: HashTrieMap[str, tuple[bytes, Response]]
    """Idempotency key → the payload it came with first, and the reply to that."""
    parents: HashTrieMap[Key, Key]
    """The parent of an entity that was created below it and does not say so itself."""
    jobs: HashTrieMap[Key, Job]
    """Jobs that run."""
    contents: HashTrieMap[str, File]
    """Path → the uploaded file that is read there."""
    members: HashTrieMap[Key, bool]
    """(nested path, id) → whether the entity was added there or taken out."""


_NOTHING: Final[HashTrieMap[Any, Any]] = HashTrieMap()
EMPTY: Final = Overlay(_NOTHING, _NOTHING, 0, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)


class State:
    """The entities of one session, by collection path and id."""

    __slots__ = ("_counted", "_known_as", "_listed_at", "_listings", "overlay", "population")

    def __init__(self, population: Population, overlay: Overlay = EMPTY) -> None:
        self.population = population
        self.overlay = overlay
        self._counted: dict[Key, tuple[int, Entity, Entity]] = {}
        self._known_as: dict[str, tuple[Overlay, dict[str, str]]] = {}
        self._listings: dict[str, Listing] = {}
        self._listed_at = overlay
        """The overlay that the listings follow; another one was put here from outside."""

    @property
    def version(self) -> int:
        """How many writes were committed."""
        return self.overlay.version

    def home(self, collection: str) -> str:
        """The path under which a collection's entities are kept."""
        return self.population.facts[collection].home

    def get(self, collection: str, id: str) -> Entity | None:
        """The entity, or None when there is none (any more) or it has another parent."""
        facts = self.population.facts[collection]
        entity, view = self._find(facts.home, id), facts.view
        if entity is None or (view is not None and not self._belongs(view, id, entity)):
            return None
        return self._with_counts(facts, id, entity) if facts.counts else entity

    def exists(self, collection: str, id: str) -> bool:
        """Whether an id is taken among the collection's entities, whosever they are."""
        return self._find(self.population.facts[collection].home, id) is not None

    def _find(self, home: str, id: str) -> Entity | None:
        key, population = (home, id), self.population
        written = self.overlay.items.get(key, _UNTOUCHED)
        if written is not _UNTOUCHED:
            return written
        if id not in self._initial(home):
            return None
        return population.made.get(key) or population.materialise(home, id)

    def known_as(self, collection: str, names: tuple[str, ...]) -> Mapping[str, str]:
        """What the collection's entities bear under any of the names, as text → their id.

        Made once between two writes: a wrong id is often asked for again and again.
        """
        known = self._known_as.get(collection)
        if known is not None and known[0] is self.overlay:
            return known[1]
        found: dict[str, str] = {}
        for id, entity in self.listing(collection).entities.items():
            for name in names:
                if name in entity:
                    found.setdefault(id_text(entity[name]), id)
        self._known_as[collection] = (self.overlay, found)
        return found

    def was_written(self, collection: str, id: str) -> bool:
        """Whether the entity was ever written or deleted."""
        return (self.population.facts[collection].home, id) in self.overlay.items

    def _belongs(self, view: Membership, id: str, entity: Entity) -> bool:
        """Whether a nested path shows an entity of its collection."""
        if view.parent is None:
            return True
        added = self.overlay.members.get((view.path, id)) if view.refers else None
        if added is not None:
            return added
        recorded = self.overlay.parents.get((view.home, id))
        if recorded is not None and recorded[0] == view.parent[0]:
            return bool(recorded == view.parent)
        if not view.field or not view.owned:
            return not self._is_created(view.parent) and id in self.population.ids[view.path]
        value: Any = entity
        for name in view.field:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value is not None and id_text(value) == view.parent[1]

    def _with_counts(self, facts: PathFacts, id: str, entity: Entity) -> Entity:
        """The entity with its counting fields as they are now; the same object while they are."""
        home = facts.home
        known = self._counted.get((home, id))
        if known is not None and known[0] == self.version and known[1] is entity:
            return known[2]
        made = dict(entity)
        for count in facts.counts:
            made[count.field] = self._count(home, id, count)
        same = known is not None and known[1] is entity and known[2] == made
        shown = known[2] if same and known is not None else made
        self._counted[home, id] = (self.version, entity, shown)
        return shown

    def _count(self, collection: str, id: str, count: Count) -> int:
        if count.below:
            return len(self.ids(f"{collection}/{id}/{count.below}"))
        entities = (self._find(count.home, each) for each in self.ids(count.home))
        return sum(e is not None and id_text(e.get(count.link)) == id for e in entities)

    def _is_created(self, key: Key) -> bool:
        """Whether an entity was made by a call."""
        if key not in self.overlay.items or key[0] not in self.overlay.added:
            return False
        return key[1] not in self.population.ids[key[0]]

    def ids(self, collection: str) -> tuple[str, ...]:
        """The ids that exist now: the initial ones first, then those created, oldest first."""
        view = self.population.facts[collection].view
        if view is None:
            return self._kept_ids(collection)
        if not self.overlay.version:
            return self.population.ids[collection]
        pairs = ((id, self._find(view.home, id)) for id in self._kept_ids(view.home))
        return tuple(id for id, e in pairs if e is not None and self._belongs(view, id, e))

    def _kept_ids(self, collection: str) -> tuple[str, ...]:
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

    def _initial(self, home: str) -> tuple[str, ...]:
        """The ids that a collection begins with: none below an entity that was created."""
        owner = self.population.facts[home].owner
        if owner is not None and self.overlay.version and self._is_created(owner):
            return ()
        return self.population.ids[home]

    def put(self, collection: str, id: str, entity: Entity) -> tuple[str, Entity | None]:
        """Create or replace one entity; below a parent it becomes that parent's.

        Returns the path under which it is kept, and what the collection's path shows of it.
        """
        facts = self.population.facts[collection]
        home, view, overlay = facts.home, facts.view, self.overlay
        added, parents, key = overlay.added, overlay.parents, (home, id)
        if key not in overlay.items and id not in self._initial(home):
            added = added.insert(home, added.get(home, _NOBODY).push_front(id))
        if view is not None and view.parent is not None and not self._belongs(view, id, entity):
            parents = parents.insert(key, view.parent)
        items = overlay.items.insert(key, entity)
        # By position: every write comes through here, and `_replace` costs as much as the inserts.
        made = Overlay(
            items, added, overlay.version + 1, overlay.answered, parents, overlay.jobs,
            overlay.contents, overlay.members,
        )  # fmt: skip
        if self._listed_at is overlay:
            self._listed_at = made
        self.overlay = made
        if self._listings:
            self._follow(home, id, entity, new=added is not overlay.added)
        return home, entity if facts.plain else self.get(collection, id)

    def _commit(self, overlay: Overlay) -> None:
        if self._listed_at is self.overlay:
            self._listed_at = overlay
        self.overlay = overlay

    def _follow(self, home: str, id: str, entity: Entity | None, *, new: bool = False) -> None:
        """Bring the listings along with a write."""
        listing = self._listings.get(home)
        if new:
            # Nothing is below what was created just now, whatever was listed there.
            below = f"{home}/{id}/"
            for path in [path for path in self._listings if path.startswith(below)]:
                del self._listings[path]
        if listing is None:
            return
        if entity is None:
            listing.remove(id)
        elif new or id in listing.entities:
            listing.put(id, entity)
        else:  # deleted once: it comes back where it was
            del self._listings[home]

    def listing(self, collection: str) -> Listing:
        """What a collection's path shows now; valid until the next write."""
        if self._listed_at is not self.overlay:
            self._listings.clear()
            self._listed_at = self.overlay
        found = self._listings.get(collection)
        if found is None:
            shown = ((id, self.get(collection, id)) for id in self.ids(collection))
            found = Listing({id: entity for id, entity in shown if entity is not None})
            if self.population.facts[collection].plain:
                self._listings[collection] = found
        return found

    def delete(self, collection: str, id: str) -> None:
        """Remove one entity; a no-op when it does not exist."""
        if self.get(collection, id) is None:
            return
        overlay, home = self.overlay, self.population.facts[collection].home
        items = overlay.items.insert((home, id), None)
        self._commit(overlay._replace(items=items, version=overlay.version + 1))
        self._follow(home, id, None)

    def remember(self, key: str, payload: bytes, response: Response) -> None:
        """Keep the first reply to an idempotency key."""
        answered = self.overlay.answered.insert(key, (payload, response))
        self._commit(self.overlay._replace(answered=answered))

    def keep_content(self, path: str, content: File) -> None:
        """Keep what was uploaded."""
        contents = self.overlay.contents.insert(path, content)
        self._commit(self.overlay._replace(contents=contents))

    def run(self, collection: str, id: str, job: Job) -> None:
        """Keep how far a job has come."""
        jobs = self.overlay.jobs.insert((collection, id), job)
        self._commit(self.overlay._replace(jobs=jobs))

    def end(self, collection: str, id: str) -> None:
        """Forget a job that runs no more."""
        self._commit(self.overlay._replace(jobs=self.overlay.jobs.discard((collection, id))))

    def set_member(self, path: str, id: str, *, added: bool) -> None:
        """Add an entity that exists to a parent that refers to it, or take it out."""
        overlay = self.overlay
        members = overlay.members.insert((path, id), added)
        self._commit(overlay._replace(members=members, version=overlay.version + 1))

    def fork(self) -> State:
        return State(self.population, self.overlay)

    def writes(self) -> dict[str, dict[str, Entity | None]]:
        """What was written, by collection and id; None where it was deleted."""
        found: dict[str, dict[str, Entity | None]] = {}
        for (collection, id), entity in sorted(
            self.overlay.items.items(), key=lambda pair: pair[0]
        ):
            found.setdefault(collection, {})[id] = entity
        return found


_UNTOUCHED: Final[Entity] = {}
_NOBODY: Final[List[str]] = List()
