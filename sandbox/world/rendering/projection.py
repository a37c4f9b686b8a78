"""Projection: an entity in the form that one operation shows it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import id_text
from sandbox.conventions.resources import Resources
from sandbox.conventions.schema_surface import declared_properties as every_property
from sandbox.conventions.schema_surface import reference
from sandbox.document.schemas import Schemas
from sandbox.draws import Draw
from sandbox.values import Values
from sandbox.world.state.entity_urls import EntityUrls
from sandbox.world.state.ids import typed_id


class Projection:
    """Shows the entities of one world in the forms of its operations."""

    __slots__ = ("_resources", "_schemas", "_urls", "_values")

    def __init__(
        self, schemas: Schemas, resources: Resources, values: Values, urls: EntityUrls
    ) -> None:
        self._schemas = schemas
        self._resources = resources
        self._values = values
        self._urls = urls

    def project(
        self,
        collection: Collection | None,
        view: Any,
        entity: Any,
        draw: Draw,
        at: tuple[str, str] | None = None,
    ) -> Any:
        """An entity in the form of `view`: shared fields carried over, the others made once.

        `at` is the path of its collection and its id, for the links that only this view has.
        """
        if isinstance(entity, Mapping) and "" in entity and len(entity) == 1:
            entity = entity[""]  # no object, but a plain value
        if collection is None or view is None or same_schema(view, collection.schema):
            return entity
        shown = self._project_value(collection, view, entity, draw)
        if at is None or not isinstance(shown, Mapping):
            return shown
        return self._urls.with_urls(collection, view, *at, shown)

    def _project_value(self, collection: Collection, view: Any, entity: Any, draw: Draw) -> Any:
        valid = self._schemas.validator(view, "response").is_valid
        if not isinstance(entity, Mapping):
            return entity if valid(entity) else self._values.make(view, draw)
        surface = self._resources.shape(view)
        if surface.type not in ("object", ""):
            return self._values.make(view, draw)
        declared = surface.properties.keys() | surface.required
        named = self._schemas.names_in(view)
        if named is not None:
            entity = named.rename_branch(entity, self._schemas.names_in(collection.schema))
            declared |= every_property(self._schemas, view).keys()
        if not declared and valid(entity):
            return entity
        shared = {name: value for name, value in entity.items() if name in declared}
        needed = surface.required if named is None else frozenset()
        if needed <= shared.keys() and valid(shared):
            return shared
        made = self._values.make(view, draw)
        if not isinstance(made, dict):
            return made
        whole = {
            **{k: v for k, v in made.items() if k in surface.required or k in shared},
            **shared,
        }
        if valid(whole):
            return whole
        for name, value in shared.items():
            for form in _forms(value):
                trial = {**made, name: form}
                if valid(trial):
                    made = trial
                    break
        return made

    def entries(
        self,
        meaning: Meaning,
        path: str,
        ids: Sequence[str],
        entities: Mapping[str, Any],
        draw: Draw,
    ) -> list[Any]:
        """Some `entities` as the entries of a list; `path` is that of their collection."""
        home = meaning.collection
        whole: bool | None = meaning.memo.get("whole entries")
        if whole is None:
            listed = home is not None and home.listed_id is not None
            as_kept = home is None or meaning.view is None or same_schema(meaning.view, home.schema)
            whole = meaning.memo["whole entries"] = as_kept and not listed
        if whole:
            shown = map(entities.__getitem__, ids)
            return [each[""] if "" in each and len(each) == 1 else each for each in shown]
        return [self._entry(meaning, path, id, entities[id], draw.child(id)) for id in ids]

    def _entry(self, meaning: Meaning, path: str, id: str, entity: Any, draw: Draw) -> Any:
        """An entity as an entry of a list, which may be what tells its id."""
        home = meaning.collection
        shown = self.project(home, meaning.view, entity, draw, at=(path, id))
        if home is None or home.listed_id is None or not isinstance(shown, Mapping):
            return shown
        surface = self._resources.shape(meaning.view)
        value = typed_id(self._schemas, surface.properties.get(home.listed_id, True), id)
        return shown if value is None else {**shown, home.listed_id: value}


def same_schema(view: Any, schema: Any) -> bool:
    return view is schema or (bool(reference(view)) and reference(view) == reference(schema))


def _forms(value: Any) -> tuple[Any, ...]:
    """A value as it is, and as text: views differ in how they write ids."""
    return (value, id_text(value)) if isinstance(value, int | float) else (value,)
