"""Several workers behind one port: which one has what, and what passes between."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest

from sandbox import World
from sandbox.transports.server import Background, Server
from sandbox.transports.workers import Front, session_in

TOKEN = {"authorization": "Bearer t"}


def head(target: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "host: x", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("asked", "session"),
    [
        (head("/s/w2-s1/v1/books"), "w2-s1"),
        (head("/_wavetank/sessions/w3-s7/ledger?after=2"), "w3-s7"),
        (head("/_mcp/w1-s1"), "w1-s1"),
        (head("/v1/books", "X-Wavetank-Session: w2-s4"), "w2-s4"),
        (head("/v1/books", "x-wavetank-session: bookshop"), None),
        (head("/v1/s/w2-s1"), None),
        (b"rubbish\r\n\r\n", None),
    ],
)
def test_a_request_names_its_session_in_path_or_header(asked: bytes, session: str | None) -> None:
    assert session_in(asked) == session


def test_new_sessions_go_to_the_workers_in_turn_and_all_else_to_the_first() -> None:
    front = Front([11, 12, 13])
    opening = head("/_wavetank/sessions", method="POST")
    assert [front.port_for(opening) for _ in range(4)] == [11, 12, 13, 11]
    assert front.port_for(head("/v1/books")) == 11
    assert front.port_for(head("/s/w3-s1/v1/books")) == 13
    assert front.port_for(head("/s/w4-s1/v1/books")) is None


@contextmanager
def workers() -> Iterator[list[str]]:
    world = World.load("bookshop")
    first, second = (
        Background(Server({"bookshop": world}, token="t", worker=number)) for number in (1, 2)
    )
    with first, second:
        yield [first.url, second.url]


@asynccontextmanager
async def address_of(front: Front) -> AsyncIterator[str]:
    async with front.serving("127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def client_of(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=TOKEN, timeout=60)


def test_a_client_that_half_closes_still_gets_its_reply() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        gc.collect()
        writer.write(b"HTTP/1.1 204 \r\n\r\n")
        writer.close()

    async def ask() -> bytes:
        worker = await asyncio.start_server(answer, "127.0.0.1", 0)
        front = Front([worker.sockets[0].getsockname()[1]])
        async with worker, address_of(front) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2]))
            writer.write(head("/v1/books"))
            writer.write_eof()
            reply = await reader.read(-1)
            writer.close()
            return reply

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 204")


def test_the_shared_port_forwards_each_request_to_the_worker_that_has_the_session() -> None:
    async def calls(ports: list[int]) -> None:
        async with address_of(Front(ports)) as url, client_of(url) as client:
            made = [(await client.post("/_wavetank/sessions", json={})).json() for _ in range(3)]
            assert [each["id"] for each in made] == ["w1-s1", "w2-s1", "w1-s2"]
            for each in made:
                assert (await client.get(f"{each['base_url']}/books")).status_code == 200
                named = {"x-wavetank-session": each["id"]}
                assert (await client.get("/v1/books", headers=named)).status_code == 200
                shown = await client.get(f"/_wavetank/sessions/{each['id']}")
                assert shown.json()["calls"] == 2
            listed = (await client.get("/_wavetank/sessions")).json()
            assert {each["id"] for each in listed} > {"w1-s1", "w2-s1", "w1-s2"}
            assert (await client.get("/s/w9-s1/v1/books")).status_code == 404
            bare = {"authorization": ""}
            assert (await client.get("/_wavetank/sessions", headers=bare)).status_code == 401

    with workers() as urls:
        asyncio.run(calls([int(url.rpartition(":")[2]) for url in urls]))
