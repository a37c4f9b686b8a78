"""What a new entity must meet: references that exist, unique fields, and an id that is free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.foreign_keys import link_plan
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.paths import id_text
from sandbox.draws import Draw
from sandbox.world.handlers.bulk_replies import tells_failures
from sandbox.world.operation_call import Turn
from sandbox.world.state.ids import typed_id

_ID_TRIES: Final = 512
_ID_CROWDED: Final = 16
"""Ids drawn until a free one is found: few are ever needed, except where few ids exist."""

UNIQUE: Final = frozenset(
    {
        "email", "emailAddress", "email_address", "username", "userName", "user_name", "login",
        "handle", "slug", "isbn", "isbn10", "isbn13", "sku", "ean", "gtin", "barcode", "vin",
        "iban", "vat_number", "vatNumber", "tax_id", "taxId", "license_plate", "licensePlate",
        "serial_number", "serialNumber",
    }
)  # fmt: skip
"""Fields that no two entities of a collection share, where a create declares 409."""


def unknown_reference(turn: Turn, given: Mapping[str, Any]) -> str:
    """What is wrong with a create whose body names an entity that nobody could know; "" for none.

    Only where the document declares a 404 and the path names nothing that could be missing.
    """
    home = turn.meaning.collection
    if home is None or turn.meaning.place.names or "404" not in turn.meaning.operation.replies:
        return ""
    resources = turn.world.resources
    for name, (noun, is_bare, _) in link_plan(resources, home).fields.items():
        value, target = given.get(name), resources.root_collection(noun)
        named = isinstance(value, str | int) and not isinstance(value, bool) and not is_bare
        if target is None or not named:
            continue
        collection = resources.collection(target)
        turn.population.know(target, collection)
        if turn.find(target, id_text(value), collection) is None:
            return f"There is no {turn.population.noun(target)} {id_text(value)!r}."
    return ""


def taken_field(
    turn: Turn, collection: Collection, path: str, given: Mapping[str, Any]
) -> str | None:
    """The name of a unique field whose value another entity bears already, or None."""
    wanted = UNIQUE & given.keys()
    if not wanted or not ("409" in turn.meaning.operation.replies or tells_failures(turn)):
        return None
    for name in sorted(wanted & collection.shape.properties.keys()):
        value = given[name]
        if isinstance(value, str | int) and value != "" and _has_value(turn, path, name, value):
            return name
    return None


def _has_value(turn: Turn, path: str, name: str, value: str | int) -> bool:
    entities = turn.state.listing(path).entities.values()
    return any(_same(entity.get(name), value) for entity in entities)


def _same(left: Any, right: str | int) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return type(left) is type(right) and bool(left == right)


def free_id(turn: Turn, path: str, collection: Collection, draw: Draw) -> str | None:
    """An id that nothing here bears; None when none is left."""
    for attempt in range(_ID_TRIES):
        id = turn.population.new_id(collection, draw.child("id", attempt))
        if id is None or attempt == _ID_CROWDED:
            id = _longer_id(turn, collection, draw) or id
        if id is None or not turn.state.exists(path, id):
            return id
    return None


def _longer_id(turn: Turn, collection: Collection, draw: Draw) -> str | None:
    """An id out of a space that never fills up, where the document allows such ids."""
    schemas = turn.world.document.schemas
    wanted = [it for it in (collection.own_id_schema, collection.id_schema) if it is not None]
    for text in (draw.hex(12, "id"), str(draw.integer(10**5, 2**31 - 1, "id"))):
        if all(typed_id(schemas, schema, text) is not None for schema in wanted):
            return text
    return None
