"""Conventions: what is known of each operation and collection of a document, worked out once.

facts = world.conventions.of(operation)
facts.paging, facts.idempotency, facts.readbacks, facts.filters, facts.ordering, facts.meaning
world.conventions.about(collection).timestamps, .identifiers
world.conventions.style
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from sandbox.conventions.api_style import ApiStyle, style_of
from sandbox.conventions.entity_links import EntityLink, entity_links
from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.error_forms import places
from sandbox.conventions.filters import (
    Filter,
    Ordering,
    filter_of,
    ordering_of,
    shapes,
    stated_filter,
)
from sandbox.conventions.idempotency import Idempotency, idempotency_of
from sandbox.conventions.identifiers import Identifiers, identifiers_of
from sandbox.conventions.inputs import Input, Look
from sandbox.conventions.jobs import Lifecycle, lifecycle_of
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.overrides import ModelFile
from sandbox.conventions.paging import Paging
from sandbox.conventions.paging_inference import paging_of
from sandbox.conventions.paging_overrides import STATED, overridden_idempotency, overridden_paging
from sandbox.conventions.parent_fields import ParentField, parent_fields_of
from sandbox.conventions.paths import place_of
from sandbox.conventions.readbacks import ReadBacks, readbacks_of
from sandbox.conventions.resources import Resources
from sandbox.conventions.secrets import secret_names
from sandbox.conventions.server_kept import Timestamps
from sandbox.conventions.vocabulary import key_of, names
from sandbox.document import Document, Operation
from sandbox.errors import PlanError, UnknownName
from sandbox.messages import Arguments


class Conventions:
    """The facts of one document. Each is worked out when somebody first asks, and kept."""

    def __init__(self, document: Document, resources: Resources) -> None:
        self.document = document
        self.resources = resources
        self.known_operations: dict[str, OperationFacts] = {}
        """The facts that were asked for already, by operation; a call looks here first."""
        self._collections: dict[str, CollectionFacts] = {}

    def of(self, operation: Operation) -> OperationFacts:
        """What is known of an operation."""
        found = self.known_operations.get(operation.id)
        if found is None:
            found = self.known_operations[operation.id] = OperationFacts(self, operation)
        return found

    def about(self, collection: Collection) -> CollectionFacts:
        """What is known of a collection."""
        found = self._collections.get(collection.template)
        if found is None:
            found = CollectionFacts(self, collection)
            self._collections[collection.template] = found
        return found

    def business(self, operation: Operation, arguments: Arguments) -> Arguments:
        """What a call asks for: its arguments without an idempotency key."""
        keyed = self.of(operation).idempotency
        return arguments if keyed is None else keyed.without(arguments)

    def check(self) -> None:
        """Look at all that a model file states. Raises PlanError naming the place in the file."""
        said = self.resources.overrides
        for name, override in said.operations.items():
            facts = self.of(self.document.operations[name])
            place = f"operations/{name}"
            with _at(place):
                # What is said to be a list has a reply that may be paged.
                if override.paging is not None and facts.meaning.act != "list":
                    raise PlanError("paging", f"{name} is no list but {facts.meaning.act}")
            with _at(f"{place}/paging"):
                _ = facts.paging
            with _at(f"{place}/idempotency"):
                _ = facts.idempotency
            with _at(f"{place}/ordering"):
                _ = facts.ordering
            with _at(f"{place}/filters"):
                _ = facts.filters
        known = self.resources.templates
        for path in said.collections:
            with _at(f"collections/{path}"):
                template = place_of(path).template
                if template not in known:
                    raise UnknownName("collection", path, known)
                about = self.about(self.resources.collection(template))
                _ = about.timestamps, about.identifiers
        for role, pointer in said.errors.items():
            with _at(f"errors/{role}"):
                self._check_error_place(pointer)

    def of_release(
        self, document: Document, ids: Mapping[str, str], inputs: Mapping[str, Mapping[str, str]]
    ) -> Conventions:
        """The facts of a release of the document: `ids` lead from our operations to its, `inputs`
        from the names of an operation's inputs to those that they have there."""
        said = fitting(document, self.resources.overrides.with_new_names(ids, inputs))
        return Conventions(document, Resources(document, said))

    @cached_property
    def style(self) -> ApiStyle:
        """How the document's operations are cut: REST, RPC, OData, …"""
        stated = self.resources.overrides.style
        if stated is not None:
            return ApiStyle(stated, ("the model file says so",))
        return style_of(self.document.operations.values())

    def _check_error_place(self, pointer: str) -> None:
        """Raises UnknownName for a place that no error reply of the document has."""
        replies = (
            reply
            for operation in self.document.operations.values()
            for status, reply in operation.replies.items()
            if status[0] in "45d"
        )
        schemas = {id(m.schema): m.schema for reply in replies for m in reply.media.values()}
        valid = {at for each in schemas.values() for at in places(self.document.schemas, each)}
        if pointer.strip("/") not in valid:
            raise UnknownName("place in an error reply", pointer, valid - {""})


