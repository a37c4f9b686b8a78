"""Counts: fields that say how many of another kind belong to an entity (`commentCount`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.conventions.foreign_keys import link_plan
from sandbox.conventions.operation_model import Collection, Count
from sandbox.conventions.resources import Resources
from sandbox.conventions.words import singular, singulars, words

_WORDS: Final = frozenset(("count", "counts", "num", "number", "total", "n"))


def counts_of(resources: Resources, home: Collection) -> tuple[Count, ...]:
    """The counting fields of a collection, with what they count. Compiled once."""
    known: tuple[Count, ...] | None = home.memo.get("counts")
    if known is None:
        known = home.memo["counts"] = tuple(_counts(resources, home))
    return known


def counted_noun(field: str) -> tuple[str, ...]:
    """`num_comments` and `commentsCount` → ("comment",); () for what counts nothing."""
    parts = words(field)
    noun = tuple(singular(part) for part in parts if part not in _WORDS and part != "of")
    marked = parts[-1:] and (parts[-1] in ("count", "counts") or parts[0] in _WORDS)
    return noun if marked and len(noun) < len(parts) else ()


def _counts(resources: Resources, home: Collection) -> Iterator[Count]:
    for name, schema in home.shape.properties.items():
        noun = counted_noun(name)
        if not noun or resources.shape(schema).type not in ("integer", "number"):
            continue
        below = next((b for b in _below(resources, home.template) if _is(b, noun)), None)
        if below is not None:
            why = f"`{name}` counts `{home.template}/{{}}/{below}`"
            yield Count(name, below, evidence=why)
            continue
        root = resources.root_collection(noun)
        if root is None or root == home.template:
            continue
        mine = singulars(home.noun)
        links = link_plan(resources, resources.collection(root)).fields
        link = next((f for f, (noun, _, _) in links.items() if noun in (mine, mine[-1:])), None)
        if link is not None:
            why = f"`{name}` counts `{root}` whose `{link}` is the entity"
            yield Count(name, "", root, link, why)


def _below(resources: Resources, template: str) -> Iterator[str]:
    """The last words of the nested collections of an entity."""
    for nested in resources.nested_below(template):
        if resources.lists(nested) or nested in resources.item_templates:
            yield nested.rpartition("/")[2]


def _is(word: str, noun: tuple[str, ...]) -> bool:
    return singulars(word) == noun
