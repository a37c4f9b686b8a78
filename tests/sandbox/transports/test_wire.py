"""Faults below HTTP, proven with real clients on a real socket."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import httpx
import pytest

from sandbox import World
from sandbox.document import Operation
from sandbox.messages import Response
from sandbox.transports.server import Background, Server
from sandbox.world import CallContext
from sandbox.world.hooks import Moment

AUTH = {"authorization": "Bearer any"}


@dataclass
class Always:
    """Weather that does one thing to every reply."""

    change: Callable[[Response], Response]
    order_sensitive: bool = False

    def meet(self, operation: Operation, arguments: object, now: float) -> Moment:
        return Moment(b"", 0, 0, 0, ())

    def around(self, context: CallContext, proceed: Callable[[], Response]) -> Response:
        return self.change(proceed())

    def fork(self) -> Always:
        return self

    def report(self) -> list[dict[str, Any]]:
        return []


def silent(kind: str, delay: float = 0.0) -> Callable[[Response], Response]:
    return lambda response: Response(0, (), b"", delay, kind)


def cut(response: Response) -> Response:
    length = ("content-length", str(len(response.body)))
    headers = (*response.headers, length)
    return replace(response, headers=headers, body=response.body[:10], transport="closed")


def running(
    world: World, change: Callable[[Response], Response], scale: float = 10.0
) -> Background:
    options = {"faults": Always(change)}
    return Background(Server({"bookshop": world}, options=options, time_scale=scale, mcp=False))


FAULTS: list[tuple[Callable[[Response], Response], type[Exception], str, int]] = [
    (silent("reset"), httpx.ReadError, "reset by peer", 56),
    (silent("refused"), httpx.ReadError, "reset by peer", 56),
    (silent("closed"), httpx.RemoteProtocolError, "without sending a response", 52),
    (silent("garbled"), httpx.RemoteProtocolError, "illegal", 1),
    (cut, httpx.RemoteProtocolError, "incomplete|complete message body", 18),
]


@pytest.mark.parametrize(("change", "error", "text", "code"), FAULTS)
def test_httpx_and_curl_see_the_fault(
    world: World,
    change: Callable[[Response], Response],
    error: type[Exception],
    text: str,
    code: int,
) -> None:
    with running(world, change) as server:
        with pytest.raises(error, match=text):
            httpx.get(f"{server.url}/v1/books", headers=AUTH, timeout=60, trust_env=False)
        curl = shutil.which("curl")
        if curl is not None:
            command = [curl, "-s", "-m", "5", "-H", "authorization: Bearer any"]
            done = subprocess.run([*command, f"{server.url}/v1/books"], capture_output=True)
            assert done.returncode == code
        assert httpx.get(f"{server.url}/_wavetank/openapi.json", trust_env=False).status_code == 200


def test_in_process_clients_see_the_same_errors(world: World) -> None:
    for change, error, text, _ in FAULTS:
        if change is FAULTS[1][0]:
            error, text = httpx.ConnectError, "refused"
        session = world.session(faults=Always(change))
        with httpx.Client(transport=session.transport(), base_url="http://a.test") as client:
            with pytest.raises(error, match=text):
                client.get("/v1/books", headers=AUTH)


def test_a_timeout_is_held_in_scaled_time_and_then_closed(world: World) -> None:
    with running(world, silent("timeout", delay=8.0), scale=20.0) as server:
        start = monotonic()
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{server.url}/v1/books", headers=AUTH, trust_env=False)
        assert 0.35 < monotonic() - start < 7.0
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{server.url}/v1/books", headers=AUTH, timeout=0.1, trust_env=False)


def test_a_delay_beyond_the_clients_patience_is_a_timeout_in_process(world: World) -> None:
    session = world.session(faults=Always(lambda response: replace(response, delay=30.0)))
    with httpx.Client(transport=session.transport(), base_url="http://a.test") as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/books", headers=AUTH)
        assert client.get("/v1/books", headers=AUTH, timeout=60).status_code == 200


def test_a_server_without_sockets_says_what_it_cannot_do(world: World) -> None:
    app = Server({"bookshop": world}, options={"faults": Always(silent("reset"))}, mcp=False)

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://a.test") as client:
            return await client.get("/v1/books", headers=AUTH)

    import asyncio

    assert asyncio.run(get()).status_code == 502