def fitting(document: Document, said: ModelFile) -> ModelFile:
    """What of a model file fits a document; the entries that do not are left out."""
    while said.operations or said.collections:
        try:
            Conventions(document, Resources(document, said)).check()
            break
        except PlanError as error:
            kind, _, place = error.place.partition("/")
            rows: dict[str, Any] = getattr(said, kind)
            wrong = max((name for name in rows if place.startswith(name)), key=len)
            changed: dict[str, Any] = {kind: {n: row for n, row in rows.items() if n != wrong}}
            said = replace(said, **changed)
    return said


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say of what is wrong where in the model file it stands."""
    try:
        yield
    except UnknownName as error:
        raise PlanError(place, str(error)) from error
    except PlanError as error:
        raise PlanError(f"{place}/{error.place}", error.reason) from error


class OperationFacts:
    """The facts of one operation; each attribute is worked out on first use."""

    def __init__(self, conventions: Conventions, operation: Operation) -> None:
        self._conventions = conventions
        self.operation = operation
        self._said = conventions.resources.overrides.operations.get(operation.id)

    def __repr__(self) -> str:
        return f"OperationFacts({self.operation.id!r})"

    @cached_property
    def meaning(self) -> Meaning:
        """What the operation does to which collection."""
        return self._conventions.resources.meaning(self.operation)

    @cached_property
    def paging(self) -> Paging | None:
        """How the list that the operation answers with is paged; None for what is not paged."""
        meaning = self.meaning
        if meaning.act != "list":
            return None
        reply, look = self.operation.success, self._conventions.resources.shape
        inferred = paging_of(
            ((place, schema, about) for place, schema, about, _ in self._inputs(query_only=True)),
            look,
            meaning.schema,
            reply[1].headers if reply is not None else {},
            meaning.keys,
            meaning.collection.shown_id_path if meaning.collection is not None else (),
        )
        if self._said is None or self._said.paging is None:
            return inferred
        inputs = self._inputs(query_only=True)
        return overridden_paging(inferred, self._said.paging, inputs, look, meaning.schema)

    @cached_property
    def ordering(self) -> Ordering | None:
        """The inputs that sort a list."""
        listed = {p.name: p.schema for p in self.operation.parameters if p.location == "query"}
        said = self._said.ordering if self._said is not None else None
        if said is not None:
            for name in (said.sort, said.direction):
                if name is not None and name not in listed:
                    raise UnknownName("query parameter", name, listed)
            return Ordering(said.sort, said.direction, evidence=STATED)
        taken = {place.name for place in self.paging.places} if self.paging is not None else set()
        look = self._conventions.resources.shape
        written = body_schema(self.operation) if self.operation.method == "POST" else None
        if written is not None:
            listed |= _search_fields(look, look(written).properties)
        defaults = {
            name: str(look(schema).keywords.get("default") or "") if schema is not None else ""
            for name, schema in listed.items()
            if name not in taken
        }
        return ordering_of(defaults)

    @cached_property
    def _described_filters(self) -> Mapping[str, str]:
        return (self._said.filters if self._said is not None else None) or {}

    @cached_property
    def shaping(self) -> frozenset[str]:
        """The query parameters and body fields that change how entities are shown, not which."""
        every = {each.name for each, *_ in self._inputs(query_only=False)}
        said = self._described_filters
        return frozenset(n for n in every if (said[n] == "none" if n in said else shapes(n)))

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """The query parameters that pick entries of a list."""
        said, but = self._described_filters, self.listing_parameters | self.shaping
        listed = {p.name: p.description for p in self.operation.parameters if p.location == "query"}
        for name in said.keys() - listed.keys():
            raise UnknownName("query parameter", name, listed)
        home = self.meaning.collection
        fields = home.shape.properties if home is not None else ()
        return tuple(
            stated_filter(name, said[name], fields) if name in said else filter_of(name, about)
            for name, about in listed.items()
            if name not in but
        )

    @cached_property
    def listing_parameters(self) -> frozenset[str]:
        """The inputs of a list that page or order it."""
        order = self.ordering
        taken = {place.name for place in self.paging.places} if self.paging is not None else set()
        taken |= {order.sort, order.direction} - {None} if order is not None else set()  # type: ignore[arg-type]
        return frozenset(taken)

    @cached_property
    def idempotency(self) -> Idempotency | None:
        """Where a key goes that makes repeating the call harmless."""
        if self._said is not None and self._said.idempotency is not None:
            inputs = self._inputs(query_only=False)
            return overridden_idempotency(self._said.idempotency, inputs)
        return idempotency_of(self.operation.method, self._inputs(query_only=False))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Names of the inputs and reply fields that hold a secret."""
        return secret_names(self._conventions.resources.shape, self.operation)

    @cached_property
    def readbacks(self) -> ReadBacks:
        """The reads that reveal what the operation has written."""
        return readbacks_of(self._conventions.resources, self.meaning)

    @cached_property
    def parent_fields(self) -> tuple[ParentField, ...]:
        """Where a call repeats the parent that its path names."""
        return tuple(parent_fields_of(self._conventions.resources, self.meaning))

    def _inputs(self, *, query_only: bool) -> Iterator[tuple[Input, Any, str, bool]]:
        """(input, schema, description, required): the parameters, then the body's fields."""
        for p in self.operation.parameters:
            if p.location in ("query", "header"):
                yield Input(p.location, (p.name,)), p.schema, p.description, p.required
        written = body_schema(self.operation)
        if written is None or (query_only and self.operation.method != "POST"):
            return
        surface = self._conventions.resources.shape(written)
        for name, schema in surface.properties.items():
            about = str(self._conventions.resources.shape(schema).keywords.get("description", ""))
            yield Input("body", (name,)), schema, about, name in surface.required


