"""Resources: which paths are collections and items, and what each operation means for them.

Everything is inferred from paths and schemas. Paths are read once at load; schemas only when an
operation is first called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.openapi import Document, Operation
from sandbox.world.envelopes import LIST_KEYS, body_schema, entity_key, pick_list, success
from sandbox.world.naming import id_candidates, same, singular, words
from sandbox.world.places import Place, place_of
from sandbox.world.shapes import Shape, reference, shape

_SEARCH = ("search", "find", "query", "filter", "list")


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of entities under one path; singletons are collections of one."""

    template: str
    names: tuple[str, ...]
    """Parameters that the collection's own path needs."""
    item_parameter: str | None
    """The parameter that picks one entity; None when no path does."""
    schema: Any
    """Schema of an entity as written, or None when unknown."""
    shape: Shape
    id_field: str | None
    id_schema: Any
    """Schema of the item's path parameter, or None."""
    singleton: bool = False

    @property
    def noun(self) -> str:
        """The collection's last word: `/orders/{}/items` → items."""
        fixed = [part for part in self.template.split("/") if part and part != "{}"]
        return fixed[-1] if fixed else "items"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an operation was understood as."""

    operation: Operation
    act: str
    """read, list, create, replace, merge, delete, action, toggle, singleton, write, clear, compute."""
    collection: Collection | None
    place: Place
    """Path of the collection instance (its parameters filled from the call)."""
    item: str | None
    """Path parameter holding the entity's id, or None."""
    parents: tuple[tuple[Place, str], ...]
    """(collection path, parameter) of each entity the path goes through, outermost first."""
    status: int
    media_type: str | None
    schema: Any
    """Success schema as written, or None for an empty reply."""
    keys: tuple[str, ...] = ()
    """Where inside the reply the entity or list lies; () = it is the reply."""
    view: Any = None
    """Schema of the entity (or of each item) inside the reply."""
    body_key: str | None = None
    """Where inside the request body the entity lies; None = it is the body."""
    verb: str = ""
    """The action's word, for actions and toggles."""


