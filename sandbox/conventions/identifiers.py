"""Identifiers: where entities carry their ids, and whether any reply reveals them.

Where nothing does, no agent could know an id that exists, and every plausible one is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.conventions.inference import searched_collection
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.vocabulary import key_of, names
from sandbox.document import Operation
from sandbox.errors import UnknownName

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources


@dataclass(frozen=True, slots=True)
class Identifiers:
    """How the entities of a collection are told apart."""

    path: tuple[str, ...] = ()
    """Where the entity carries its id: ("id",), ("metadata", "name"); () = nowhere."""
    parameter: str | None = None
    """The path parameter that takes it."""
    listed: str | None = None
    """The property of a list's entries that tells it where the entity does not."""
    natural_keys: tuple[str, ...] = ()
    """Other properties by which an entity can be asked for: slug, login, …"""
    evidence: tuple[str, ...] = ()


def identifiers_of(collection: Collection, natural: tuple[str, ...] | None = None) -> Identifiers:
    """The identifiers of a collection, as far as names and schemas say; `natural` keys as stated.

    Raises UnknownName for a stated one that is no property.
    """
    path, listed = collection.id_path, collection.listed_id
    for name in natural or ():
        if name not in collection.shape.properties:
            raise UnknownName("property", name, collection.shape.properties)
    if natural is None:
        natural = tuple(
            name
            for name in collection.shape.properties
            if key_of(name) in names("identifiers", "aliases") and (name,) != path
        )
    evidence = [f"`{'/'.join(path)}` of the entity"] if path else []
    evidence += [
        f"`{'/'.join(part.path)}` is `{{{part.parameter}}}`" for part in collection.key if part.path
    ]
    evidence += [f"`{listed}` of a list's entries"] if listed is not None else []
    if collection.item_parameter is not None:
        evidence.append(f"path parameter `{collection.item_parameter}`")
    return Identifiers(path, collection.item_parameter, listed, natural, tuple(evidence))


def revealing_operations(resources: Resources, collection: Collection) -> Iterator[Operation]:
    """The lists, searches and creates whose replies may tell the ids of a collection."""
    for template in (collection.template, *resources.paths_of(collection.template)):
        own = resources.operations_at(template)
        shows = template != collection.template and not resources.operations_at(template + "/{}")
        if resources.lists(template) or (shows and "GET" in own):
            yield own["GET"]
        if "POST" in own:
            yield own["POST"]
    template = collection.template
    yield from resources.stated_revealers(template)
    above = resources.operations_at(template.rpartition("/")[0]).get("POST")
    if above is not None and resources.meaning(above).collection is collection:
        yield above
    for operation in resources.operations_below(template):
        makes = operation.method == "POST" and resources.meaning(operation).act == "create"
        if makes and resources.meaning(operation).collection is collection:
            yield operation
        if searched_collection(resources, operation) is not None:
            yield operation