def _search_fields(look: Look, fields: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The fields of a search's body by name, those inside its containers included."""
    found: dict[str, Any] = {}
    for name, schema in fields.items():
        contains = depth < 4 and key_of(name) in names("list_parameters", "containers")
        inner = look(schema).properties if contains else {}
        found |= _search_fields(look, inner, depth + 1) if inner else {name: schema}
    return found


class CollectionFacts:
    """The facts of one collection; each attribute is worked out on first use."""

    def __init__(self, conventions: Conventions, collection: Collection) -> None:
        self._conventions = conventions
        self.collection = collection

    @cached_property
    def timestamps(self) -> Timestamps:
        """The times that the server keeps."""
        return self._conventions.resources.timestamps(self.collection)

    @cached_property
    def links(self) -> tuple[EntityLink, ...]:
        """The fields that hold addresses of entities, as they are kept and as lists show them."""
        resources, home = self._conventions.resources, self.collection
        lister = resources.operations_at(home.template).get("GET")
        views = [home.schema, resources.meaning(lister).view if lister is not None else None]
        found = (link for view in views for link in entity_links(resources, home, view))
        return tuple({link.pointer: link for link in found}.values())

    @cached_property
    def lifecycle(self) -> Lifecycle | None:
        """How the entities move by themselves, where they are jobs."""
        return lifecycle_of(self._conventions.resources, self.collection)

    @cached_property
    def identifiers(self) -> Identifiers:
        """Where an entity carries its id, and by what else it can be asked for."""
        said = self._conventions.resources.overrides.about(self.collection.template)
        return identifiers_of(self.collection, said.natural_keys if said is not None else None)