class Resources:
    """The inferred model of one document. Meanings are worked out on first use and kept."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = {op.id: place_of(op.path) for op in document.operations.values()}
        self._by_template: dict[str, dict[str, Operation]] = {}
        for operation in document.operations.values():
            template = self._places[operation.id].template
            self._by_template.setdefault(template, {})[operation.method] = operation
        self._collections: dict[str, Collection] = {}
        self._meanings: dict[str, Meaning] = {}
        self._enumerable: dict[str, bool] = {}
        self._listing: dict[str, bool] = {}
        self._by_schema: dict[str, str | None] = {}

    @cached_property
    def item_templates(self) -> frozenset[str]:
        """Templates of collections that have an item path."""
        return frozenset(t[: -len("/{}")] for t in self._by_template if t.endswith("/{}"))

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """Every collection and singleton template of the document, in document order."""
        found: dict[str, None] = {}
        for operation in self._document.operations.values():
            meaning = self.meaning(operation)
            if meaning.collection is not None:
                found.setdefault(meaning.collection.template)
        return tuple(found)

    def operations_at(self, template: str) -> Mapping[str, Operation]:
        """Method → operation at a normalised path."""
        return self._by_template.get(template, {})

    def meaning(self, operation: Operation) -> Meaning:
        """What the operation does, inferred once."""
        known = self._meanings.get(operation.id)
        if known is None:
            known = self._meanings[operation.id] = self._infer(operation)
        return known

    def collection(self, template: str, names: Sequence[str] = ()) -> Collection:
        """The collection at a template; `names` are its path's parameters."""
        known = self._collections.get(template)
        if known is None:
            known = self._collections[template] = self._describe(template, tuple(names))
        return known

    def at(self, path: str) -> Collection | None:
        """The collection that a concrete path such as `/orders/o1/items` is an instance of."""
        wanted = path.strip("/").split("/")
        best: tuple[int, str] | None = None
        for template in (*self._by_template, *self.item_templates):
            pattern = template.strip("/").split("/")
            if len(pattern) != len(wanted):
                continue
            if all(p in ("{}", w) for p, w in zip(pattern, wanted, strict=True)):
                ranked = (pattern.count("{}"), template)
                best = ranked if best is None or ranked < best else best
        if best is None or best[1].endswith("/{}"):
            return None
        return self.collection(best[1])

    @cached_property
    def _roots(self) -> Mapping[tuple[str, ...], str]:
        """Singular noun → the one collection without path parameters that bears it."""
        found: dict[tuple[str, ...], list[str]] = {}
        for template in sorted(self.item_templates):
            if "{}" not in template:
                noun = template.rpartition("/")[2]
                found.setdefault(tuple(map(singular, words(noun))), []).append(template)
        return {noun: templates[0] for noun, templates in found.items() if len(templates) == 1}

    def root_collection(self, noun: tuple[str, ...]) -> str | None:
        """The root collection that a noun such as ("author",) names."""
        return self._roots.get(noun)

    def collection_of(self, ref: str) -> str | None:
        """The root collection whose entities have this component as their schema."""
        if ref not in self._by_schema:
            self._by_schema[ref] = next(
                (
                    template
                    for template in self._roots.values()
                    if reference(self.collection(template).schema) == ref
                ),
                None,
            )
        return self._by_schema[ref]

    # -- operations ---------------------------------------------------------------------------

    def _infer(self, operation: Operation) -> Meaning:
        place = self._places[operation.id]
        template = place.template
        if template.endswith("/{}") and template[:-3] != "":
            return self._item_meaning(operation, place)
        if template in self.item_templates or self._lists(template):
            return self._collection_meaning(operation, place)
        base = self._searched(operation, template)
        if base is not None:
            return self._build(operation, "list", base, place=Place(base.template, place.names))
        return self._other_meaning(operation, place)

    def _item_meaning(self, operation: Operation, place: Place) -> Meaning:
        home = Place(place.template[:-3], place.names[:-1])
        collection = self.collection(home.template, home.names)
        act = {
            "GET": "read",
            "HEAD": "read",
            "PUT": "replace",
            "PATCH": "merge",
            "DELETE": "delete",
            "POST": "merge",
        }.get(operation.method, "compute")
        return self._build(operation, act, collection, place=home, item=place.names[-1])

    def _collection_meaning(self, operation: Operation, place: Place) -> Meaning:
        collection = self.collection(place.template, place.names)
        act = {
            "GET": "list",
            "HEAD": "list",
            "POST": "create",
            "PUT": "write",
            "PATCH": "write",
            "DELETE": "clear",
        }.get(operation.method, "compute")
        return self._build(operation, act, collection, place=place)

    def _other_meaning(self, operation: Operation, place: Place) -> Meaning:
        siblings = self.operations_at(place.template)
        head, _, last = place.template.rpartition("/")
        over_item = head.endswith("/{}")
        if "GET" in siblings:
            collection = self.collection(place.template, place.names)
            act = {"GET": "singleton", "HEAD": "singleton", "DELETE": "delete"}.get(
                operation.method, "write"
            )
            return self._build(operation, act, collection, place=place)
        if over_item and operation.method in ("POST", "PUT", "PATCH", "DELETE"):
            home = Place(head[:-3], place.names[:-1])
            collection = self.collection(home.template, home.names)
            act = "toggle" if "DELETE" in siblings else "action"
            item = place.names[-1] if place.names else None
            return self._build(operation, act, collection, place=home, item=item, verb=last)
        if operation.method == "POST" and self._creates(operation):
            collection = self.collection(place.template, place.names)
            return self._build(operation, "create", collection, place=place)
        return self._build(operation, "compute", None, place=place)

    def _build(
        self,
        operation: Operation,
        act: str,
        collection: Collection | None,
        *,
        place: Place,
        item: str | None = None,
        verb: str = "",
    ) -> Meaning:
        status, media_type, schema = success(operation)
        wanted = collection.shape if collection is not None else None
        noun = collection.noun if collection is not None else ""
        listing = act == "list"
        keys, view = self._locate(schema, listing=listing, noun=noun, wanted=wanted)
        return Meaning(
            operation=operation,
            act=act,
            collection=collection,
            place=place,
            item=item,
            parents=self._parents(place),
            status=status,
            media_type=media_type,
            schema=schema,
            keys=keys,
            view=view,
            body_key=self._body_key(operation, noun, wanted),
            verb=verb,
        )

    def _parents(self, place: Place) -> tuple[tuple[Place, str], ...]:
        found = []
        segments = place.template.strip("/").split("/")
        used = 0
        for index, segment in enumerate(segments):
            if segment != "{}":
                used += segment.count("{}")
                continue
            home = "/" + "/".join(segments[:index])
            if home in self.item_templates and used < len(place.names):
                found.append((Place(home, place.names[:used]), place.names[used]))
            used += 1
        return tuple(found)

    # -- replies and bodies -------------------------------------------------------------------

    def shape(self, schema: Any) -> Shape:
        return shape(self._document.schemas, schema)

    def _locate(
        self, schema: Any, *, listing: bool, noun: str, wanted: Shape | None
    ) -> tuple[tuple[str, ...], Any]:
        """Path of keys to the entity or list inside a reply, and the schema found there."""
        if schema is None:
            return (), None
        surface = self.shape(schema)
        if listing:
            return self._locate_list(surface, schema, noun)
        if surface.type == "array" and surface.items is not None:
            return (), schema
        key = entity_key(surface, noun, wanted, self.shape)
        return ((key,), surface.properties[key]) if key else ((), schema)

    def _locate_list(
        self, surface: Shape, schema: Any, noun: str, depth: int = 0
    ) -> tuple[tuple[str, ...], Any]:
        if surface.type == "array":
            return (), surface.items
        arrays = {
            name: inner
            for name, value in surface.properties.items()
            if (inner := self.shape(value)).type == "array"
        }
        name = pick_list(arrays, noun)
        if name is not None:
            return (name,), arrays[name].items
        if depth < 1:
            for outer in ("data", "result", "response", "_embedded"):
                if outer in surface.properties:
                    inner = self.shape(surface.properties[outer])
                    keys, found = self._locate_list(inner, None, noun, depth + 1)
                    if keys:
                        return (outer, *keys), found
        return (), schema

    def _body_key(self, operation: Operation, noun: str, wanted: Shape | None) -> str | None:
        schema = body_schema(operation)
        if schema is None:
            return None
        return entity_key(self.shape(schema), noun, wanted, self.shape)

    # -- collections --------------------------------------------------------------------------

    def _describe(self, template: str, names: tuple[str, ...]) -> Collection:
        own = self.operations_at(template)
        items = self.operations_at(template + "/{}")
        noun = next((p for p in reversed(template.split("/")) if p and p != "{}"), "items")
        schema = self._entity_schema(own, items, noun)
        surface = self.shape(schema) if schema is not None else Shape(type="")
        parameter, id_schema = _item_parameter(items, self._places)
        singleton = template not in self.item_templates and not self._lists(template)
        id_field = None
        if not singleton:
            candidates = id_candidates(parameter or "id", noun)
            id_field = next((name for name in candidates if name in surface.properties), None)
        return Collection(
            template=template,
            names=names,
            item_parameter=parameter,
            schema=schema,
            shape=surface,
            id_field=id_field,
            id_schema=id_schema,
            singleton=singleton and parameter is None and "POST" not in own,
        )

    def _entity_schema(
        self, own: Mapping[str, Operation], items: Mapping[str, Operation], noun: str
    ) -> Any:
        """The entity's schema: from reading one, else listing, else writing."""
        for source in (items.get("GET"), own.get("GET")):
            if source is None:
                continue
            _, _, schema = success(source)
            if schema is None:
                continue
            surface = self.shape(schema)
            listing = source is own.get("GET") and self._lists(self._places[source.id].template)
            if listing:
                _, found = self._locate_list(surface, schema, noun)
                return found
            key = entity_key(surface, noun, None, self.shape)
            return surface.properties[key] if key else schema
        for source in (*items.values(), *own.values()):
            _, _, schema = success(source)
            if schema is not None:
                surface = self.shape(schema)
                key = entity_key(surface, noun, None, self.shape)
                return surface.properties[key] if key else schema
        writes = (*own.values(), *items.values())
        return next((s for op in writes if (s := body_schema(op)) is not None), None)

    def _lists(self, template: str) -> bool:
        """Whether GET on a path answers with a list of entities."""
        known = self._listing.get(template)
        if known is None:
            known = self._listing[template] = self._look_for_list(template)
        return known

    def _look_for_list(self, template: str) -> bool:
        source = self.operations_at(template).get("GET")
        _, _, schema = success(source) if source is not None else (0, None, None)
        if schema is None:
            return False
        surface = self.shape(schema)
        if surface.type == "array":
            entities = self.shape(surface.items).type in ("object", "") if surface.items else False
            return entities or template in self.item_templates
        noun = next((p for p in reversed(template.split("/")) if p and p != "{}"), "")
        if template in self.item_templates:
            keys, _ = self._locate_list(surface, None, noun)
            return bool(keys)
        arrays = {n: s for n, v in surface.properties.items() if (s := self.shape(v)).type == "array"}
        name = pick_list(arrays, noun)
        return name is not None and (name in LIST_KEYS or same(name, noun))

    def _searched(self, operation: Operation, template: str) -> Collection | None:
        """The collection that a search or filtered view such as `/pets/findByStatus` shows."""
        head, _, last = template.rpartition("/")
        if head not in self.item_templates or "{}" in last:
            return None
        if operation.method == "POST" and not any(w in _SEARCH for w in words(last)):
            return None
        if operation.method not in ("GET", "POST"):
            return None
        _, _, schema = success(operation)
        if schema is None:
            return None
        collection = self.collection(head, self._places[operation.id].names)
        keys, found = self._locate_list(self.shape(schema), None, collection.noun)
        listed = found if keys or self.shape(schema).type == "array" else None
        return collection if listed is not None and self.alike(listed, collection) else None

    def enumerable(self, collection: Collection) -> bool:
        """Whether an agent can learn the ids: some list, search or create answers with them."""
        template = collection.template
        known = self._enumerable.get(template)
        if known is None:
            own = self.operations_at(template)
            known = "POST" in own or self._lists(template) or self._searchable(template)
            self._enumerable[template] = known
        return known

    def _searchable(self, template: str) -> bool:
        prefix = template + "/"
        return any(
            "{}" not in other[len(prefix) :]
            and any(self._searched(op, other) is not None for op in methods.values())
            for other, methods in self._by_template.items()
            if other.startswith(prefix)
        )

    def _creates(self, operation: Operation) -> bool:
        """Whether a lone POST makes something: it takes a body and answers with an object."""
        _, _, schema = success(operation)
        if schema is None or operation.body is None:
            return False
        return self.shape(schema).type == "object" and operation.success is not None and (
            operation.success[0] == 201
        )

    def alike(self, schema: Any, collection: Collection) -> bool:
        """Whether a schema shows entities of the collection (same component, or alike fields)."""
        if collection.schema is None:
            return False
        mine = reference(schema)
        if mine and mine == reference(collection.schema):
            return True
        left, right = set(self.shape(schema).properties), set(collection.shape.properties)
        if not left or not right:
            return False
        return len(left & right) >= 0.6 * min(len(left), len(right))


def _item_parameter(
    items: Mapping[str, Operation], places: Mapping[str, Place]
) -> tuple[str | None, Any]:
    for operation in items.values():
        names = places[operation.id].names
        if not names:
            continue
        schema = next(
            (p.schema for p in operation.parameters if p.location == "path" and p.name == names[-1]),
            None,
        )
        return names[-1], schema
    return None, None
