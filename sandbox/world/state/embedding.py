"""Embedding: nested copies of other entities, replaced by the entities themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sandbox.conventions.operation_model import Collection, KeyPart, NestedView
from sandbox.conventions.resources import Resources
from sandbox.conventions.schema_surface import reference
from sandbox.document import Schemas
from sandbox.draws import Draw
from sandbox.world.state.collection_paths import Key


class Known(Protocol):
    """The entities that may be embedded."""

    @property
    def seed(self) -> int: ...

    @property
    def ids(self) -> Mapping[str, tuple[str, ...]]: ...

    def know(self, path: str, collection: Collection) -> None: ...

    def bare(self, path: str, id: str) -> dict[str, Any] | None: ...


class Embedder:
    """Embeds the entities of one population in each other."""

    __slots__ = ("_known", "_named", "_resources", "_schemas")

    def __init__(self, known: Known, resources: Resources, schemas: Schemas) -> None:
        self._known = known
        self._resources = resources
        self._schemas = schemas
        self._named: dict[tuple[str, str], Mapping[str, Any]] = {}
        """(collection, field) → what each of its entities, by id, has there."""

    def embed(
        self,
        path: str,
        home: Collection,
        id: str,
        entity: dict[str, Any],
        given: Mapping[str, Any],
        parents: Iterable[tuple[NestedView, Key]],
    ) -> Mapping[str, Any]:
        """The entity with its neighbours, as far as it stays valid; what was `given` stays."""
        if home.schema is None:
            return entity
        own = {view.field[0]: parent[1] for view, parent in parents if view.field}
        changed = dict(entity)
        for name, value in entity.items():
            target = self._target(home, name) if isinstance(value, dict) else None
            if target is None or target == path or "{}" in target:
                continue
            if name == home.id_field or name in given:
                continue
            ids = self._candidates(home, target, name, value)
            if ids:
                seed = self._known.seed
                chosen = own.get(name) or Draw(seed, "embed", path, id, name).choice(ids)
                neighbour = self._known.bare(target, chosen)
                changed[name] = neighbour if neighbour is not None else value
        if changed == entity:
            return entity
        valid = self._schemas.validator(home.schema, "response").is_valid
        return changed if valid(changed) else entity

    def _target(self, home: Collection, name: str) -> str | None:
        """The collection whose entities a property shows, by their component."""
        ref = reference(home.shape.properties.get(name))
        return self._resources.collection_of(ref) if ref else None

    def _candidates(
        self, home: Collection, target: str, name: str, value: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Who may stand there: a part of the entity's own key tells which one."""
        self._known.know(target, self._resources.collection(target))
        ids = self._known.ids[target]
        for part in home.key:
            if part.path[:1] == (name,):
                owners = self.owners_named(home, part).items()
                ids = tuple(each for each, said in owners if said == value.get(part.path[1]))
        return ids

    def owners_named(self, home: Collection, part: KeyPart) -> Mapping[str, Any]:
        """Id → name of the entities that a part of a key may name, as `owner/login` names users."""
        target = self._target(home, part.path[0]) if len(part.path) > 1 else None
        if target is None or target == home.template:
            return {}
        known = self._named.get((target, part.path[1]))
        if known is None:
            self._known.know(target, self._resources.collection(target))
            ids, bare = self._known.ids[target], self._known.bare
            made = {id: (bare(target, id) or {}).get(part.path[1]) for id in ids}
            known = {id: name for id, name in made.items() if name is not None}
            self._named[target, part.path[1]] = known
        return known
