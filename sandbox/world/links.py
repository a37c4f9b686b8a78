"""Links: which fields of a collection's entities may refer to entities of other collections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.world.meanings import Collection
from sandbox.world.naming import same, singular, stem, words
from sandbox.world.resources import Resources

Link = tuple[tuple[str, ...], bool, Any]
"""The noun a field names, whether it names it without an id word, and the field's schema."""


def link_plan(resources: Resources, home: Collection) -> Mapping[str, Link]:
    """The fields that can name a parent or a root collection; compiled once per collection."""
    known: Mapping[str, Link] | None = home.memo.get("links")
    if known is None:
        known = home.memo["links"] = _compiled(resources, home)
    return known


def _compiled(resources: Resources, home: Collection) -> dict[str, Link]:
    parents = parent_words(home)
    found: dict[str, Link] = {}
    for name, schema in home.shape.properties.items():
        noun = stem(name)
        if name == home.id_field or schema is None:
            continue
        told = resources.root_collection(noun) is not None
        if told or any(same(word, "_".join(noun)) for word in parents):
            found[name] = (noun, noun == tuple(map(singular, words(name))), schema)
    return found


def parent_words(home: Collection) -> list[str]:
    """The nouns of the entities that the collection's path goes through, outermost first."""
    fixed = home.template.strip("/").split("/")
    return [
        singular(fixed[index - 1]) for index, part in enumerate(fixed) if part == "{}" and index
    ]
