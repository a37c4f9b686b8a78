"""Sessions that live long: memory stays where it is, and the ledger shows everything."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx

from sandbox.transports.server import Server

CALLS = 50_000
SCOPE: dict[str, Any] = {
    "type": "http", "method": "GET", "query_string": b"", "scheme": "http",
    "headers": [(b"host", b"t"), (b"authorization", b"Bearer any")],
}  # fmt: skip


async def hammered(app: Server, paths: list[bytes], calls: int) -> int:
    """Make so many requests of the ASGI application; the memory blocks in use after them."""
    statuses: set[int] = set()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.add(message.get("status", 200))

    for number in range(calls):
        path = paths[number % len(paths)]
        await app({**SCOPE, "path": path.decode(), "raw_path": path}, receive, send)
    assert statuses <= {200, 404, 422}
    return sys.getallocatedblocks()


async def told(app: Server, after: int) -> list[dict[str, Any]]:
    """What the control plane's ledger says after a row."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        token = {"authorization": f"Bearer {app.token}"}
        place = "/_wavetank/sessions/bookshop/ledger"
        reply = await client.get(place, params={"after": after, "limit": 2}, headers=token)
    return list(reply.json())


def test_memory_is_flat_and_every_row_is_shown(app: Server) -> None:
    ids = app.sessions["bookshop"].session.state.ids("/books")
    paths = [b"/v1/books/%b" % id.encode() for id in (*ids, "nobody")]
    early = asyncio.run(hammered(app, paths, 5_000))
    late = asyncio.run(hammered(app, paths, CALLS - 5_000))
    # A row takes five blocks and more; three thousand wait in memory at the most.
    assert late - early < 5_000
    rows = [asyncio.run(told(app, after)) for after in (-1, 20_998, CALLS - 3)]
    assert [[row["seq"] for row in two] for two in rows] == [
        [0, 1], [20_999, 21_000], [CALLS - 2, CALLS - 1],
    ]  # fmt: skip
    assert rows[1][0]["operation"] == "getBook"
