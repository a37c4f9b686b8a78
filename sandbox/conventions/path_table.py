"""The path table: every operation by its normalised path and REST method, and what lies there.
Paths are read once at load, schemas only when an operation is first called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any

from sandbox.conventions.composite_keys import composite_keys, partial_lists
from sandbox.conventions.envelopes import LIST_KEYS, entity_envelope, list_envelope, success
from sandbox.conventions.overrides import ON_MANY, ModelFile, Override
from sandbox.conventions.paths import Place, noun_of, place_of
from sandbox.conventions.rest_forms import RestForm, rest_forms
from sandbox.conventions.schema_surface import Shape, shape
from sandbox.conventions.words import same, singular
from sandbox.document import Document, Operation
from sandbox.errors import UnknownName


class PathTable:
    """The operations of one document by path, with overrides (by operation id) taken into account.

    Raises UnknownName for an override of an operation that does not exist.
    """

    def __init__(self, document: Document, said: ModelFile | None = None) -> None:
        self.document = document
        self._forms = rest_forms(document)
        self._forms |= partial_lists(document, self._forms)
        self._keys = composite_keys(document, self._forms)
        if self._keys.sizes:
            joined = self._keys.join
            self._forms = {id: replace(f, place=joined(f.place)) for id, f in self._forms.items()}
        self.overrides = (said or ModelFile()).at_paths(self.written_path)
        self._overrides = self.overrides.operations
        for name in self._overrides:
            if name not in document.operations:
                raise UnknownName("operation", name, document.operations)
        self._by_template: dict[str, dict[str, Operation]] = {}
        for operation in document.operations.values():
            form = self._forms[operation.id]
            self._by_template.setdefault(form.place.template, {})[form.method] = operation
        self._listing: dict[str, bool] = {}
        self._shapes: dict[int, tuple[Any, Shape]] = {}

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
        named = (each.template for each in self._overrides.values() if each.act in ON_MANY)
        return frozenset({*found, *filter(None, named)})

    def written_path(self, path: str) -> str:
        """A path of the document with its composite keys as one parameter each."""
        place = self._keys.join(place_of(path))
        return place.fill({name: f"{{{name}}}" for name in place.names})

    def form(self, operation: Operation) -> RestForm:
        """The method and path that the operation has, or would have in REST."""
        return self._forms[operation.id]

    def place(self, operation: Operation) -> Place:
        """The operation's normalised path."""
        return self._forms[operation.id].place

    def names_of(self, template: str) -> tuple[str, ...]:
        """The parameter names of a normalised path; of one that is none of the document's, those of
        the first path below it."""
        places = [form.place for form in self._forms.values()]
        exact = (place for place in places if place.template == template)
        below = (place for place in places if place.template.startswith(f"{template}/"))
        found = next(chain(exact, below), None)
        return () if found is None else found.names[: template.count("{}")]

    def shape(self, schema: Any) -> Shape:
        """The surface of a schema of this document, found again by identity."""
        known = self._shapes.get(id(schema))
        if known is None:
            known = self._shapes[id(schema)] = (schema, shape(self.document.schemas, schema))
        return known[1]

    def operations_at(self, template: str) -> Mapping[str, Operation]:
        """REST method → operation at a normalised path."""
        return self._by_template.get(template, {})

    def operations_below(self, template: str) -> Iterator[Operation]:
        """Operations on fixed paths under a collection, such as `/pets/findByStatus`."""
        prefix = template + "/"
        for other, methods in self._by_template.items():
            if other.startswith(prefix) and "{}" not in other[len(prefix) :]:
                yield from methods.values()

    def overrides_of(self, template: str) -> list[tuple[Operation, Override]]:
        """The operations that an override says to be about a collection."""
        operations = self.document.operations
        found = ((operations[n], o) for n, o in self._overrides.items() if o.template == template)
        return list(found)

    def lists(self, template: str) -> bool:
        """Whether GET on a path answers with a list of entities."""
        known = self._listing.get(template)
        if known is None:
            known = self._listing[template] = self._look_for_list(template)
        return known

    def is_listed_elsewhere(self, template: str) -> bool:
        """Whether a path without parameters lists things of the same noun: `/user/repos`."""
        noun = singular(noun_of(template).lower())
        return any(
            "{}" not in each and singular(noun_of(each).lower()) == noun and self.lists(each)
            for each in self._by_template
            if each != template
        )

    def _look_for_list(self, template: str) -> bool:
        source = self.operations_at(template).get("GET")
        _, _, schema = success(source) if source is not None else (0, None, None)
        if schema is None:
            return False
        surface, noun = self.shape(schema), noun_of(template)
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

    def is_keyed_collection(self, template: str) -> bool:
        """Whether a path that ends in a parameter is a collection: `/flags/{project}` beside
        `/flags/{project}/{flag}`, which lists or creates flags of a project."""
        own, items = self.operations_at(template), self.operations_at(template + "/{}")
        if not items:
            return False
        alone = "GET" not in self.operations_at(template[: -len("/{}")])
        if "GET" not in own:
            return alone and "POST" in own and not own.keys() & {"PUT", "PATCH", "DELETE"}
        _, _, schema = success(own["GET"])
        noun = noun_of(template)
        if schema is None or not self.plainly_lists(schema, noun):
            return False
        if alone or "GET" not in items:
            return alone
        listed, (_, _, read) = list_envelope(self.shape, schema, noun), success(items["GET"])
        if listed is None or read is None:
            return False
        return self.overlap(listed.view, entity_envelope(self.shape, read, noun).view)

    def overlap(self, left: Any, right: Any) -> bool:
        """Whether two schemas share most of the fields of the smaller one."""
        mine, other = set(self.shape(left).properties), set(self.shape(right).properties)
        return bool(mine and other) and len(mine & other) >= 0.6 * min(len(mine), len(other))
