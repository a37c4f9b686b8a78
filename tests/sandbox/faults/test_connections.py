"""What faults do on a real connection: counted for each, and rubbish that is seen to be such."""

from __future__ import annotations

import httpx
import pytest

from sandbox.transports.server import Background, Server
from tests.sandbox.faults.scenes import bookshop

AUTH = {"authorization": "Bearer any"}
FIRST = {"model": "at_calls", "calls": [0], "scope": "connection"}


def seen(url: str, calls: int) -> list[int]:
    """The statuses of calls over one connection that is kept alive."""
    with httpx.Client(base_url=url, headers=AUTH) as client:
        return [client.get("/v1/books").status_code for _ in range(calls)]


def test_the_first_call_of_every_connection_fails() -> None:
    faults = {"rules": [{"fault": "H06", "trigger": FIRST}]}
    server = Server({"bookshop": bookshop()}, options={"faults": faults}, mcp=False)
    with Background(server) as running:
        assert [seen(running.url, 3), seen(running.url, 2)] == [[500, 200, 200], [500, 200]]


def test_garbage_is_seen_to_be_no_http() -> None:
    server = Server({"bookshop": bookshop()}, options={"faults": "T08"}, mcp=False)
    with Background(server) as running, pytest.raises(httpx.RemoteProtocolError, match="illegal"):
        seen(running.url, 1)


def test_calls_in_process_are_one_connection() -> None:
    faults = {"rules": [{"fault": "H06", "trigger": FIRST}]}
    session = bookshop().session(faults=faults)
    assert [session.call("listBooks", {"page": n}).status for n in (1, 2, 3)] == [500, 200, 200]
    assert session.faults is not None and session.faults.order_sensitive
