"""Ledger rows as records keep them: an exchange with the facts that scoring it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.messages import Arguments
from sandbox.world.ledger import Exchange

if TYPE_CHECKING:
    from sandbox.conventions.idempotency import Idempotency
    from sandbox.world.world import World


def row_json(world: World, exchange: Exchange) -> dict[str, Any]:
    """The row as plain JSON values.

    Beside what the exchange holds: `idempotency`, the key under which the world honours the call;
    `readbacks`, ids of the operations that show what it did (a read shows it by itself); and an
    `intent` that is the same whatever the key.
    """
    row = exchange.as_json()
    row |= {"idempotency": None, "readbacks": []}
    operation = world.document.operations.get(exchange.operation or "")
    if operation is None:
        return row
    facts = world.conventions.of(operation)
    row["readbacks"] = list(facts.readbacks.operations)
    if operation.method in ("GET", "HEAD") and operation.id not in row["readbacks"]:
        row["readbacks"].append(operation.id)
    keyed = facts.idempotency
    if keyed is not None and exchange.arguments is not None:
        row["idempotency"] = keyed.key(exchange.arguments)
        if row["idempotency"] is not None:
            bare = exchange._replace(arguments=_without(exchange.arguments, keyed))
            row["intent"] = bare.intent
    return row


def _without(arguments: Arguments, keyed: Idempotency) -> Arguments:
    """The arguments without their key."""
    location = keyed.place.location
    given = getattr(arguments, location)
    rest = {name: value for name, value in given.items() if name.lower() != keyed.name.lower()}
    changed: dict[str, Any] = {location: rest}
    return replace(arguments, **changed)
