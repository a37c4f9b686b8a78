"""Identifiers: where entities carry their ids, and whether any reply reveals them.

Where nothing does, no agent could know an id that exists, and every plausible one is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.conventions.envelopes import success
from sandbox.conventions.inference import searched_collection
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.vocabulary import key_of, names
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance, UnknownName

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources
    from sandbox.world.world import World


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


def ids_are_revealed(world: World, collection: Collection) -> bool:
    """Whether some list, search or create answers with the ids, and can be made at all."""
    known: bool | None = collection.memo.get("ids revealed")
    if known is None:
        known = _entities_carry_ids(world, collection) and any(
            _is_makeable(world, operation)
            for operation in _revealing_operations(world.resources, collection)
        )
        target = None if known else world.resources.reference_of(collection)
        if target is not None:
            known = ids_are_revealed(world, world.resources.collection(target))
        collection.memo["ids revealed"] = known
    return known


def require_instances(world: World, about: Collection | Meaning) -> None:
    """Raises NoInstance where no entity of a collection, or no reply of an operation, can exist:
    better than "not found"."""
    if about.schema is not None and "makeable" not in about.memo:
        world.values.make(about.schema, Draw("certain"))
        about.memo["makeable"] = True


def _entities_carry_ids(world: World, collection: Collection) -> bool:
    """Whether entities can carry their ids, be it in the address that they say of themselves."""
    if collection.key:
        return all(part.path for part in collection.key)
    if not collection.id_path:
        links = world.conventions.about(collection).links
        return collection.listed_id is not None or any(it.kind == "itself" for it in links)
    try:
        if collection.own_id_schema is not None:
            world.values.make(collection.own_id_schema, Draw("carried", collection.template))
    except NoInstance:
        return False
    return True


def _revealing_operations(resources: Resources, collection: Collection) -> Iterator[Operation]:
    for template in (collection.template, *resources.paths_of(collection.template)):
        own = resources.operations_at(template)
        shows = template != collection.template and not resources.operations_at(template + "/{}")
        if resources.lists(template) or (shows and "GET" in own):
            yield own["GET"]
        if "POST" in own:
            yield own["POST"]
    template = collection.template
    yield from resources.stated_revealers(template)
    for operation in resources.operations_below(template):
        makes = operation.method == "POST" and resources.meaning(operation).act == "create"
        if makes and resources.meaning(operation).collection is collection:
            yield operation
        if searched_collection(resources, operation) is not None:
            yield operation


def _is_makeable(world: World, operation: Operation) -> bool:
    _, _, schema = success(operation)
    if operation.defect is not None:
        return False
    try:
        if schema is not None:
            world.values.make(schema, Draw("told", operation.id))
    except (NoInstance, DocumentError):
        return False
    return True
