"""Resources: which paths of a document are collections and items. Paths are read once at load,
schemas only when an operation is first called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sandbox.conventions.entity_schemas import entity_schema
from sandbox.conventions.envelopes import LIST_KEYS, entity_envelope, list_envelope, success
from sandbox.conventions.inference import infer, meaning_of
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.overrides import ON_MANY, Override, overridden
from sandbox.conventions.paths import Place, place_of
from sandbox.conventions.schema_surface import Shape, reference, shape
from sandbox.conventions.words import id_candidates, same, singular, words
from sandbox.document import Document, Operation
from sandbox.errors import DocumentError, UnknownName

# Objects inside an entity that may hold its id (Kubernetes: metadata.name).
_ID_HOLDERS = ("metadata", "sys", "attributes", "data", "identity")


class Resources:
    """The inferred model of one document. Meanings are worked out on first use and kept.

    `said` (by operation id) goes before what is inferred; UnknownName for an unknown operation.
    """

    def __init__(self, document: Document, said: Mapping[str, Override] | None = None) -> None:
        self._document = document
        self._said = dict(said or {})
        for name in self._said:
            if name not in document.operations:
                raise UnknownName("operation", name, document.operations)
        self._places = {op.id: place_of(op.path) for op in document.operations.values()}
        self._by_template: dict[str, dict[str, Operation]] = {}
        for operation in document.operations.values():
            template = self._places[operation.id].template
            self._by_template.setdefault(template, {})[operation.method] = operation
        self._collections: dict[str, Collection] = {}
        self._meanings: dict[str, Meaning] = {}
        self._listing: dict[str, bool] = {}
        self._by_schema: dict[str, str | None] = {}

    @cached_property
    def item_templates(self) -> frozenset[str]:
        """Templates of collections whose entities have a path, or paths below them."""
        found = {t[: -len("/{}")] for t in self._by_template if t.endswith("/{}")}
        for template in self._by_template:
            segments = template.split("/")
            for index, segment in enumerate(segments[:-1]):
                # `/uploads/{}/cancel` makes `/uploads` a collection where that path exists.
                home = "/".join(segments[:index])
                if segment == "{}" and home in self._by_template:
                    found.add(home)
        told = (said.template for said in self._said.values() if said.act in ON_MANY)
        return frozenset({*found, *filter(None, told)})

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """Every collection and singleton template of the document, in document order."""
        found: dict[str, None] = {}
        for operation in self._document.operations.values():
            meaning = self.meaning(operation)
            if meaning.collection is not None:
                found.setdefault(meaning.collection.template)
        return tuple(found)

    def place(self, operation: Operation) -> Place:
        """The operation's normalised path."""
        return self._places[operation.id]

    def shape(self, schema: Any) -> Shape:
        """The surface of a schema of this document."""
        return shape(self._document.schemas, schema)

    def operations_at(self, template: str) -> Mapping[str, Operation]:
        """Method → operation at a normalised path."""
        return self._by_template.get(template, {})

    def meaning(self, operation: Operation) -> Meaning:
        """What the operation does, inferred once."""
        known = self._meanings.get(operation.id)
        if known is None:
            said = self._said.get(operation.id)
            try:
                known = infer(self, operation)
                known = known if said is None else overridden(self, operation, said)
            except DocumentError:  # a schema that cannot be read: answering says which
                known = meaning_of(self, operation, "compute", None, self.place(operation))
            self._meanings[operation.id] = known
        return known

    def said(self, name: str) -> Meaning:
        """The meaning of an operation by its id."""
        return self.meaning(self._document.operations[name])

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
        for template in (*self._by_template, *sorted(self.item_templates)):
            pattern = template.strip("/").split("/")
            if len(pattern) == len(wanted) and all(
                part in ("{}", piece) for part, piece in zip(pattern, wanted, strict=True)
            ):
                ranked = (pattern.count("{}"), template)
                best = ranked if best is None or ranked < best else best
        if best is None or best[1].endswith("/{}"):
            return None
        names = next((p.names for p in self._places.values() if p.template == best[1]), ())
        return self.collection(best[1], names)

    # -- by word and by schema ----------------------------------------------------------------

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
            fitting = (
                t for t in self._roots.values() if reference(self.collection(t).schema) == ref
            )
            self._by_schema[ref] = next(fitting, None)
        return self._by_schema[ref]

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

    # -- what can be listed -------------------------------------------------------------------

    def lists(self, template: str) -> bool:
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
        surface, noun = self.shape(schema), _noun(template)
        collected = template in self.item_templates
        if surface.type == "array" and collected:
            return True
        found = list_envelope(self.shape, schema, noun)
        if found is None or collected:
            return found is not None
        return self.plainly_lists(schema, noun)

    def plainly_lists(self, schema: Any, noun: str) -> bool:
        """Whether a reply is an array of objects, or has one under a name that says so."""
        surface = self.shape(schema)
        if surface.type == "array":
            return self.shape(surface.items).type in ("object", "")
        found = list_envelope(self.shape, schema, noun)
        return (
            found is not None
            and len(found.keys) == 1
            and (found.keys[0] in LIST_KEYS or same(found.keys[0], noun))
        )

    def operations_below(self, template: str) -> Iterator[Operation]:
        """Operations on fixed paths under a collection, such as `/pets/findByStatus`."""
        prefix = template + "/"
        for other, methods in self._by_template.items():
            if other.startswith(prefix) and "{}" not in other[len(prefix) :]:
                yield from methods.values()

    def said_to_tell(self, template: str) -> Iterator[Operation]:
        """Operations that were said to list or create entities of a collection."""
        yield from (o for o, said in self._told(template) if said.act in ("list", "create"))

    # -- collections --------------------------------------------------------------------------

    def _describe(self, template: str, names: tuple[str, ...]) -> Collection:
        own = self.operations_at(template)
        items = self.operations_at(template + "/{}")
        noun = _noun(template)
        schema = self._told_schema(template, noun) or entity_schema(self, own, items, noun)
        surface = self.shape(schema) if schema is not None else Shape(type="")
        parameter, id_schema = _item_parameter(items, self._places)
        single = template not in self.item_templates and not self.lists(template)
        id_path, own_id_schema = (
            ((), None) if single else self._id(surface, parameter, id_schema, noun)
        )
        for _, said in self._told(template):
            if said.id is not None:
                id_path, own_id_schema = self._told_id(surface, said.id)
        listed_id = None if single or id_path else self._listed_id(own, parameter, id_schema, noun)
        return Collection(
            template=template,
            names=names,
            item_parameter=parameter,
            schema=schema,
            shape=surface,
            id_path=id_path,
            own_id_schema=own_id_schema,
            id_schema=id_schema,
            singleton=single and ("GET" in own or "POST" not in own),
            listed_id=listed_id,
        )

    def _told(self, template: str) -> list[tuple[Operation, Override]]:
        """The operations that were said to be about a collection."""
        operations = self._document.operations
        return [(operations[n], s) for n, s in self._said.items() if s.template == template]

    def _told_schema(self, template: str, noun: str) -> Any:
        """The entity's schema of a collection that is no path: from reading one, else listing."""
        if template in self._by_template:
            return None
        told = [(o, s.act) for o, s in self._told(template) if success(o)[2] is not None]
        for operation, act in sorted(told, key=lambda pair: pair[1] not in ("read", "create")):
            _, _, schema = success(operation)
            if act == "list":
                listed = list_envelope(self.shape, schema, noun)
                return listed.view if listed is not None else None
            if act in ON_MANY:
                return entity_envelope(self.shape, schema, noun).view
        return None

    def _told_id(self, surface: Shape, where: str) -> tuple[tuple[str, ...], Any]:
        path = tuple(where.strip("/").split("/"))
        schema: Any = None
        for name in path:
            if surface.properties and name not in surface.properties:
                raise UnknownName("id property", name, surface.properties)
            schema = surface.properties.get(name)
            surface = self.shape(schema) if schema is not None else Shape(type="")
        return path, schema

    def _id(
        self, surface: Shape, parameter: str | None, id_schema: Any, noun: str
    ) -> tuple[tuple[str, ...], Any]:
        """Where an entity carries its id, and that property's schema."""
        candidates = id_candidates(parameter or "id", noun)
        own = _spelt(surface, candidates)
        if own is not None and self._agree(surface.properties[own], id_schema):
            return (own,), surface.properties[own]
        for holder in _ID_HOLDERS:
            if holder not in surface.properties:
                continue
            inner = self.shape(surface.properties[holder])
            name = _spelt(inner, candidates)
            if name is not None and self._agree(inner.properties[name], id_schema):
                return (holder, name), inner.properties[name]
        return (), None

    def _listed_id(
        self, own: Mapping[str, Operation], parameter: str | None, id_schema: Any, noun: str
    ) -> str | None:
        """The property by which a list tells ids that the entities do not carry."""
        _, _, schema = success(own["GET"]) if "GET" in own else (0, None, None)
        listed = list_envelope(self.shape, schema, noun) if schema is not None else None
        if listed is None or parameter is None:
            return None
        surface = self.shape(listed.view)
        name = _spelt(surface, id_candidates(parameter, noun))
        agree = name is not None and self._agree(surface.properties[name], id_schema)
        return name if agree else None

    def _agree(self, own: Any, id_schema: Any) -> bool:
        """Whether a property's numbers could stand in the path at all (an email could not)."""
        numeric = self.shape(own).type in ("integer", "number")
        if not numeric or id_schema is None or self.shape(id_schema).type != "string":
            return True
        valid = self._document.schemas.validator(id_schema, "request").is_valid
        return any(valid(value) for value in (1, "1", "1000", "100000", str(10**9), str(10**17)))


def _spelt(surface: Shape, candidates: Sequence[str]) -> str | None:
    """The property that is one of the candidates, in whatever spelling; the best one first."""
    if any(name in surface.properties for name in candidates[:1]):
        return candidates[0]
    spellings = {words(name): name for name in reversed(list(surface.properties))}
    return next((spellings[words(name)] for name in candidates if words(name) in spellings), None)


def _noun(template: str) -> str:
    return next((part for part in reversed(template.split("/")) if part and part != "{}"), "items")


def _item_parameter(
    items: Mapping[str, Operation], places: Mapping[str, Place]
) -> tuple[str | None, Any]:
    for operation in items.values():
        names = places[operation.id].names
        for parameter in operation.parameters:
            if names and parameter.location == "path" and parameter.name == names[-1]:
                return names[-1], parameter.schema
    return None, None
