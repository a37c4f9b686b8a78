"""Faults below HTTP, on a real socket: silence, a reset, a hang-up, rubbish, half a body.

uvicorn hides the socket from the application. The protocol below puts it into the ASGI scope, and
`fail` does to it what the response asks for; the peer sees exactly what a broken network shows.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, Final, Protocol

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from sandbox.messages import Headers, Response
from sandbox.transports.asgi_messages import (
    Application,
    Head,
    Receive,
    Refused,
    Scope,
    head_of,
)
from sandbox.transports.client_messages import BODILESS, announced_length

EXTENSION: Final = "wavetank.socket"
HOLD: Final = 2.0
"""Wall seconds that a timed-out connection is held at most before it is closed."""
HEADER_LIMIT: Final = 64 * 1024
STALL: Final = 5.0
"""Wall seconds without a byte in the middle of a request, after which it is a 408."""
_RUBBISH: Final = bytes.fromhex("160301") + b"\x00\xffwavetank" + bytes(range(128, 168)) + b"\r\n"
_BREAKS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNIQUE: Final = frozenset({"location", "etag", "x-request-id"})
"""Headers whose values hardly ever come twice."""
_LINGER: Final = struct.pack("ii", 1, 0)


class Plane(Protocol):
    """An application that can answer at once, without a task and without ASGI messages."""

    def admits(self, head: Head) -> bool: ...

    def direct(
        self, method: str, path: str, query: str, head: Head, body: bytes, peer: Hashable
    ) -> bytes | Application: ...


class SocketProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol with a lid on header size and the socket in the scope.

    Requests for the documents (`plane`) are answered where they are parsed, which saves most of
    what a request costs; whatever is out of the ordinary goes the usual way through ASGI.
    """

    _head_size = 0
    _in_head = True
    _refused = False
    _plain: Head | None = None
    _open = False
    """Whether a request has begun to arrive and is not whole yet."""
    _stall: asyncio.TimerHandle | None = None

    def __init__(self, config: Config, *more: Any, **named: Any) -> None:
        super().__init__(config, *more, **named)
        self.plane: Plane | None = getattr(config.loaded_app, "plane", None)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        # Counted by chunk until the headers are complete: the parser itself has no limit.
        self._head_size += len(data)
        self._in_head = True
        super().data_received(data)
        if self._in_head and self._head_size > HEADER_LIMIT:
            self._give_up(b"431 Request Header Fields Too Large")
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        if self._open and not self._refused:
            self._stall = self.loop.call_later(STALL, self._give_up, b"408 Request Timeout")

    def eof_received(self) -> None:
        """The client has said all it will: what is not whole by now never will be."""
        if self._open:
            self._give_up(b"400 Bad Request")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._stall is not None:
            self._stall.cancel()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # Also after a reset, when uvicorn does not.

    def _give_up(self, reason: bytes) -> None:
        """Refuse a request that is not whole, and with it the connection."""
        cycle = self.cycle
        answering = cycle is not None and cycle.response_started and not cycle.response_complete
        if self.transport.is_closing() or self._refused:
            return
        if not answering:
            self.transport.write(
                b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % reason
            )
        # Closing on unread data would send RST, and the client would never read the reason.
        self._refused = True
        self.loop.call_later(0.5, self.transport.close)

    def on_message_begin(self) -> None:
        self._open = True
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"transport": self.transport}}

    def on_headers_complete(self) -> None:
        self._head_size = 0
        self._in_head = False
        self._plain = self._head_if_plain()
        if self._plain is None:
            super().on_headers_complete()
        else:
            self._chunks: list[bytes] = []

    def on_body(self, body: bytes) -> None:
        self._in_head = False
        if self._plain is None:
            super().on_body(body)
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        self._in_head = self._open = False
        head = self._plain
        if head is None or self.plane is None:
            super().on_message_complete()
            return
        path, _, query = self.url.decode("latin-1").partition("?")
        method = self.parser.get_method().decode("ascii")
        body = b"".join(self._chunks)
        path = path.partition("#")[0]
        answer = self.plane.direct(method, path, query, head, body, self.client)
        if isinstance(answer, bytes):
            self.transport.write(answer)
            self.server_state.total_requests += 1
            self._unset_keepalive_if_required()  # Of the request before it in a pipeline.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            return
        usual, self.app = self.app, answer
        super().on_headers_complete()
        self.app = usual
        super().on_message_complete()

    def _head_if_plain(self) -> Head | None:
        """The request's head if it can be answered in place: alone, small, for a document."""
        idle = self.cycle is None or self.cycle.response_complete
        if self.plane is None or not idle or self.flow.write_paused or self.expect_100_continue:
            return None
        if self.url[:1] != b"/" or self.url[:2] in (b"/_", b"/") or not self.url.isascii():
            return None
        parser = self.parser
        if parser.should_upgrade() or not parser.should_keep_alive():
            return None
        if parser.get_http_version() != "1.1":
            return None
        try:
            head = head_of(self.headers)
        except Refused:
            return None
        return head if self.plane.admits(head) else None


