"""Streams over a socket, and what a page of another origin may read."""

from __future__ import annotations

import httpx

from sandbox.transports.server import Background, Server
from tests.sandbox.world.documents import thing, world_of

TICK = {"text/event-stream": {"schema": thing(price={"type": "number"})}}
STREAM = {"get": {"responses": {"200": {
    "description": "ticks", "content": TICK, "headers": {"X-Feed": {"schema": {"const": "a"}}},
}}}}  # fmt: skip


def test_events_arrive_one_by_one_and_are_those_of_the_session() -> None:
    world = world_of({"/ticks": STREAM})
    with Background(Server({"t": world}, mcp=False)) as server:
        with httpx.stream("GET", f"{server.url}/ticks", trust_env=False) as reply:
            pieces = list(reply.iter_raw())
    assert "content-length" not in reply.headers and len(pieces) >= 3
    with httpx.Client(transport=world.session().transport(), base_url="http://t") as client:
        assert client.get("/ticks").content == b"".join(pieces)


def test_declared_headers_are_exposed_to_pages_of_other_origins() -> None:
    with Background(Server({"t": world_of({"/ticks": STREAM})}, cors=True, mcp=False)) as server:
        reply = httpx.get(f"{server.url}/ticks", headers={"origin": "http://p"}, trust_env=False)
    exposed = reply.headers["access-control-expose-headers"].lower()
    assert reply.headers["x-feed"] == "a" and "x-feed" in exposed and "retry-after" in exposed
