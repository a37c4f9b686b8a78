"""Faults below HTTP, on a real socket: silence, a reset, a hang-up, rubbish, half a body.

uvicorn hides the socket from the application. The protocol below puts it into the ASGI scope, and
`fail` does to it what the response asks for; the peer sees exactly what a broken network shows.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from sandbox.wire import Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

EXTENSION: Final = "wavetank.socket"
HOLD: Final = 2.0
"""Wall seconds that a timed-out connection is held at most before it is closed."""
HEADER_LIMIT: Final = 64 * 1024
_RUBBISH: Final = bytes.fromhex("160301") + b"\x00\xffwavetank" + bytes(range(128, 168)) + b"\r\n"
_LINGER: Final = struct.pack("ii", 1, 0)


class SocketProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol with a lid on header size and the socket in the scope."""

    _head = 0
    _in_head = True
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        # Counted by chunk until the headers are complete: the parser itself has no limit.
        self._head += len(data)
        self._in_head = True
        super().data_received(data)
        if self._in_head and self._head > HEADER_LIMIT and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
            # Closing on unread data would send RST, and the client would never read the reason.
            self._refused = True
            self.loop.call_later(0.5, self.transport.close)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"transport": self.transport}}

    def on_headers_complete(self) -> None:
        self._head = 0
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._in_head = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = False
        super().on_message_complete()


async def fail(
    scope: MutableMapping[str, Any], receive: Receive, response: Response, *, hold: float
) -> bool:
    """Break the connection the way `response.transport` says; a reply beside it is sent first.

    `hold` is the wall time of a timeout, capped at `HOLD`. False if the server gives no socket.
    """
    extension = scope.get("extensions", {}).get(EXTENSION)
    if extension is None:
        return False
    transport: asyncio.Transport = extension["transport"]
    kind = response.transport
    if kind == "timeout":
        await _held(receive, min(hold, HOLD))
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


async def _held(receive: Receive, seconds: float) -> None:
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
