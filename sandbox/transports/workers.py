"""Several worker processes behind one port: each session lives in one of them, named by its id.

Every worker listens on a port of its own, and sessions are told the address of their worker. The
shared port forwards what comes there byte by byte, one request for each connection: by session to
the worker that has it, new sessions to the workers in turn, all else to the first.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import orjson

_HEAD_LIMIT: Final = 64 * 1024
_PATIENCE: Final = 5.0
"""Wall seconds for a request's head to arrive."""
_PIECE: Final = 64 * 1024
_OPENING: Final = "/_wavetank/sessions"
_SESSION: Final = re.compile(r"w([1-9]\d{0,3})-")
_IN_PATH: Final = re.compile(r"/(?:s|_wavetank/sessions|_mcp)/(w[1-9]\d{0,3}-[^/?]*)")
_HEADER: Final = re.compile(rb"\r\nx-wavetank-session:[ \t]*([^\r\n]*)", re.IGNORECASE)
_CONNECTION: Final = re.compile(rb"\r\n(?:connection|keep-alive):[^\r\n]*", re.IGNORECASE)
_RESET: Final = struct.pack("ii", 1, 0)


def prefix_of(number: int) -> str:
    """What the ids of a worker's sessions begin with; workers count from 1."""
    return f"w{number}-"


def session_in(head: bytes) -> str | None:
    """The session of a worker that a request's head names, in its path or by its header."""
    target = _target(head)
    found = _IN_PATH.match(target)
    if found is not None:
        return found[1]
    header = _HEADER.search(head)
    named = header[1].decode("latin-1").strip() if header is not None else ""
    return named if _SESSION.match(named) else None


def _target(head: bytes) -> str:
    parts = head.split(b"\r\n", 1)[0].split(b" ")
    return parts[1].decode("latin-1") if len(parts) == 3 else ""


class Front:
    """The shared port. `ports` are those of the workers on the loopback interface, in order."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turns = cycle(self._ports)
        # The loop holds tasks weakly: one whose client half-closed would be collected as garbage.
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[asyncio.Server]:
        """Listen; at the end all connections end too. Raises OSError where nothing can listen."""
        server = await asyncio.start_server(self._accept, host, port, limit=_HEAD_LIMIT)
        try:
            async with server:
                yield server
        finally:
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._forward(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    def port_for(self, head: bytes) -> int | None:
        """The worker's port for a request; None where it names a worker that is not there."""
        session = session_in(head)
        if session is not None:
            found = _SESSION.match(session)
            number = int(found[1]) if found is not None else 0
            return self._ports[number - 1] if 0 < number <= len(self._ports) else None
        method = head.split(b" ", 1)[0]
        if method == b"POST" and _target(head).partition("?")[0] == _OPENING:
            return next(self._turns)
        return self._ports[0]

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            writer.close()
            return
        # One request a connection: the next one may be for another worker.
        head = _CONNECTION.sub(b"", head[:-4]) + b"\r\nconnection: close\r\n\r\n"
        if head.startswith(b"GET ") and _target(head).partition("?")[0] == _OPENING:
            writer.write(await self._all_sessions(head))
            writer.close()
            return
        port = self.port_for(head)
        if port is None:
            writer.write(_reply(404, {"detail": "No worker has this session."}))
            writer.close()
            return
        try:
            there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.write(_reply(502, {"detail": "The worker of this session has ended."}))
            writer.close()
            return
        there[1].write(head)
        sending = asyncio.create_task(_pipe(reader, there[1]))
        try:
            await _pipe(there[0], writer)
        finally:
            sending.cancel()
            there[1].close()
            writer.close()

    async def _all_sessions(self, head: bytes) -> bytes:
        """The list of sessions, of all workers; a refusal as the first worker words it."""
        query = dict(parse_qsl(urlsplit(_target(head)).query))
        limit, offset = (
            int(query.get(name, default)) if query.get(name, default).isdigit() else int(default)
            for name, default in (("limit", "100"), ("offset", "0"))
        )
        listed: list[object] = []
        for port in self._ports:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            wide = f"GET {_OPENING}?limit=1000 HTTP/1.1".encode()
            plain = offset + limit > 1000 or not all(each.isdigit() for each in query.values())
            writer.write(head if plain else wide + head[head.index(b"\r\n") :])
            whole = await reader.read(-1)
            writer.close()
            answer, _, body = whole.partition(b"\r\n\r\n")
            if plain or b" 200 " not in answer[:16]:
                return whole
            listed += orjson.loads(body)
        return _reply(200, listed[offset : offset + limit])


def _reply(status: int, value: object) -> bytes:
    body = orjson.dumps(value)
    start = f"HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return f"{start}\r\nconnection: close\r\n\r\n".encode() + body


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until the end; a reset is passed on as one."""
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
    except OSError:
        peer = writer.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
