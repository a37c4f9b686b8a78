"""The data plane: documents served as what they describe. Plain ASGI, no framework on the way.

A request reaches the default session of the document it fits (by host, then by path), or the
session named by the header `x-wavetank-session` or by the path prefix `/s/{session}/…`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from sandbox.errors import UnknownName
from sandbox.transports.exchange import (
    CONNECTION_HEADERS,
    incomplete,
    response_body,
    response_headers,
)
from sandbox.transports.sessions import Held, Sessions
from sandbox.transports.wire import HOLD, fail
from sandbox.wire import Request, Response

if TYPE_CHECKING:
    from sandbox.world import Session

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSION_HEADER: Final = "x-wavetank-session"
BODY_LIMIT: Final = 8 * 1024 * 1024
HEADER_LIMIT: Final = 32 * 1024
_DRIP: Final = "T11"
"""The fault whose firing says in how many slices a reply drips."""
_log = logging.getLogger("wavetank.server")


class Refused(Exception):
    """A request that is not let in: status and reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class DataPlane:
    """The ASGI application that answers for the documents."""

    def __init__(self, sessions: Sessions, *, body_limit: int = BODY_LIMIT) -> None:
        self._sessions = sessions
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            request, held = await self._accept(scope, receive)
        except Refused as refused:
            await _send(send, _problem(refused.status, refused.detail), scope["method"])
            return
        if request is None:
            return
        held.pace.arrive(held.session)
        try:
            response = held.session.handle(request)
        except Exception:
            # The client learns nothing of our insides; the log has it all.
            _log.exception("%s %s", request.method, request.path)
            await _send(send, _problem(500, "The sandbox itself failed."), request.method)
            return
        try:
            await self._answer(scope, receive, send, held, response)
        finally:
            held.pace.depart()

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, held: Held, response: Response
    ) -> None:
        pace, method = held.pace, scope["method"]
        wait = pace.wall(response.delay)
        if response.transport is not None or (method != "HEAD" and incomplete(response)):
            if await fail(scope, receive, response, hold=wait or HOLD):
                return
            detail = f"Injected: {response.transport}. This server cannot break connections."
            await _send(send, _problem(502, detail), method)
            return
        shown = pace.shown(response, held.session)
        slices = 1 if held.session.storm is None else _slices(held.session)
        if slices > 1:
            await _drip(send, shown, method, slices=slices, seconds=wait)
            return
        if wait > 0:
            await asyncio.sleep(wait)
        await _send(send, shown, method)

    async def _accept(self, scope: Scope, receive: Receive) -> tuple[Request | None, Held]:
        """The request and its session; a None request means that the client has gone."""
        method: str = scope["method"]
        headers, named, host, length = _headers(scope["headers"])
        raw = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1")
        held, path = self._addressed(method, host, named, path)
        body: bytes | None = b""
        if length is not None and length > self._body_limit:
            raise Refused(413, f"The body may have {self._body_limit} bytes.")
        if length != 0:
            body = await self._body(receive)
        request = Request(
            method, path, scope["query_string"].decode("latin-1"), headers, body or b""
        )
        return (None if body is None else request), held

    def _addressed(self, method: str, host: str, named: str | None, path: str) -> tuple[Held, str]:
        """The session by header, by path prefix, or by the document that has the path."""
        if named is not None:
            return self._known(named), path
        if path.startswith("/s/"):
            key, _, rest = path[3:].partition("/")
            if key in self._sessions:
                return self._sessions[key], "/" + rest
            held = self._sessions.route(method, host, path)
            if held is None or held.session.world.router.match(method, path) is None:
                return self._known(key), "/" + rest
            return held, path
        found = self._sessions.route(method, host, path)
        if found is None:
            served = ", ".join(
                f"{name} under {world.document.base_path or '/'}"
                for name, world in self._sessions.worlds.items()
            )
            raise Refused(404, f"No document here has {method} {path}. Served: {served}.")
        return found, path

    def _known(self, key: str) -> Held:
        try:
            return self._sessions.find(key)
        except UnknownName as error:
            raise Refused(404, str(error)) from None

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body, at most the limit; None if the client left in the middle."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._body_limit:
                raise Refused(413, f"The body may have {self._body_limit} bytes.")
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _headers(
    raw: list[tuple[bytes, bytes]],
) -> tuple[tuple[tuple[str, str], ...], str | None, str, int | None]:
    """Headers of the call, the session named, the host, and the body's length (None: unknown)."""
    kept: list[tuple[str, str]] = []
    named: str | None = None
    host = ""
    length: int | None = 0
    size = 0
    for key, content in raw:
        size += len(key) + len(content)
        name, value = key.decode("latin-1"), content.decode("latin-1")
        if name not in CONNECTION_HEADERS:
            kept.append((name, value))
        elif name == "host":
            host = value
        elif name == "content-length":
            length = _length(value)
        elif name == "transfer-encoding":
            length = None
        elif name == SESSION_HEADER:
            named = value
    if size > HEADER_LIMIT:
        raise Refused(431, f"All headers together may have {HEADER_LIMIT} bytes.")
    return tuple(kept), named, host, length


def _length(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Refused(400, "Content-Length is not a number.")
    return int(value)


def _problem(status: int, detail: str) -> Response:
    body = orjson.dumps({"type": "about:blank", "status": status, "detail": detail})
    return Response(status, (("content-type", "application/problem+json"),), body)


async def _send(send: Send, response: Response, method: str) -> None:
    await send(_start(response))
    await send({"type": "http.response.body", "body": response_body(response, method)})


def _start(response: Response) -> Message:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in response_headers(response)
    ]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _slices(session: Session) -> int:
    """Into how many pieces the last reply was to be cut by a slow drip; 1 for none."""
    dripped = [firing for firing in session.ledger[-1].injected if firing.fault == _DRIP]
    return int(dripped[0].params.get("n", 1)) if dripped else 1


async def _drip(
    send: Send, response: Response, method: str, *, slices: int, seconds: float
) -> None:
    """The body in pieces, spread evenly over the wall seconds given."""
    body = response_body(response, method)
    step = max(1, -(-len(body) // slices))
    await send(_start(response))
    for start in range(0, len(body), step):
        await asyncio.sleep(seconds / slices)
        piece = body[start : start + step]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
