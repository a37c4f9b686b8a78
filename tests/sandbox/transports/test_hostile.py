"""Hostile bytes on a real socket: a 4xx within a second, none of our insides, and life goes on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from sandbox import World
from sandbox.transports.server import Background, Server, configuration
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


def parts(*fields: bytes, boundary: str = "b") -> bytes:
    lines = b"".join(b"--b\r\n" + field + b"\r\n" for field in fields) + b"--b--\r\n"
    return post(lines, AUTH + f"content-type: multipart/form-data; boundary={boundary}\r\n")


def chunks(*pieces: bytes, headers: str = JSON, trailer: bytes = b"\r\n") -> bytes:
    head = f"POST /v1/customers HTTP/1.1\r\nhost: x\r\n{headers}transfer-encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(pieces) + b"0\r\n" + trailer


_NAMED = b'Content-Disposition: form-data; name="%b"\r\n\r\n'
HOSTILE |= {
    "Infinity": post(b'{"name": Infinity}'),
    "negative zero with an exponent": post(b'{"name": -0e999999999}'),
    "twice the same key": post(b'{"name": 1, "name": {}, "email": []}'),
    "the prototype's key": post(b'{"__proto__": {"admin": true}, "name": 5}'),
    "a name of 5 MB": post(b'{"' + b"a" * 5_000_000 + b'": 1}'),
    "100,000 keys": post(b"{" + b",".join(b'"k%d":0' % n for n in range(100_000)) + b"}"),
    "100,000 wrong entries": post(b"[" + b"null," * 99_999 + b"null]"),
    "deep JSON that is never closed": post(b"[" * 100_000),
    "deep JSON in a string of the query": raw("GET", "/v1/books?per_page=" + "%5B" * 9000),
    "a byte order mark and rubbish": post(b"\xef\xbb\xbf{]"),
    "UTF-16": post('{"name": "Ida"}'.encode("utf-16")),
    "UTF-7 said": post(b"+AHs-", AUTH + "content-type: application/json; charset=utf-7\r\n"),
    "overlong UTF-8": post(b'{"name": "\xc0\xaf"}'),
    "an escape cut off": post(b'{"name": "\\u12'),
    "a body that claims to be gzip": post(CUSTOMER, JSON + "content-encoding: gzip\r\n"),
    "an XML bomb": post(b'<!DOCTYPE a [<!ENTITY b "&b;&b;">]><a>&b;</a>',
                        AUTH + "content-type: application/xml\r\n"),
    "a YAML bomb": post(b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
                        AUTH + "content-type: application/yaml\r\n"),
    "parts without an end": post(b"--b\r\n" + _NAMED % b"name" + b"x",
                                 AUTH + "content-type: multipart/form-data; boundary=b\r\n"),
    "parts of another boundary": parts(_NAMED % b"name" + b"x", boundary="other"),
    "an empty boundary": parts(_NAMED % b"name" + b"x", boundary='""'),
    "a boundary of 10 kB": parts(_NAMED % b"name" + b"x", boundary="b" * 10_000),
    "20,000 parts": parts(*[_NAMED % b"name" + b"x"] * 20_000),
    "a part of 5 MB": parts(_NAMED % b"name" + b"x" * 5_000_000),
    "a part without a name": parts(b"\r\nx"),
    "a part with a header of 100 kB": parts(b"x: " + b"a" * 100_000 + b"\r\n\r\nx"),
    "a part named with NULs": parts(_NAMED % (b"\x00" * 99) + b"x"),
    "a form of 100,000 fields": post(b"a=b&" * 100_000,
                                     AUTH + "content-type: application/x-www-form-urlencoded\r\n"),
    "a form of brackets": post(b"a" + b"[b]" * 20_000 + b"=c",
                               AUTH + "content-type: application/x-www-form-urlencoded\r\n"),
    "a chunk longer than it says": chunks(b"3\r\nabcdef\r\n"),
    "a chunk of negative size": chunks(b"-3\r\nabc\r\n"),
    "a chunk of 2^64": chunks(b"fffffffffffffffff\r\nabc\r\n"),
    "a chunk extension of 100 kB": chunks(b"2;" + b"a" * 100_000 + b"\r\n{}\r\n"),
    "chunks that end in the middle": chunks(b"5\r\n{\"a\"\r\n", trailer=b""),
    "trailers that would be headers": chunks(
        b"2\r\n{}\r\n", trailer=b"authorization: Bearer any\r\nx-wavetank-session: no\r\n\r\n"
    ),
    "chunks said twice": chunks(b"2\r\n{}\r\n", headers=JSON + "transfer-encoding: identity\r\n"),
    "an unknown transfer coding": raw("POST", "/v1/customers", JSON + "transfer-encoding: x\r\n"),
    "two lengths": raw("POST", "/v1/customers", JSON + "content-length: 1\r\n", b"{}"),
    "a length with a sign": raw("POST", "/v1/customers", JSON + "content-length: +2\r\n", b"{}"),
    "a length of spaces": raw("POST", "/v1/customers", JSON + "content-length:   \r\n", b"{}"),
    "a header without a name": raw("GET", "/v1/books", AUTH + ": x\r\n"),
    "a header without a colon": raw("GET", "/v1/books", AUTH + "x-a\r\n"),
    "a folded header": raw("GET", "/v1/books/none", AUTH + "x-a: b\r\n c\r\n"),
    "a space before the colon": raw("GET", "/v1/books/none", "authorization : Bearer any\r\n"),
    "line ends of LF alone": raw("GET", "/v1/books/none").replace(b"\r\n", b"\n"),
    "a bare CR in the target": raw("GET", "/v1/books/no\rne"),
    "a header inside the path": raw("GET", "/v1/books/x%0d%0aset-cookie:%20a=b"),
    "an unknown version": raw("GET", "/v1/books").replace(b"HTTP/1.1", b"HTTP/9.9"),
    "no version": b"GET /v1/books\r\n\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 40,
    "a websocket": raw("GET", "/v1/books/none", AUTH + "upgrade: websocket\r\n"
                       "connection: upgrade\r\nsec-websocket-version: 13\r\n"
                       "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
    "an expectation": raw("POST", "/v1/customers", JSON + "expect: 200-maybe\r\n", b"{}"),
    "a huge method": raw("A" * 50_000, "/v1/books"),
    "a method of symbols": raw("G{}T", "/v1/books"),
    "CONNECT": raw("CONNECT", "evil.test:443"),
    "TRACE": raw("TRACE", "/v1/books"),
    "an empty target": raw("GET", ""),
    "a target of slashes": raw("GET", "/" * 30_000),
    "a target of dots": raw("GET", "/v1" + "/.." * 10_000),
    "a query of ampersands": raw("GET", "/v1/books/none?" + "&" * 50_000),
    "a query of 10,000 names":
        raw("GET", "/v1/books/none?" + "&".join(f"a{n}=1" for n in range(9000))),
    "a page of 10^400": raw("GET", "/v1/books?per_page=1" + "0" * 400),
    "a page of full-width digits": raw("GET", "/v1/books?page=%EF%BC%91"),
    "a host of rubbish": b"GET /v1/books/none HTTP/1.1\r\nhost: [::\r\n" + AUTH.encode() + b"\r\n",
    "two hosts": raw("GET", "/v1/books/none", AUTH + "host: y\r\n"),
    "no host": b"GET /v1/books/none HTTP/1.1\r\n" + AUTH.encode() + b"\r\n",
    "an Accept of 60 kB":
        raw("GET", "/v1/books/none", AUTH + "accept: " + "a/b;q=0.1," * 5000 + "\r\n"),
    "an Accept of rubbish": raw("GET", "/v1/books/none", AUTH + "accept: ;q=;;,/,*;q=x\r\n"),
    "a Range without an end":
        raw("GET", "/v1/books/none", AUTH + "range: bytes=-9999999999999\r\n"),
    "an If-Match of quotes":
        raw("PUT", "/v1/books/none", JSON + 'if-match: "' + '"' * 9000 + "\r\n", b"{}"),
    "a cookie of 50 kB":
        raw("GET", "/v1/books/none", AUTH + "cookie: " + "a=b; " * 10_000 + "\r\n"),
    "Basic that is no base64": raw("GET", "/v1/books/none", "authorization: Basic %%%\r\n"),
    "Prefer of rubbish":
        raw("GET", "/v1/books/none", AUTH + "prefer: code=999999, delay=1e309, =,;\r\n"),
    "a session of 10 kB": raw("GET", "/v1/books", AUTH + f"x-wavetank-session: {'a' * 10_000}\r\n"),
    "a session below another": raw("GET", "/s/../s/x/v1/books"),
    "the control plane with rubbish": raw(
        "POST", "/_wavetank/sessions", JSON.replace("any", "é"), b"[["
    ),
}  # fmt: skip


def told(url: str, message: bytes) -> bytes:
    """All that the server says to the bytes and the end of them."""
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 0)
    with socket.create_connection((host, port), timeout=30) as peer:
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
def test_hostile_bytes_are_refused(
    target: str, name: str, cpu_seconds: Callable[[], float]
) -> None:
    start = cpu_seconds()  # Of the server too, which runs in a thread: other load does not count.
    heard = told(target, HOSTILE[name])
    assert cpu_seconds() - start < 3.0
    status, _, rest = heard.partition(b"\r\n")
    assert status.startswith(b"HTTP/1.1 4"), heard[:200]
    assert b"Traceback" not in rest and b'File "' not in rest
    alive = httpx.get(f"{target}/v1/books", headers={"authorization": "Bearer any"})
    assert alive.status_code == 200


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 80


def test_a_client_that_falls_silent_is_not_waited_for(target: str) -> None:
    host, port = str(urlsplit(target).hostname), int(urlsplit(target).port or 0)
    with socket.create_connection((host, port), timeout=STALL + 3) as peer:
        peer.sendall(HOSTILE["body too short"])
        assert peer.recv(65536).startswith(b"HTTP/1.1 408")
        assert peer.recv(65536) == b""


def test_the_timers_of_a_pipeline_do_not_end_its_connection() -> None:
    config = configuration(Server({"bookshop": World.load("bookshop")}, mcp=False))
    config.timeout_keep_alive = 1
    two = 2 * raw("GET", "/v1/books/none")

    async def talk() -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        heard = 0
        for _ in range(4):
            writer.write(two)
            for _ in range(2):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                heard += 1
            await asyncio.sleep(0.6)
        writer.close()
        server.should_exit = True
        await serving
        return heard

    assert asyncio.run(talk()) == 8
