"""Ids that an agent can know: whether any reply reveals them, and whether entities can exist.

Where nothing does, no agent could know an id that exists, and every plausible one is taken for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.conventions.envelopes import success
from sandbox.conventions.identifiers import revealing_operations
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance

if TYPE_CHECKING:
    from sandbox.world.world import World


def ids_are_revealed(world: World, collection: Collection) -> bool:
    """Whether some list, search or create answers with the ids, and can be made at all."""
    known: bool | None = collection.memo.get("ids revealed")
    if known is None:
        known = _entities_carry_ids(world, collection) and any(
            _is_makeable(world, operation)
            for operation in revealing_operations(world.resources, collection)
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