def _packed_head(status: int, headers: Headers) -> bytes:
    """Status line and headers, each kept for the next time but for what hardly comes again."""
    if len(headers) > 1 and headers[-1][0] in _UNIQUE:
        return _packed_head(status, headers[:-1]) + _field(*headers[-1])
    return _known_head(status, headers)


@lru_cache(maxsize=512)
def _known_head(status: int, headers: Headers) -> bytes:
    line = STATUS_LINE.get(status, b"HTTP/1.1 %d \r\n" % status)
    return line + b"".join(_field(name, value) for name, value in headers)


def _field(name: str, value: str) -> bytes:
    return f"{name}: {_BREAKS.sub(' ', value)}\r\n".encode("latin-1", "replace")


def http_bytes(response: Response, method: str) -> bytes:
    """A complete response as the bytes of HTTP/1.1."""
    body = b"" if method == "HEAD" or response.status in BODILESS else response.body
    head = _packed_head(response.status, response.headers)
    if response.status in BODILESS or announced_length(response.headers) is not None:
        return b"%b\r\n%b" % (head, body)
    return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(response.body), body)


async def fail(scope: Scope, receive: Receive, response: Response, *, hold: float) -> bool:
    """Break the connection the way `response.transport` says; a reply beside it is sent first.

    `hold` is the wall time of a timeout, capped at `HOLD`. False if the server gives no socket.
    """
    extension = scope.get("extensions", {}).get(EXTENSION)
    if extension is None:
        return False
    transport: asyncio.Transport = extension["transport"]
    kind = response.transport
    if kind == "timeout":
        await _stay_silent(receive, min(hold, HOLD))
        transport.close()
    elif kind in ("reset", "refused"):
        # The connection is there already: RST is the nearest to nobody listening.
        _reset(transport)
    elif kind == "garbled":
        transport.write(response.body or _RUBBISH)
        transport.close()
    else:
        if response.status:
            transport.write(_head(response) + response.body)
        transport.close()
    # uvicorn calls an application that answers nothing an error, unless the peer has gone.
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def hang_up(scope: Scope, receive: Receive) -> bool:
    """Drop the connection of a request whose reply was cancelled, since the server ends.

    False if the server gives no socket. uvicorn takes an application that answers nothing for
    broken, unless the peer has gone.
    """
    extension = scope.get("extensions", {}).get(EXTENSION)
    if extension is None:
        return False
    extension["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _stay_silent(receive: Receive, seconds: float) -> None:
    """Say nothing for a while, or until the client gives up."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


def _reset(transport: asyncio.Transport) -> None:
    """Close with RST instead of FIN: the client sees 'connection reset by peer'."""
    peer = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    transport.abort()


def _head(response: Response) -> bytes:
    """Status line and headers as they are, a promise of more body than there is included."""
    fields = b"".join(
        f"{name}: {value}\r\n".encode("latin-1", "replace") for name, value in response.headers
    )
    line = STATUS_LINE.get(response.status, b"HTTP/1.1 200 OK\r\n")
    return line + fields + b"connection: close\r\n\r\n"
