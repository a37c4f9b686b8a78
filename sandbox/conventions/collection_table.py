"""The collection table: what each collection of a document is, by path, by word and by schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from sandbox.conventions.entity_schemas import entity_schema
from sandbox.conventions.envelopes import entity_envelope, list_envelope, success
from sandbox.conventions.id_places import (
    agrees,
    embedded_id,
    id_place,
    key_parts,
    spelt_property,
)
from sandbox.conventions.nested_views import nested_view, normal, related_view, within
from sandbox.conventions.operation_model import Collection, NestedView
from sandbox.conventions.overrides import ON_MANY, ModelFile
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.paths import JOINED, noun_of
from sandbox.conventions.schema_surface import Shape, reference
from sandbox.conventions.server_kept import Timestamps, keeps, timestamps_of
from sandbox.conventions.vocabulary import id_candidates, names
from sandbox.conventions.words import singulars
from sandbox.document import Document, Operation
from sandbox.errors import UnknownName


class CollectionTable(PathTable):
    """The collections of one document. Each is described on first use and kept."""

    def __init__(self, document: Document, said: ModelFile | None = None) -> None:
        super().__init__(document, said)
        self._collections: dict[str, Collection] = {}
        self._described: dict[str, Collection] = {}
        self._views: dict[str, NestedView | None] = {}
        self._by_schema: dict[str, str | None] = {}

    def collection(self, template: str) -> Collection:
        """The collection whose entities a path shows."""
        known = self._collections.get(template)
        if known is None:
            view = self.view(template)
            known = self._describe(template if view is None else view.home)
            self._collections[template] = known
        return known

    # -- one collection under several paths ---------------------------------------------------

    def view(self, template: str) -> NestedView | None:
        """How a nested path shows a collection that has another path; None where it has none."""
        if template not in self._views:
            found = None
            # What was said about a path is how it is.
            if template.strip("/{}") and not self.overrides_of(template):
                homes = self._by_noun.get(normal(template)[-1], ())
                found = nested_view(self, homes, self._describe, template)
                if found is not None and _length(found.home) < _length(template):
                    found = self._behind(found, self.view(found.home))
                found = found or related_view(self, self.collection_of, self._describe, template)
            self._views[template] = found
        return self._views[template]

    def _behind(self, view: NestedView, between: NestedView | None) -> NestedView:
        """A view of a path that is a view itself, as one of the collection behind both.

        Were the path between a home, who is asked first would decide what there is.
        """
        if between is None:
            return view
        direct = nested_view(self, (between.home,), self._describe, view.template)
        kept = tuple(view.kept[number] for number in between.kept)
        return direct or replace(view, home=between.home, kept=kept)

    def views_of(self, home: str) -> Iterator[NestedView]:
        """The nested paths that show entities of a collection as their parents' own."""
        for template in self._by_noun.get(normal(home)[-1], ()):
            view = self.view(template)
            if view is not None and view.home == home:
                yield view

    def paths_of(self, home: str) -> Iterator[str]:
        """The other paths that show entities of a collection, under whatever name."""
        for template in self._by_template:
            view = self.view(template)
            if view is not None and view.home == home:
                yield template

    def nested_below(self, template: str) -> Iterator[str]:
        """The templates of what lies directly below one entity of a collection."""
        prefix = template + "/{}/"
        for template in self._by_template:
            if template.startswith(prefix) and "/" not in template[len(prefix) :]:
                yield template

    @cached_property
    def _by_noun(self) -> Mapping[str, tuple[str, ...]]:
        """Last noun → the templates that end in it and may be collections, shortest first."""
        found: dict[str, list[str]] = {}
        for template in dict.fromkeys((*self._by_template, *sorted(self.item_templates))):
            own = self.operations_at(template)
            collected = template in self.item_templates or "GET" in own or "POST" in own
            if collected and template.strip("/") and not template.endswith("}"):
                found.setdefault(normal(template)[-1], []).append(template)
        return {noun: tuple(sorted(ts, key=_length)) for noun, ts in found.items()}

    # -- by word and by schema ----------------------------------------------------------------

    @cached_property
    def _roots(self) -> Mapping[tuple[str, ...], str]:
        """Singular noun → the collection without path parameters that bears it: the only one, or
        the only one with the shortest path."""
        found: dict[tuple[str, ...], list[str]] = {}
        for template in sorted(self.item_templates):
            if "{}" not in template:
                noun = template.rpartition("/")[2]
                found.setdefault(singulars(noun), []).append(template)
        shortest = {
            noun: [each for each in templates if _length(each) == min(map(_length, templates))]
            for noun, templates in found.items()
        }
        return {noun: templates[0] for noun, templates in shortest.items() if len(templates) == 1}

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

    def timestamps(self, collection: Collection) -> Timestamps:
        """The times that the server keeps of a collection's entities, as stated or inferred."""
        known: Timestamps | None = collection.memo.get("timestamps")
        if known is None:
            said = self.overrides.about(collection.template)
            stated = (said.created, said.updated) if said is not None else ()
            known = collection.memo["timestamps"] = timestamps_of(collection.shape, *stated)
        return known

    def changes_by_itself(self, collection: Collection | None, pointer: str) -> bool:
        """Whether the server changes a field at every change of its entity."""
        name = pointer.rsplit("/", 1)[-1]
        own = collection is not None and pointer == f"/{name}"
        if collection is not None and own and name in collection.shape.properties:
            return name in self.timestamps(collection).updated or keeps(name) == "version"
        return keeps(name) in ("updated", "version")

    def reference_of(self, home: Collection) -> str | None:
        """The root collection whose ids a collection takes over, as `/teams/{}/memberships/{user}`
        takes those of `/users/{user}`; None where it has its own."""
        template = home.template
        if "reference" not in home.memo:
            paths = (template, *self.paths_of(template))
            known = any("POST" in self.operations_at(each) or self.lists(each) for each in paths)
            named = None if known else home.item_parameter
            named = None if named in names("identifiers", "words") else named
            roots = (
                root
                for root in sorted(self._roots.values())
                if root != template
                and (self.lists(root) or "POST" in self.operations_at(root))
                and self.collection(root).item_parameter == named
            )
            home.memo["reference"] = None if named is None else next(roots, None)
        found: str | None = home.memo["reference"]
        return found

    def alike(self, schema: Any, collection: Collection) -> bool:
        """Whether a schema shows entities of the collection (same component, or alike fields)."""
        if collection.schema is None:
            return False
        return self._same_entities(schema, collection.schema)

    def _same_entities(self, left: Any, right: Any) -> bool:
        return reference(left) == reference(right) != "" or self.overlap(left, right)

    # -- describing ---------------------------------------------------------------------------

    def _describe(self, template: str) -> Collection:
        known = self._described.get(template)
        if known is None:
            known = self._described[template] = self._description(template)
        return known

    def _description(self, template: str) -> Collection:
        own = self.operations_at(template)
        items = self.operations_at(template + "/{}") or self._items_elsewhere(template)
        noun = noun_of(template)
        names = self.names_of(template)
        schema = self._schema_of_override(template, noun) or entity_schema(self, own, items, noun)
        surface = self.shape(schema) if schema is not None else Shape(type="")
        parameter, id_schema = self._item_parameter(items)
        key = (
            tuple(key_parts(self, surface, items, noun))
            if parameter and JOINED in parameter
            else ()
        )
        single = template not in self.item_templates and not self.lists(template) and not items
        id_path, own_id_schema = (
            ((), None) if single or key else id_place(self, surface, parameter, id_schema, noun)
        )
        said = (self.overrides.about(template), *(o for _, o in self.overrides_of(template)))
        for override in said:
            if override is not None and override.id is not None:
                id_path, own_id_schema = self._id_of_override(surface, override.id)
        listed_id = (
            None
            if single or id_path or key
            else self._listed_id(template, own, parameter, id_schema, noun)
        )
        if not (single or id_path or key or listed_id) and parameter is not None:
            id_path, own_id_schema = embedded_id(self, surface, parameter, id_schema)
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
            key=key,
        )

    def _items_elsewhere(self, template: str) -> Mapping[str, Operation]:
        """The operations on one entity of a list that only longer paths lead to."""
        wanted, lister = normal(template), self.operations_at(template).get("GET")
        for longer in self._by_noun.get(wanted[-1], ()) if "{}" not in template else ():
            items = self.operations_at(longer + "/{}")
            if items and longer != template and within(wanted, normal(longer)) is not None:
                if lister is None or self._show_alike(lister, items.get("GET"), wanted[-1]):
                    return items
        return {}

    def _show_alike(self, lister: Operation, reader: Operation | None, noun: str) -> bool:
        """Whether what a list shows may be what an operation reads one by one."""
        shown, read = success(lister)[2], None if reader is None else success(reader)[2]
        listed = list_envelope(self.shape, shown, noun) if shown is not None else None
        if listed is None or read is None:
            return True
        return self._same_entities(listed.view, entity_envelope(self.shape, read, noun).view)

    def _item_parameter(self, items: Mapping[str, Operation]) -> tuple[str | None, Any]:
        """The parameter that picks one entity (in RPC a query parameter or a body field)."""
        for operation in items.values():
            name = next(iter(self.place(operation).names[-1:]), None)
            for parameter in operation.parameters:
                if parameter.location in ("path", "query") and parameter.name == name:
                    return name, parameter.schema
            if name is not None and JOINED in name:
                return name, None
        return None, None

    def _schema_of_override(self, template: str, noun: str) -> Any:
        """The entity's schema of a collection that is no path: from reading one, else listing."""
        if template in self._by_template:
            return None
        found = [(o, s.act) for o, s in self.overrides_of(template) if success(o)[2] is not None]
        for operation, act in sorted(found, key=lambda pair: pair[1] not in ("read", "create")):
            _, _, schema = success(operation)
            if act == "list":
                listed = list_envelope(self.shape, schema, noun)
                return listed.view if listed is not None else None
            if act in ON_MANY:
                return entity_envelope(self.shape, schema, noun).view
        return None

    def _id_of_override(self, surface: Shape, where: str) -> tuple[tuple[str, ...], Any]:
        path = tuple(where.strip("/").split("/"))
        schema: Any = None
        for name in path:
            if surface.properties and name not in surface.properties:
                raise UnknownName("id property", name, surface.properties)
            schema = surface.properties.get(name)
            surface = self.shape(schema) if schema is not None else Shape(type="")
        return path, schema

    def _list_beside(self, template: str) -> Operation | None:
        """The list of `/branches` beside `/branch/{id}`."""
        for other in self._by_noun.get(normal(template)[-1], ()):
            apart = other != template and normal(other) == normal(template)
            if apart and self.lists(other) and not self.operations_at(other + "/{}"):
                return self.operations_at(other)["GET"]
        return None

    def _listed_id(
        self,
        template: str,
        own: Mapping[str, Operation],
        parameter: str | None,
        id_schema: Any,
        noun: str,
    ) -> str | None:
        """The property by which a list tells ids that the entities do not carry."""
        lister = own.get("GET") or self._list_beside(template)
        _, _, schema = success(lister) if lister is not None else (0, None, None)
        listed = list_envelope(self.shape, schema, noun) if schema is not None else None
        if listed is None or parameter is None:
            return None
        surface = self.shape(listed.view)
        name = spelt_property(surface, id_candidates(parameter, noun))
        agree = name is not None and agrees(self, surface.properties[name], id_schema)
        return name if agree else None


def _length(template: str) -> int:
    return template.count("/")
