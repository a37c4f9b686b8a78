"""Where an entity carries its id: a property, one inside it, or the parts of a composite key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.conventions.operation_model import KeyPart
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.paths import JOINED
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import id_candidates, ranked_names, short_form, stem
from sandbox.conventions.words import singular, words
from sandbox.document import Operation


def id_place(
    paths: PathTable, surface: Shape, parameter: str | None, id_schema: Any, noun: str
) -> tuple[tuple[str, ...], Any]:
    """Where an entity carries its id, and that property's schema."""
    candidates = id_candidates(parameter or "id", noun.rpartition(".")[2])
    own = spelt_property(surface, candidates)
    if own is None and surface.name:
        kind = words(surface.name)[-1:]
        own = spelt_property(surface, id_candidates(parameter or "id", "".join(kind)))
    if own is not None and agrees(paths, surface.properties[own], id_schema):
        return (own,), surface.properties[own]
    for holder in (
        *ranked_names("identifiers", "holders"),
        "_".join(words(parameter or "")[:-1]),
    ):
        if holder not in surface.properties:
            continue
        inner = paths.shape(surface.properties[holder])
        name = spelt_property(inner, candidates)
        if name is not None and agrees(paths, inner.properties[name], id_schema):
            return (holder, name), inner.properties[name]
    return (), None


def embedded_id(
    paths: PathTable, surface: Shape, parameter: str, id_schema: Any
) -> tuple[tuple[str, ...], Any]:
    """The name of another entity inside by which one is picked: `{org}`, organization/login."""
    wanted = tuple(map(short_form, words(parameter)))
    for name, own in surface.properties.items():
        inner = paths.shape(own)
        if tuple(map(short_form, words(name))) == wanted and inner.type == "object":
            if key := _owner_name(paths, inner, id_schema):
                return (name, key), inner.properties[key]
    return (), None


def key_parts(
    paths: PathTable, surface: Shape, items: Mapping[str, Operation], noun: str
) -> Iterator[KeyPart]:
    """The parts of a composite key, each with the property that carries it."""
    operation = next(iter(items.values()))
    schemas = {p.name: p.schema for p in operation.parameters if p.location == "path"}
    taken: set[tuple[str, ...]] = set()
    for name in paths.place(operation).names[-1].split(JOINED):
        schema = schemas.get(name)
        path, own = _part(paths, surface, name, schema, noun)
        if path in taken:
            path, own = (), None
        taken.add(path)
        yield KeyPart(name, schema, path, own)


def _part(
    paths: PathTable, surface: Shape, parameter: str, schema: Any, noun: str
) -> tuple[tuple[str, ...], Any]:
    """Where an entity carries one part of its key: `name`, `template_key`, `owner/login`."""
    spelt = words(parameter)
    wanted = [spelt, stem(parameter), spelt[-1:]]
    if tuple(map(singular, spelt)) == (singular(noun),):
        wanted += [("name",), ("slug",)]
    for each in wanted:
        for name, own in surface.properties.items():
            # Some say it as `$scope` or `_scope`, since it is no data of the caller's.
            inner = paths.shape(own)
            if words(name.lstrip("$_")) != each:
                continue
            if inner.type in ("string", "integer", "") and agrees(paths, own, schema):
                return (name,), own
            if key := _owner_name(paths, inner, schema):
                return (name, key), inner.properties[key]
    return (), None


def _owner_name(paths: PathTable, inner: Shape, schema: Any) -> str | None:
    """The property by which an entity inside another is picked, such as `login`."""
    owners = ranked_names("identifiers", "of_owners")
    key = next((each for each in owners if each in inner.properties), None)
    return key if key is not None and agrees(paths, inner.properties[key], schema) else None


def agrees(paths: PathTable, own: Any, id_schema: Any) -> bool:
    """Whether a property's numbers could stand in the path at all (an email could not)."""
    numeric = paths.shape(own).type in ("integer", "number")
    if not numeric or id_schema is None or paths.shape(id_schema).type != "string":
        return True
    valid = paths.document.schemas.validator(id_schema, "request").is_valid
    return any(valid(value) for value in (1, "1", "1000", "100000", str(10**9), str(10**17)))


def spelt_property(surface: Shape, candidates: Sequence[str]) -> str | None:
    """The property that is one of the candidates, in whatever spelling; the best one first."""
    if any(name in surface.properties for name in candidates[:1]):
        return candidates[0]
    spellings = {words(name): name for name in reversed(list(surface.properties))}
    return next((spellings[words(name)] for name in candidates if words(name) in spellings), None)
