"""Ledger rows as records keep them: an exchange with the facts that scoring it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from sandbox import exact_json
from sandbox.conventions.secrets import secrets_in
from sandbox.document import Operation
from sandbox.document.security import presented_secrets
from sandbox.world.ledger import Exchange

if TYPE_CHECKING:
    from sandbox.world.world import World

_SHORTEST = 8
"""Characters below which a secret could stand somewhere else by chance."""


def row_json(world: World, exchange: Exchange) -> dict[str, Any]:
    """The row as plain JSON values, and beside what the exchange holds two facts.

    `readbacks`: ids of the operations that show what it did (a read shows it by itself).
    `secrets`, where there are any: the `values` that it sent or was shown, the `places` of its
    arguments that ask for one, and the `server` that they belong to.
    """
    row = exchange.as_json()
    operation = world.document.operations.get(exchange.operation or "")
    if operation is None:
        return row | {"readbacks": []}
    shown = list(world.conventions.of(operation).readbacks.operations)
    if operation.method in ("GET", "HEAD") and operation.id not in shown:
        shown.append(operation.id)
    secrets = _secrets(world, operation, exchange, row["arguments"] or {})
    return row | {"readbacks": shown} | ({"secrets": secrets} if secrets else {})


def _secrets(
    world: World, operation: Operation, exchange: Exchange, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    known = world.conventions.of(operation).secrets
    sent = dict(secrets_in(arguments, known))
    values = [*sent.values()]
    if exchange.request is not None and exchange.tool is None:
        # A caller's own credentials are kept only where its arguments repeat them anyhow.
        text = exact_json.dumps(arguments).decode()
        own = presented_secrets(operation, world.document, exchange.request)
        values += [value for value in own if value in text]
    if known and exchange.response.transport is None:
        try:
            values += dict(secrets_in(orjson.loads(exchange.response.body), known)).values()
        except ValueError:
            pass
    values = list(dict.fromkeys(value for value in values if len(value) >= _SHORTEST))
    server = operation.servers[0].url if operation.servers else world.document.origin
    return {"places": list(sent), "values": values, "server": server} if values else {}
