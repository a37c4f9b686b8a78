"""The data plane: documents served as what they describe. Plain ASGI, no framework on the way.

A request reaches the default session of the document it fits (by host, then by path), or the
session named by the header `x-wavetank-session` or by the path prefix `/s/{session}/…`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from sandbox.document.media_types import is_stream
from sandbox.errors import UnknownName
from sandbox.messages import Request, Response
from sandbox.transports import meta_requests
from sandbox.transports.addresses import rewrite_links
from sandbox.transports.asgi_messages import (
    Application,
    Head,
    Message,
    Receive,
    Refused,
    Scope,
    Send,
    head_of,
)
from sandbox.transports.call_limit import CallTooLong
from sandbox.transports.client_messages import (
    incomplete,
    response_body,
    response_headers,
)
from sandbox.transports.deliveries import Courier
from sandbox.transports.journal import NotKept
from sandbox.transports.request_log import Report, describe
from sandbox.transports.session_table import Held, Sessions, tidy
from sandbox.transports.socket_faults import HOLD, fail, hang_up, http_bytes
from sandbox.world.authorization import on_host
from sandbox.world.rendering.media.event_streams import pieces

if TYPE_CHECKING:
    from sandbox.world import Session

BODY_LIMIT: Final = 8 * 1024 * 1024
PAUSE: Final = 0.01
"""Wall seconds between the items of a stream."""
_DRIP: Final = "T11"
"""The fault whose firing says in how many slices a reply drips."""
_log = logging.getLogger("wavetank.server")


class DataPlane:
    """The ASGI application that answers for the documents."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        body_limit: int = BODY_LIMIT,
        deliver_to: Iterable[str] = (),
        report: Report | None = None,
    ) -> None:
        """`report` takes one line per request."""
        self._sessions = sessions
        self._report = report
        self._courier = Courier(deliver_to)
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method: str = scope["method"]
        try:
            head = head_of(scope["headers"])
            body = await self._body(receive, head)
        except Refused as refused:
            await _send(send, _problem(refused.status, refused.detail), method)
            return
        if body is None:
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        held, response = self.serve(method, path, query, head, body, scope.get("client"))
        await self.finish(held, response, scope, receive, send)

    def admits(self, head: Head) -> bool:
        """Whether a body is announced, and small enough, to be taken whole."""
        return head.length is not None and head.length <= self._body_limit

    def serve(
        self, method: str, path: str, query: str, head: Head, body: bytes, peer: Hashable = None
    ) -> tuple[Held | None, Response]:
        """The session's response. Without a session it is our own: nothing was asked of one.

        `peer` is the other end of the connection: the same for all its requests.
        """
        held, response = self._reply_to(method, path, query, head, body, peer)
        if self._report is not None:
            row = held.session.ledger[-1] if held is not None else None
            session = held.id if held is not None else ""
            self._report(describe(method, path, response, session, row))
        return held, response

    def _reply_to(
        self, method: str, path: str, query: str, head: Head, body: bytes, peer: Hashable
    ) -> tuple[Held | None, Response]:
        try:
            held, bare = self._session_for(method, head, path)
        except Refused as refused:
            return None, _problem(refused.status, refused.detail)
        prefix, path = path.removesuffix(bare) if bare != path else "", bare
        session = held.session
        held.pace.arrive(session)
        if session.faults is not None:
            held.connect(peer)
        try:
            with self._sessions.call(session, len(body), held.id):
                if path.startswith(meta_requests.PREFIX):
                    response = meta_requests.answer(session, method, path, body)
                else:
                    response = session.handle(Request(method, path, query, head.kept, body))
            if path in session.world.authorization.discoveries and response.status == 200:
                response = on_host(response, head.host)
            if head.host:
                response = rewrite_links(session.world.document, response, head.host, prefix)
            if session.world.callbacks.has_any:
                self._courier.send(session.ledger[-1].deliveries)
            tidy(session)
            return held, response
        except Refused as refused:
            return None, _problem(refused.status, refused.detail)
        except CallTooLong as error:
            return None, _problem(503, str(error))
        except NotKept as error:
            return None, _problem(507, str(error))
        except Exception:
            # The client learns nothing of our insides; the log has it all.
            _log.exception("%s %s", method, path)
            return None, _problem(500, "The sandbox itself failed.")

    def direct(
        self, method: str, path: str, query: str, head: Head, body: bytes, peer: Hashable
    ) -> bytes | Application:
        """The whole reply as bytes, or what has to be awaited to give it: delays and faults."""
        held, response = self.serve(method, path, query, head, body, peer)
        if held is None:
            return http_bytes(response, method)
        awaited = response.delay and held.pace.wall(response.delay)
        calm = response.transport is None and not awaited and not incomplete(response)
        calm = calm and not is_stream(response.header("content-type"))
        if calm and (held.session.faults is None or _slices(held.session) == 1):
            held.pace.depart()
            return http_bytes(held.pace.in_wall_time(response, held.session), method)
        return partial(self.finish, held, response)

    async def finish(
        self, held: Held | None, response: Response, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the response happen: after its delay, in pieces, or not at all."""
        if held is None:
            await _send(send, response, scope["method"])
            return
        try:
            await self._answer(held, response, scope, receive, send)
        except asyncio.CancelledError:
            if not await hang_up(scope, receive):
                raise
        finally:
            held.pace.depart()

    async def _answer(
        self, held: Held, response: Response, scope: Scope, receive: Receive, send: Send
    ) -> None:
        pace, method = held.pace, scope["method"]
        wait = pace.wall(response.delay)
        if response.transport is not None or (method != "HEAD" and incomplete(response)):
            if await fail(scope, receive, response, hold=wait or HOLD):
                return
            detail = f"Injected: {response.transport}. This server cannot break connections."
            await _send(send, _problem(502, detail), method)
            return
        shown = pace.in_wall_time(response, held.session)
        slices = 1 if held.session.faults is None else _slices(held.session)
        if slices > 1:
            await _drip(send, shown, method, slices=slices, seconds=wait)
            return
        if wait > 0:
            await asyncio.sleep(wait)
        if is_stream(shown.header("content-type")) and shown.status < 300:
            await _stream(send, shown, method)
            return
        await _send(send, shown, method)

    def _session_for(self, method: str, head: Head, path: str) -> tuple[Held, str]:
        """The session by header, by path prefix, or by the document that has the path."""
        if head.session is not None:
            held = self._session_by_key(head.session)
            key, _, rest = path[3:].partition("/") if path.startswith("/s/") else ("", "", "")
            if key not in self._sessions or held.session.world.router.match(method, path):
                return held, path
            if key != held.id:
                both = f"The path names session {key!r}, the header {held.id!r}."
                raise Refused(400, f"{both} Name one of them, or the same twice.")
            return held, "/" + rest
        if path.startswith("/s/"):
            key, _, rest = path[3:].partition("/")
            if key in self._sessions:
                return self._sessions[key], "/" + rest
            routed = self._sessions.route(method, head.host, path)
            if routed is None or routed.session.world.router.match(method, path) is None:
                return self._session_by_key(key), "/" + rest
            return routed, path
        found = self._sessions.route(method, head.host, path)
        if found is None:
            served = ", ".join(
                f"{name} under {world.document.base_path or '/'}"
                for name, world in self._sessions.worlds.items()
            )
            raise Refused(404, f"No document here has {method} {path}. Served: {served}.")
        return found, path

    def _session_by_key(self, key: str) -> Held:
        try:
            return self._sessions.find(key)
        except UnknownName as error:
            raise Refused(404, str(error)) from None

    async def _body(self, receive: Receive, head: Head) -> bytes | None:
        """The whole body, at most the limit; None if the client left in the middle."""
        if head.length == 0:
            return b""
        if head.length is not None and head.length > self._body_limit:
            raise Refused(413, f"The body may have {self._body_limit} bytes.")
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


async def _stream(send: Send, response: Response, method: str) -> None:
    """A stream's items one by one, without a length that would be known beforehand."""
    start = _start(response)
    start["headers"] = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    await send(start)
    if method != "HEAD":
        for piece in pieces(response.header("content-type") or "", response.body):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(PAUSE)
    await send({"type": "http.response.body", "body": b""})


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
