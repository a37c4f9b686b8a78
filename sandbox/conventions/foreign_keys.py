"""Links: which fields of a collection's entities may refer to entities of other collections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.conventions.collection_table import CollectionTable
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.schema_surface import Shape, reference
from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import same, singular, singulars, words

Link = tuple[tuple[str, ...], bool, Any]
"""The noun a field names, whether it names it without an id word, and the field's schema."""

_SAYINGS: Final = frozenset(("name", "slug", "code", "number"))
_DEEPEST: Final = 3
_BUDGET: Final = 200
"""Nested schemas looked at per collection: the great documents nest without end."""


@dataclass(frozen=True, slots=True)
class Links:
    """The referring fields of an object, and those of the objects (or lists of them) inside it."""

    fields: Mapping[str, Link]
    inside: Mapping[str, Links]

    def __bool__(self) -> bool:
        return bool(self.fields or self.inside)


def link_plan(resources: CollectionTable, home: Collection) -> Links:
    """The fields that can name a parent or a root collection; compiled once per collection."""
    known: Links | None = home.memo.get("links")
    if known is None:
        compiler = _Compiler(resources, parent_words(home), home.names)
        known = home.memo["links"] = compiler.of(home.shape, home.id_field, _DEEPEST)
    return known


class _Compiler:
    def __init__(
        self, resources: CollectionTable, parents: list[str], names: tuple[str, ...]
    ) -> None:
        self._resources = resources
        self._parents = parents
        self._names = names
        self._left = _BUDGET

    def of(self, surface: Shape, id_field: str | None, depth: int) -> Links:
        fields: dict[str, Link] = {}
        inside: dict[str, Links] = {}
        for name, schema in surface.properties.items():
            if name == id_field or schema is None:
                continue
            noun = stem(name)
            if self._is_known_noun(noun) and self._an_id(name, noun):
                fields[name] = (noun, noun == singulars(name), schema)
            below = self._below(schema, depth) if depth else None
            if below:
                inside[name] = below
        return Links(fields, inside)

    def _an_id(self, name: str, noun: tuple[str, ...]) -> bool:
        """Whether a field says an id at all: `company_name` does where companies go by name."""
        last = words(name)[-1:]
        if len(words(name)) < 2 or last[0] not in _SAYINGS:
            return True
        template = self._resources.root_collection(noun)
        path = self._resources.collection(template).id_path if template is not None else ()
        bearers = (*self._names, *path)
        return any(words(bearer)[-1:] == last for bearer in bearers)

    def _is_known_noun(self, noun: tuple[str, ...]) -> bool:
        named = self._resources.root_collection(noun) is not None
        return named or any(same(word, "_".join(noun)) for word in self._parents)

    def _below(self, schema: Any, depth: int) -> Links | None:
        """The links of a nested object or of a list's objects, unless they are entities of their
        own, which are embedded whole."""
        self._left -= 1
        if self._left < 0 or self._entity(schema):
            return None
        inner = self._resources.shape(schema)
        if inner.type == "array":
            if self._entity(inner.items):
                return None
            inner = self._resources.shape(inner.items)
        return self.of(inner, None, depth - 1) if inner.properties else None

    def _entity(self, schema: Any) -> bool:
        ref = reference(schema)
        return bool(ref) and self._resources.collection_of(ref) is not None


def parent_words(home: Collection) -> list[str]:
    """The nouns of the entities that the collection's path goes through, outermost first."""
    fixed = home.template.strip("/").split("/")
    return [
        singular(fixed[index - 1]) for index, part in enumerate(fixed) if part == "{}" and index
    ]
