"""The initial population: entities that exist before anything is written.

A pure function of (seed, collection path, index), materialised on demand and shared by every
session of the same seed. References between entities point at entities that exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.conventions.counts import counts_of
from sandbox.conventions.entity_links import EntityLink
from sandbox.conventions.operation_model import Collection, NestedView
from sandbox.conventions.paths import JOINED, id_text
from sandbox.conventions.resources import Resources
from sandbox.conventions.words import entity_noun, singular
from sandbox.document import Document
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.values import Values
from sandbox.world.state.collection_paths import Key, PathFacts, PathTable
from sandbox.world.state.embedding import Embedder
from sandbox.world.state.entity_urls import EntityUrls
from sandbox.world.state.ids import Identity, identity, typed_id
from sandbox.world.state.linking import Linker
from sandbox.world.state.parents import Parents
from sandbox.world.state.seed_data import Row, SeedData

SINGLE = ""
"""The id of a singleton."""

_ROOT_SIZE = (6, 18)
_NESTED_SIZE = (1, 6)
_MOST_VALUES = 8_000
"""Values that all entities of a collection may hold together; few are made of very large ones."""


class Population:
    """The entities of one seed. Ids first (cheap), whole entities when somebody looks."""

    __slots__ = (
        "_bare",
        "_data",
        "_document",
        "_embedder",
        "_given",
        "_linker",
        "_parents_of",
        "_resources",
        "_templates",
        "_urls",
        "_values",
        "facts",
        "homes",
        "ids",
        "made",
        "seed",
    )

    def __init__(
        self,
        document: Document,
        resources: Resources,
        values: Values,
        urls: EntityUrls,
        seed: int,
        data: SeedData | None = None,
    ) -> None:
        self.seed = seed
        self._data = data
        self._given: dict[tuple[str, str], Row] = {}
        """The entities of the seed data whose ids are known by now."""
        self._document = document
        self._resources = resources
        self._values = values
        self._urls = urls
        self.homes: dict[str, Collection] = {}
        """Path → the collection that it is known to show."""
        self._templates: dict[str, str] = {}
        self.facts: PathTable[PathFacts] = PathTable(self._path_facts)
        self.ids: PathTable[tuple[str, ...]] = PathTable(self._make_ids)
        self.made: dict[Key, Mapping[str, Any]] = {}
        self._parents_of = Parents(resources, self.ids, seed, self._given.get)
        self._linker = Linker(self, resources, document.schemas)
        self._embedder = Embedder(self, resources, document.schemas)
        self._bare: dict[tuple[str, str], dict[str, Any]] = {}

    def know(self, path: str, collection: Collection, template: str = "") -> None:
        """Say which collection a concrete path shows, and its template where that is another."""
        if path not in self.homes:
            self.homes[path] = collection
            self._templates[path] = template or self._resources.template_of(path) or ""

    def _path_facts(self, path: str) -> PathFacts:
        home = self._home(path)
        if home is None:
            return PathFacts(path)
        view = self._resources.view(self._templates.get(path, ""))
        counts, owner = counts_of(self._resources, home), _owner(path, home)
        if view is None:
            return PathFacts(path, None, counts, owner, not counts)
        membership = self._parents_of.membership(path, view)
        self.know(membership.home, home, view.home)
        return PathFacts(membership.home, membership, counts, owner, plain=False)

    def with_parent(self, path: str, entity: Mapping[str, Any]) -> Mapping[str, Any]:
        """An entity created through a nested path, saying its parent where it can."""
        shown = self.facts[path].view
        if shown is None or shown.parent is None:
            return entity
        home, view = self._home(path), self._resources.view(self._templates[path])
        assert home is not None and view is not None
        changed = self._saying_parent(view, entity, shown.parent)
        valid = self._document.schemas.validator(home.schema, "response").is_valid
        return changed if valid(changed) else entity

    def _saying_parent(
        self, view: NestedView, entity: Mapping[str, Any], parent: tuple[str, str]
    ) -> Mapping[str, Any]:
        value = typed_id(self._document.schemas, view.field_schema, parent[1])
        if not view.field or value is None:
            return entity
        return set_at(entity, view.field, value)

    def materialise(self, collection: str, id: str) -> Mapping[str, Any] | None:
        """The entity that has (or would have) this id; None when its schema has no instance."""
        collection = self.facts[collection].home
        key = (collection, id)
        found = self.made.get(key)
        if found is None:
            home, made = self._home(collection), self.bare(collection, id)
            if made is None or home is None:
                return None
            row = self._given.get(key)
            given = row.entity if row is not None else {}
            parents = self._parents_of.initial(collection, home, id)
            found = self.made[key] = self._embedder.embed(
                collection, home, id, made, given, parents
            )
        return found

    # -- ids ----------------------------------------------------------------------------------

    def _make_ids(self, path: str) -> tuple[str, ...]:
        home = self._home(path)
        if home is None:
            return ()
        if home.singleton:
            single = self._data.rows.get(path, ()) if self._data is not None else ()
            return self._given_ids(path, home, single, Draw(0)) or (SINGLE,)
        view = self.facts[path].view
        if view is not None:
            return self._parents_of.members(path, view)
        draw = Draw(self.seed, "population", path)
        rows = self._data.rows_of(path, home) if self._data is not None else None
        if rows is not None:
            return self._given_ids(path, home, rows, draw)
        target = self._resources.reference_of(home)
        if target is not None:
            self.know(target, self._resources.collection(target))
            return self._references(path, home, self.ids[target], draw)
        wanted = max(self._size(path, home), *self._parents_sizes(home), 0)
        referred = self._data.referred.get(path, ()) if self._data is not None else ()
        found: dict[str, None] = dict.fromkeys(referred)
        for attempt in range(wanted * 4):
            if len(found) >= wanted:
                break
            fresh = self.new_id(home, draw.child("id", attempt))
            if fresh is not None:
                found.setdefault(fresh)
        return tuple(found)

    def _given_ids(
        self, path: str, home: Collection, rows: Sequence[Row], draw: Draw
    ) -> tuple[str, ...]:
        """The ids of seed data, made where it says none."""
        for index, row in enumerate(rows):
            id = self.new_id(home, draw.child("id", index)) if row.id is None else row.id
            if id is not None:
                self._given.setdefault((path, id), row)
        return tuple(id for kept, id in self._given if kept == path)

    def _references(
        self, path: str, home: Collection, ids: tuple[str, ...], draw: Draw
    ) -> tuple[str, ...]:
        """Those of another collection's entities that are in this one: all, or as many as it has
        where they may come and go."""
        if "DELETE" not in self._resources.operations_at(home.template + "/{}"):
            return ids
        chosen = set(draw.shuffled(ids)[: self._size(path, home)])
        return tuple(id for id in ids if id in chosen)

    def _size(self, path: str, home: Collection) -> int:
        low, high = _NESTED_SIZE if home.names else _ROOT_SIZE
        size = Draw(self.seed, "population", path).integer(low, high, "size")
        weight: int | None = home.memo.get("weight")
        if weight is None:
            weight = home.memo["weight"] = self._values.weight(home.schema)
        return min(size, max(1, _MOST_VALUES // max(1, weight)))

    def _parents_sizes(self, home: Collection) -> list[int]:
        """How many parents there are to have an entity of the collection each."""
        return [
            self._size(view.parent, self._resources.collection(view.parent))
            for view in self._resources.views_of(home.template)
            if view.owned and "{}" not in view.parent
        ]

    def new_id(self, home: Collection, draw: Draw) -> str | None:
        """A fresh id for a collection, valid in the path and in the entity; None if none is."""
        fresh = self._identity(home).fresh(draw)
        if fresh is None or not home.key:
            return fresh
        texts = fresh.split(JOINED)
        for index, part in enumerate(home.key):
            owners = self._embedder.owners_named(home, part)
            if owners:
                texts[index] = id_text(draw.child(part.parameter).choice(list(owners.values())))
        return JOINED.join(texts)

    def _identity(self, home: Collection) -> Identity:
        return identity(self._document.schemas, self._values, home)

    def changes_by_itself(self, path: str, pointer: str) -> bool:
        """Whether the server changes a field of a collection's entities at every change."""
        return self._resources.changes_by_itself(self._home(path), pointer)

    def noun(self, path: str) -> str:
        """What an entity of a concrete path is called, in the singular."""
        home = self._home(path)
        return entity_noun(home.noun if home is not None else path.rpartition("/")[2]) or "resource"

    # -- entities -----------------------------------------------------------------------------

    def _home(self, path: str) -> Collection | None:
        home = self.homes.get(path)
        if home is None:
            template = self._resources.template_of(path)
            if template is not None:
                home = self.homes[path] = self._resources.collection(template)
                self._templates[path] = template
        return home

    def bare(self, path: str, id: str) -> dict[str, Any] | None:
        """The entity without its embedded neighbours; kept, since neighbours embed it in turn."""
        key = (path, id)
        if key in self._bare:
            return self._bare[key]
        home = self._home(path)
        if home is None:
            return None
        if home.schema is None:
            return self._bare.setdefault(key, {})
        draw = Draw(self.seed, "entity", path, id)
        row = self._given.get(key)
        if row is not None:
            assert self._data is not None  # rows are of seed data
            given = self._data.complete(home, row, draw)
            settled = self.settle(path, home, id, given)
            kept = {name: given[name] for name in row.entity if name in given}
            return self._bare.setdefault(key, {**settled, **kept})
        try:
            made = self._values.make(home.schema, draw, name=singular(home.noun))
        except NoInstance:
            return None
        if isinstance(made, dict):
            made = self.settle(path, home, id, made)
            self._bare[key] = made
            return made
        return {"": made}

    def settle(
        self, path: str, home: Collection, id: str, entity: dict[str, Any]
    ) -> dict[str, Any]:
        """Give an entity its id, its parents' ids and references that exist; keep it valid."""
        valid = self._document.schemas.validator(home.schema, "response").is_valid
        changed = entity
        if home.id_path:
            changed = set_at(entity, home.id_path, self._identity(home).parse(id))
        for place, value in self._identity(home).parts(id) if home.key else ():
            changed = set_at(changed, place, value)
        if changed != entity and not valid(changed):
            return entity
        owners = list(self._parents_of.initial(path, home, id))
        for view, parent in owners:
            owned = self._saying_parent(view, changed, parent)
            changed = dict(owned) if valid(owned) else changed
        changed = self._linker.link(path, home, id, changed, [key for _, key in owners], valid)

        def choose(link: EntityLink) -> Sequence[str]:
            self.know(link.target, self._resources.collection(link.target))
            draw = Draw(self.seed, "entity link", path, id, *link.pointer)
            return draw.shuffled(self.ids[link.target])

        return dict(self._urls.with_urls(home, home.schema, path, id, changed, choose))


def _owner(path: str, home: Collection) -> Key | None:
    fixed, segments = home.template.split("/"), path.split("/")
    if home.singleton or "{}" not in fixed or len(fixed) != len(segments):
        return None
    last = len(fixed) - 1 - fixed[::-1].index("{}")
    return "/".join(segments[:last]), segments[last]


def set_at(entity: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The entity with a value at a path of keys; objects on the way are made when missing."""
    copied = dict(entity)
    if len(path) == 1:
        copied[path[0]] = value
        return copied
    inner = copied.get(path[0])
    copied[path[0]] = set_at(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    return copied
