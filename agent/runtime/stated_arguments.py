"""What a request states for a tool's arguments: their names, looked for in its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.runtime.request_values import (
    StatedValue,
    is_id,
    places_of,
    request_words,
    stated_value,
)
from sandbox.conventions.words import singulars, words
from trajectories.tool_docs import follow_reference

DEPTH: Final = 3
"""Levels of nested objects whose fields are arguments, too."""


def tool_nouns(tool: str, parameters: Mapping[str, Any], request: str) -> tuple[str, ...]:
    """What a tool is about, as far as the request speaks of it: what an id without another name is
    the id of. Nothing for a tool with two such ids."""
    required = parameters.get("required") or ()
    bare = [name for name in required if is_id(name) and len(words(name)) == 1]
    said = [word.plain for word in request_words(request)]
    own = singulars(tool)
    # "get_order" and "orders_get".
    for nouns in (own[1:], own[:-1]):
        while nouns and not all(noun in said for noun in nouns):
            nouns = nouns[1:]
        if nouns:
            return nouns if len(bare) < 2 else ()
    return ()


def stated_arguments(
    root: Mapping[str, Any], request: str, nouns: tuple[str, ...]
) -> dict[str, frozenset[str]]:
    """Argument, or field of one → what the request states for it."""
    longer = names_of_arguments(root, request)
    found: dict[str, frozenset[str]] = {}
    for path in argument_paths(root, root):
        values = stated_at(path, request, nouns, longer).values
        found[path[-1]] = found.get(path[-1], frozenset()).union(values)
    return found


def argument_paths(
    schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The names of arguments, and of fields in them after the names that they stand under."""
    for name, part in (schema.get("properties") or {}).items():
        yield (*path, name)
        own = follow_reference(part, root)
        if isinstance(own, Mapping) and len(path) + 1 < DEPTH:
            inner = follow_reference(own.get("items"), root)
            yield from argument_paths(
                inner if isinstance(inner, Mapping) else own, root, (*path, name)
            )


def names_of_arguments(root: Mapping[str, Any], request: str) -> frozenset[tuple[int, int]]:
    """(end, length) of every place of a request's words where the name of an argument stands, with
    or without what it is a field of, that has several words."""
    spoken = request_words(request)
    said = {word.plain for word in spoken}
    labels = {
        label
        for path in argument_paths(root, root)
        for label in (singulars(path[-1]), singulars(" ".join(path[-2:])))
        if len(label) > 1 and said.issuperset(label)
    }
    return frozenset(
        (at + len(label), len(label)) for label in labels for at in places_of(label, spoken)
    )


def stated_at(
    path: tuple[str, ...], request: str, nouns: tuple[str, ...], longer: frozenset[tuple[int, int]]
) -> StatedValue:
    """What a request states for an argument, by its name after as many of those that it stands
    under as are spoken."""
    own = stated_value(path[-1], request, nouns, longer)
    for start in range(len(path) - 1):
        whole = stated_value(" ".join(path[start:]), request, nouns, longer)
        if whole.values and (whole.is_asserted or not own.is_asserted):
            return whole
    return own
