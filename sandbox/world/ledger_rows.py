"""Ledger rows as records keep them: an exchange with the facts that scoring it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.world.ledger import Exchange

if TYPE_CHECKING:
    from sandbox.world.world import World


def row_json(world: World, exchange: Exchange) -> dict[str, Any]:
    """The row as plain JSON values, and beside what the exchange holds `readbacks`: ids of the
    operations that show what it did (a read shows it by itself)."""
    row = exchange.as_json()
    operation = world.document.operations.get(exchange.operation or "")
    shown = list(world.conventions.of(operation).readbacks.operations) if operation else []
    if operation and operation.method in ("GET", "HEAD") and operation.id not in shown:
        shown.append(operation.id)
    return row | {"readbacks": shown}
