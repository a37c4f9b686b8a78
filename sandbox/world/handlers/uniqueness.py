"""Uniqueness: fields that no two entities of a collection share, where a create declares 409."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.operation_model import Collection
from sandbox.world.handlers.bulk_replies import tells_failures
from sandbox.world.operation_call import Turn

UNIQUE: Final = frozenset(
    {
        "email", "emailAddress", "email_address", "username", "userName", "user_name", "login",
        "handle", "slug", "isbn", "isbn10", "isbn13", "sku", "ean", "gtin", "barcode", "vin",
        "iban", "vat_number", "vatNumber", "tax_id", "taxId", "license_plate", "licensePlate",
        "serial_number", "serialNumber",
    }
)  # fmt: skip


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
