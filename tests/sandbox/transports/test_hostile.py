"""Hostile bytes on a real socket: a 4xx within a second, none of our insides, and life goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox import World
from sandbox.transports.server import Background, Server
from sandbox.transports.socket_faults import STALL

AUTH = "authorization: Bearer any\r\n"
JSON = AUTH + "content-type: application/json\r\n"
CUSTOMER = b'{"name": "Ida", "email": "ida@example.test"}'


def raw(
    method: str, target: str, headers: str = AUTH, body: bytes = b"", length: int = -1
) -> bytes:
    said = len(body) if length < 0 else length
    head = f"{method} {target} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {said}\r\n\r\n"
    return head.encode("latin-1") + body


def post(body: bytes, headers: str = JSON, length: int = -1) -> bytes:
    return raw("POST", "/v1/customers", headers, body, length)


HOSTILE: dict[str, bytes] = {
    "NUL in JSON": post(b'{"name": "\x00", "email": "a@b.c"}'),
    "NULs alone": post(b"\x00" * 64),
    "NUL in the path": raw("GET", "/v1/books/%00"),
    "NUL in the query": raw("GET", "/v1/books?per_page=%00"),
    "NUL in a header": raw("GET", "/v1/books/none", AUTH + "x-a: a\x00b\r\n"),
    "invalid UTF-8 in JSON": post(b'{"name": "\xff\xfe", "email": "\xc3("}'),
    "invalid UTF-8 in the path": raw("GET", "/v1/books/%ff%fe"),
    "invalid UTF-8 in the query": raw("GET", "/v1/books?per_page=%ff"),
    "malformed JSON": post(b'{"name": }'),
    "truncated JSON": post(CUSTOMER[:-9]),
    "lone surrogate": post(b'{"name": "\\ud800"}'),
    "no JSON at all": post(b"<name>Ida</name>"),
    "NaN": post(b'{"name": NaN}'),
    "a number without end": post(b'{"name": ' + b"9" * 100_000 + b"}"),
    "deep JSON": post(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": post(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "body too short": post(CUSTOMER, length=len(CUSTOMER) + 99),
    "body too long": post(CUSTOMER, length=len(CUSTOMER) - 9),
    "negative length": raw("POST", "/v1/customers", JSON + "content-length: -5\r\n"),
    "length that is no number": raw("POST", "/v1/customers", JSON + "content-length: many\r\n"),
    "length beyond the limit": post(b"", length=10**12),
    "length and chunks": post(b"0\r\n\r\n", JSON + "transfer-encoding: chunked\r\n"),
    "broken chunks": b"POST /v1/customers HTTP/1.1\r\nhost: x\r\n" + JSON.encode()
    + b"transfer-encoding: chunked\r\n\r\nZZ\r\nxx\r\n",
    "unknown media type": post(CUSTOMER, AUTH + "content-type: application/x-unknown\r\n"),
    "no media type": post(b"\x89PNG\r\n", AUTH),
    "broken media type": post(CUSTOMER, AUTH + "content-type: ;;;=/\r\n"),
    "unknown charset": post(CUSTOMER[:-1], AUTH + "content-type: application/json; charset=x\r\n"),
    "multipart without boundary": post(b"--a", AUTH + "content-type: multipart/form-data\r\n"),
    "huge headers": raw("GET", "/v1/books", AUTH + f"x-a: {'a' * 200_000}\r\n"),
    "many headers": raw("GET", "/v1/books", AUTH + "".join(f"x-{n}: y\r\n" for n in range(9000))),
    "huge path": raw("GET", "/v1/books/" + "a" * 100_000),
    "traversal": raw("GET", "/v1/books/../../../etc/passwd"),
    "encoded traversal": raw("GET", "/v1/books/..%2f..%2f..%2fetc%2fpasswd"),
    "doubly encoded traversal": raw("GET", "/v1/books/%252e%252e%252fetc%252fpasswd"),
    "backslashes": raw("GET", "/v1/books/..%5c..%5cwindows%5cwin.ini"),
    "template syntax": raw("GET", "/v1/books/%7B%7B7*7%7D%7D"),
    "unknown session": raw("GET", "/v1/books", AUTH + "x-wavetank-session: ../x\r\n"),
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "wrong method": raw("BREW", "/v1/books"),
    "absolute target elsewhere": raw("GET", "http://evil.test/etc/passwd"),
}  # fmt: skip


def told(url: str, message: bytes) -> bytes:
    """All that the server says to the bytes and the end of them."""
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 0)
    with socket.create_connection((host, port), timeout=3) as peer:
        heard = b""
        try:
            peer.sendall(message)
            peer.shutdown(socket.SHUT_WR)
            while piece := peer.recv(65536):
                heard += piece
        except ConnectionError:
            pass  # refused while still sending; what was heard counts
        return heard


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    with Background(Server({"bookshop": World.load("bookshop")}, mcp=False)) as running:
        httpx.get(f"{running.url}/v1/books", headers={"authorization": "Bearer any"})
        yield running.url


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(target: str, name: str) -> None:
    start = monotonic()
    heard = told(target, HOSTILE[name])
    assert monotonic() - start < 1.0
    status, _, rest = heard.partition(b"\r\n")
    assert status.startswith(b"HTTP/1.1 4"), heard[:200]
    assert b"Traceback" not in rest and b'File "' not in rest
    alive = httpx.get(f"{target}/v1/books", headers={"authorization": "Bearer any"})
    assert alive.status_code == 200


def test_a_client_that_falls_silent_is_not_waited_for(target: str) -> None:
    host, port = str(urlsplit(target).hostname), int(urlsplit(target).port or 0)
    with socket.create_connection((host, port), timeout=STALL + 3) as peer:
        peer.sendall(HOSTILE["body too short"])
        assert peer.recv(65536).startswith(b"HTTP/1.1 408")
        assert peer.recv(65536) == b""
