"""The same seed and the same calls give the same bytes, whichever way they come in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters

from sandbox import Session, World
from sandbox.messages import Observation, Request, observe
from sandbox.transports.inprocess import session_transport
from sandbox.transports.mcp import STATUS, mcp_server
from sandbox.transports.server import Server

Calls = list[tuple[str, dict[str, Any]]]


@pytest.fixture(params=["calm", "H01", "H01,B01,S01 and D03"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Calm; with refusals; with refusals, broken bodies, silent faults and drift."""
    if request.param == "calm":
        return {"seed": 7}
    faults, _, drift = request.param.partition(" and ")
    return {"seed": 7, "faults": faults, "drift": drift or None}


@pytest.fixture
def session(world: World, options: dict[str, Any]) -> Session:
    return world.session(**options)


@pytest.fixture
def twin(world: World, options: dict[str, Any]) -> Session:
    return world.session(**options)


@pytest.fixture
def calls(world: World) -> Calls:
    author = world.session(seed=7).state.ids("/authors")[0]
    new = {"title": "Deep Water", "author_id": author, "genre": "science", "format": "ebook"}
    return [
        ("listBooks", {"per_page": 3}),
        ("createBook", {**new, "price": 12.5, "currency": "EUR"}),
        ("getBook", {"book_id": "bk_000000"}),
        ("listBooks", {"per_page": 3, "genre": "science"}),
        ("createBook", {"title": 5}),
        ("listBooks", {"colour": "red"}),
    ]


@dataclass(frozen=True)
class Seen:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def seen(response: httpx.Response | httpx2.Response) -> Seen:
    headers = tuple((k, v) for k, v in response.headers.multi_items() if k != "content-length")
    return Seen(response.status_code, headers, response.content)


def through(session: Session, requests: list[Request]) -> list[Seen]:
    answers = [session.handle(request) for request in requests]
    return [Seen(answer.status, answer.headers, answer.body) for answer in answers]


def url(request: Request) -> str:
    return request.path + (f"?{request.query}" if request.query else "")


def send(client: httpx.Client | httpx2.Client, requests: list[Request]) -> list[Seen]:
    return [
        seen(client.request(r.method, url(r), headers=list(r.headers), content=r.body or None))
        for r in requests
    ]


@pytest.fixture
def requests(request_for: Callable[..., Request], calls: Calls) -> list[Request]:
    return [request_for(tool, arguments) for tool, arguments in calls]


@pytest.fixture
def expected(twin: Session, options: dict[str, Any], requests: list[Request]) -> list[Seen]:
    answers = through(twin, requests)
    if "faults" not in options:
        assert {answer.status for answer in answers} >= {200, 201, 404}
    return answers


def test_httpx_sync(session: Session, requests: list[Request], expected: list[Seen]) -> None:
    with httpx.Client(transport=session.transport(), base_url="https://api.test") as client:
        assert send(client, requests) == expected


def test_httpx2_sync(session: Session, requests: list[Request], expected: list[Seen]) -> None:
    transport = session_transport(session, httpx2)
    with httpx2.Client(transport=transport, base_url="https://api.test") as client:
        assert send(client, requests) == expected


def test_httpx_async(session: Session, requests: list[Request], expected: list[Seen]) -> None:
    async def run() -> list[Seen]:
        transport: Any = session.transport()
        async with httpx.AsyncClient(transport=transport, base_url="https://a.test") as client:
            return await send_async(client, requests)

    assert asyncio.run(run()) == expected


def test_httpx2_async(session: Session, requests: list[Request], expected: list[Seen]) -> None:
    async def run() -> list[Seen]:
        transport = session_transport(session, httpx2)
        async with httpx2.AsyncClient(transport=transport, base_url="https://a.test") as client:
            return await send_async(client, requests)

    assert asyncio.run(run()) == expected


async def send_async(
    client: httpx.AsyncClient | httpx2.AsyncClient, requests: list[Request]
) -> list[Seen]:
    return [
        seen(
            await client.request(r.method, url(r), headers=list(r.headers), content=r.body or None)
        )
        for r in requests
    ]


def test_respx(session: Session, requests: list[Request], expected: list[Seen]) -> None:
    with session.respx():
        with httpx.Client(base_url="https://api.bookshop.example", trust_env=False) as client:
            assert send(client, requests) == expected


def test_asgi(app: Server, requests: list[Request], expected: list[Seen]) -> None:
    async def run() -> list[Seen]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://a.test") as client:
            return await send_async(client, requests)

    assert asyncio.run(run()) == expected


def test_real_http(served: str, requests: list[Request], expected: list[Seen]) -> None:
    with httpx.Client(base_url=served, trust_env=False) as client:
        assert send(client, requests) == expected


def test_tool_calls_through_the_control_plane(session: Session, served: str, calls: Calls) -> None:
    headers = {"authorization": "Bearer the-token"}
    with httpx.Client(base_url=f"{served}/_wavetank", headers=headers, trust_env=False) as client:
        for tool, arguments in calls:
            reply = client.post(
                "/sessions/bookshop/calls", json={"tool": tool, "arguments": arguments}
            )
            assert Observation(**reply.json()) == session.call(tool, arguments)


async def through_mcp(server: Any, calls: Calls) -> list[Observation]:
    async with Client(server) as client:
        results = [await client.call_tool(tool, arguments) for tool, arguments in calls]
    return [
        Observation(result.content[0].text, (result.meta or {})[STATUS], result.is_error)  # type: ignore[union-attr]
        for result in results
    ]


@pytest.mark.parametrize("way", ["in process", "http", "stdio"])
def test_tool_calls_through_mcp(
    session: Session, twin: Session, options: dict[str, Any], served: str, calls: Calls, way: str
) -> None:
    program = (
        "import asyncio\nfrom sandbox import World\n"
        "from sandbox.transports.mcp import serve_stdio\n"
        f"asyncio.run(serve_stdio(World.load('bookshop').session(**{options!r})))\n"
    )
    servers: dict[str, Any] = {
        "in process": mcp_server(lambda context: twin),
        "http": f"{served}/_mcp",
        "stdio": StdioServerParameters(command=sys.executable, args=["-c", program]),
    }
    expected = [session.call(tool, arguments) for tool, arguments in calls]
    assert asyncio.run(through_mcp(servers[way], calls)) == expected


def test_both_doors_show_the_same(
    session: Session, twin: Session, requests: list[Request], calls: Calls
) -> None:
    for request, (tool, arguments) in zip(requests, calls, strict=True):
        assert observe(session.handle(request)) == twin.call(tool, arguments)
    assert session.state.version == twin.state.version
