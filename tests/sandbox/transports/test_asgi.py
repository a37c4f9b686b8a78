"""The data plane: which session a request reaches, and what is not let in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import httpx
import pytest

import specs
from sandbox import World
from sandbox.document import Document
from sandbox.transports.server import Background, Server

AUTH = {"authorization": "Bearer any"}


def small(host: str, base: str, path: str) -> World:
    schema = {"type": "object", "properties": {"id": {"type": "string"}}}
    reply = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": host, "version": "1"},
        "servers": [{"url": f"https://{host}{base}"}],
        "paths": {path: {"get": {"operationId": "get", "responses": {"200": reply}}}},
    }
    return World(Document.from_tree(tree, source=host))


@pytest.fixture
def client(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, headers=AUTH, trust_env=False) as made:
        yield made


def raw(url: str, data: bytes) -> bytes:
    """What the server says to exactly these bytes, up to its hanging up."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        said = b""
        while chunk := peer.recv(65536):
            said += chunk
    return said


def test_documents_are_told_apart_by_host_and_by_path() -> None:
    worlds = {"a": small("a.test", "/v1", "/x"), "b": small("b.test", "/v1", "/x")}
    worlds["c"] = small("c.test", "/v2", "/only")
    app = Server(worlds, mcp=False)
    with Background(app) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get("/v1/x", headers={"host": "b.test"}).status_code == 200
        assert client.get("/v2/only").status_code == 200
        assert "c under /v2" in client.get("/nowhere").json()["detail"]
    assert [len(app.sessions[name].session.ledger) for name in "abc"] == [0, 1, 1]


def test_sessions_by_header_and_by_prefix(app: Server, client: httpx.Client) -> None:
    held = app.sessions.open(seed=3)
    other = app.sessions.open(seed=4)
    one = client.get("/v1/books", headers={"x-wavetank-session": held.id})
    two = client.get(f"/s/{held.id}/v1/books")
    assert one.content == two.content
    assert client.get(f"/s/{other.id}/v1/books").content != one.content
    assert len(held.session.ledger) == 2


def test_prefix_and_header_together_name_one_session(app: Server, client: httpx.Client) -> None:
    held, other = app.sessions.open(seed=3), app.sessions.open(seed=4)
    headers = {"x-wavetank-session": held.id}
    both = client.get(f"/s/{held.id}/v1/books", headers=headers)
    assert both.content == client.get("/v1/books", headers=headers).content
    torn = client.get(f"/s/{other.id}/v1/books", headers=headers)
    assert torn.status_code == 400 and "names session" in torn.json()["detail"]
    assert len(other.session.ledger) == 0


def test_an_unknown_session_is_a_404_that_names_those_there_are(client: httpx.Client) -> None:
    for reply in (
        client.get("/v1/books", headers={"x-wavetank-session": "s99"}),
        client.get("/s/s99/v1/books"),
    ):
        assert reply.status_code == 404
        assert "bookshop" in reply.json()["detail"]


def test_head_and_no_content_have_no_body(app: Server, client: httpx.Client) -> None:
    books = app.sessions["bookshop"].session.state.ids("/books")
    gone = client.delete(f"/v1/books/{books[0]}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-length" not in gone.headers
    assert client.head("/v1/books").content == b""


def test_too_large_bodies_and_headers_are_refused(client: httpx.Client) -> None:
    assert client.post("/v1/books", content=b"x" * (9 << 20)).status_code == 413
    assert client.get("/v1/books", headers={"x-big": "y" * 40_000}).status_code == 431


def test_a_chunked_body_without_end_is_refused(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 65536

    assert client.post("/v1/books", content=endless()).status_code == 413


BAD: dict[str, bytes] = {
    "no http": b"hello\r\n\r\n",
    "bad version": b"GET / HTTP/9.9\r\n\r\n",
    "nul in path": b"GET /v1/\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
    "bytes in path": b"GET /v1/\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n",
    "two lengths": b"POST /v1/books HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    "length is no number": b"POST /v1/books HTTP/1.1\r\ncontent-length: many\r\n\r\n",
    "length and chunks": b"POST /v1/books HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /v1/books HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
    "bad chunk": b"POST /v1/books HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "endless header": b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000,
    "traversal": b"GET /v1/books/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nhost: a\r\n"
    b"authorization: Bearer any\r\nconnection: close\r\n\r\n",
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_malformed_http_is_answered_and_the_server_lives(served: str, case: str) -> None:
    said = raw(served, BAD[case])
    assert said.startswith(b"HTTP/1.1 4"), said[:200]
    assert b"Traceback" not in said
    assert httpx.get(f"{served}/v1/books", headers=AUTH, trust_env=False).status_code == 200


def test_a_length_that_lies_leaves_no_trace(app: Server, served: str) -> None:
    said = raw(served, b"POST /v1/books HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\n{}")
    assert said == b"" or said.startswith(b"HTTP/1.1 4")
    assert httpx.get(f"{served}/v1/books", headers=AUTH, trust_env=False).status_code == 200
    assert len(app.sessions["bookshop"].session.ledger) == 1


def test_broken_bodies_are_refused_by_the_document(client: httpx.Client) -> None:
    bodies: list[Any] = [b"{", b'{"title": "a"', b"\xff\xfe", b"[" * 5000, b"null", b"\x00"]
    for body in bodies:
        reply = client.post("/v1/books", content=body, headers={"content-type": "application/json"})
        assert 400 <= reply.status_code < 500


def test_bytes_carry_no_date_and_no_server(client: httpx.Client) -> None:
    headers = client.get("/v1/books").headers
    assert "date" not in headers
    assert "server" not in headers


def test_cors_is_off_unless_asked_for(world: World) -> None:
    for asked in (False, True):
        with Background(Server({"bookshop": world}, cors=asked, mcp=False)) as server:
            headers = {**AUTH, "origin": "http://page.test"}
            reply = httpx.get(f"{server.url}/v1/books", headers=headers, trust_env=False)
            assert ("access-control-allow-origin" in reply.headers) is asked


def test_a_changed_document_is_loaded_anew_and_sessions_are_kept(tmp_path: Path) -> None:
    place = tmp_path / "shop.yaml"
    text = (Path(specs.__file__).parent / "documents" / "bookshop.yaml").read_text()
    place.write_text(text)
    app = Server(
        {"shop": World.load(place)},
        mcp=False,
        watched={"shop": (place, lambda: World.load(place))},
    )
    with Background(app) as server, httpx.Client(base_url=server.url, headers=AUTH) as client:
        book = client.get("/v1/books").json()["items"][0]["id"]
        assert client.delete(f"/v1/books/{book}").status_code == 204
        place.write_text(text.replace("bookshop.example/v1", "bookshop.example/v2"))
        for _ in range(100):
            if client.get("/v2/books").status_code == 200:
                break
            sleep(0.1)
        assert client.get(f"/v2/books/{book}").status_code == 404
