"""Linking: references of a made entity, so that they point at entities that exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sandbox.conventions.foreign_keys import Links, link_plan
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.resources import Resources
from sandbox.conventions.words import same, singular
from sandbox.document import Schemas
from sandbox.draws import Draw
from sandbox.world.state.collection_paths import Key
from sandbox.world.state.ids import typed_id


class Known(Protocol):
    """The entities that may be pointed at."""

    @property
    def seed(self) -> int: ...

    @property
    def ids(self) -> Mapping[str, tuple[str, ...]]: ...

    def know(self, path: str, collection: Collection) -> None: ...


class Linker:
    """Links the entities of one population."""

    __slots__ = ("_known", "_resources", "_schemas")

    def __init__(self, known: Known, resources: Resources, schemas: Schemas) -> None:
        self._known = known
        self._resources = resources
        self._schemas = schemas

    def link(
        self,
        path: str,
        home: Collection,
        id: str,
        entity: dict[str, Any],
        owners: Sequence[Key],
        valid: Callable[[Any], bool],
    ) -> dict[str, Any]:
        """The entity with its references, as far as it stays valid; `owners` are its parents."""
        plan = link_plan(self._resources, home)
        if not plan:
            return entity
        parents = _parents(path, home)
        for owner, parent_id in owners:
            parents.setdefault(singular(owner.rpartition("/")[2]), parent_id)
        key = (self._known.seed, "link", path, id)
        linked = {**entity, **self._links(plan, path, parents, key, entity)}
        if linked != entity and not valid(linked):
            linked = entity
        if not plan.inside:
            return linked
        nested = self._link_nested(plan, path, parents, key, linked)
        return nested if nested == linked or valid(nested) else linked

    def _links(
        self,
        plan: Links,
        path: str,
        parents: Mapping[str, str],
        key: tuple[int | str, ...],
        entity: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The object's own references, to entities that exist."""
        found: dict[str, Any] = {}
        for name, (noun, bare, schema) in plan.fields.items():
            value = entity.get(name)
            if not isinstance(value, str | int | list) or isinstance(value, bool):
                continue
            if bare and not isinstance(value, list):
                continue
            linked = self._link(path, Draw(*key, name), noun, parents, schema, value)
            if linked is not None:
                found[name] = linked
        return found

    def _link_nested(
        self,
        plan: Links,
        path: str,
        parents: Mapping[str, str],
        key: tuple[int | str, ...],
        entity: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The object with the references inside its objects and lists of objects made good."""

        def within(below: Links, value: Any, key: tuple[int | str, ...]) -> Any:
            if isinstance(value, list):
                return [within(below, item, (*key, n)) for n, item in enumerate(value)]
            if not isinstance(value, dict):
                return value
            linked = {**value, **self._links(below, path, parents, key, value)}
            return self._link_nested(below, path, parents, key, linked)

        changed = dict(entity)
        for name, below in plan.inside.items():
            if name in changed:
                changed[name] = within(below, changed[name], (*key, name))
        return changed

    def _link(
        self,
        path: str,
        draw: Draw,
        noun: tuple[str, ...],
        parents: Mapping[str, str],
        schema: Any,
        value: Any,
    ) -> Any:
        schemas = self._schemas
        for word, id in parents.items():
            if same(word, "_".join(noun)):
                return typed_id(schemas, schema, id)
        target = self._target(noun)
        if target is None or target == path:
            return None
        ids = self._known.ids[target]
        if not ids:
            return None
        if not isinstance(value, list):
            return typed_id(schemas, schema, draw.choice(ids))
        items = self._resources.shape(schema).items
        chosen = draw.shuffled(ids)[: max(1, min(3, len(value)))]
        if self._resources.shape(items).type == "string" and all(id.isdigit() for id in chosen):
            return None  # a list of words such as `tags`, not of the tags' numbers
        typed = [typed_id(schemas, items, id) for id in chosen] if items is not None else []
        return typed if typed and all(entry is not None for entry in typed) else None

    def _target(self, noun: tuple[str, ...]) -> str | None:
        """The root collection that a reference's noun names, when there is exactly one."""
        template = self._resources.root_collection(noun)
        if template is None:
            return None
        self._known.know(template, self._resources.collection(template))
        return template


def _parents(path: str, home: Collection) -> dict[str, str]:
    """Noun → id of the entities that the collection's path goes through."""
    found = {}
    fixed = home.template.strip("/").split("/")
    for index, (pattern, segment) in enumerate(
        zip(fixed, path.strip("/").split("/"), strict=False)
    ):
        if pattern == "{}" and index:
            found[singular(fixed[index - 1])] = segment
    return found
