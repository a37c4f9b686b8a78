"""A session behind a socket: `--transport http`. The agent's calls are real HTTP requests to a
server of ours, and must show what they show in process.

What is no HTTP request of the document (meta-tools, unknown tools, arguments that are no JSON) goes
through the control plane. Virtual time is not slept: only a timeout costs wall time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import orjson

from agent.errors import BackendError
from agent.runtime.environment import Forms, SessionEnvironment, ToolForm
from agent.runtime.parsing import read_arguments
from sandbox.document import Document, encode
from sandbox.document.security import credentials
from sandbox.messages import Observation, Request, Response, observe
from sandbox.tools import Tool, bind
from sandbox.transports.meta_requests import PREFIX as META_PREFIX
from sandbox.transports.server import Background, Server
from sandbox.transports.wall_time import Pace
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.transports.session_table import Held

_PATIENCE: Final = 1.5
"""Wall seconds after which a lost call has timed out; the server holds it a little longer."""
_LONGEST: Final = 30.0
"""Wall seconds after which the server itself has failed."""


class Still(Pace):
    """Virtual time that no wall clock moves: the bytes are those of a session in process."""

    def arrive(self, session: Any) -> None:
        """Nothing: however long the agent thought, no virtual time has passed."""

    def wall(self, virtual: float) -> float:
        return 0.0

    def in_wall_time(self, response: Response, session: Any) -> Response:
        return response


class ClientWaits(Pace):
    """Virtual time for a program, which has no tool to wait with: its pauses after a failure count.

    What it thinks otherwise costs no time, so that a slow machine changes little.
    """

    def arrive(self, session: Any) -> None:
        reply = session.ledger[-1].response if session.ledger else None
        if reply is not None and (reply.transport is not None or reply.status >= 400):
            super().arrive(session)


@dataclass(slots=True)
class Hub:
    """One server for all episodes of a collection; started when the first one needs it."""

    worlds: Iterable[World]
    mcp: bool = False
    """Whether the server answers MCP clients as well."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _server: Server | None = None
    _client: httpx.AsyncClient | None = None
    url: str = ""

    def open(self, world: World, options: Mapping[str, Any]) -> Held:
        """A new session on the server."""
        if self._server is None:
            worlds = {each.document.sha256: each for each in self.worlds}
            self._server = Server(worlds, mcp=self.mcp)
            self.url = self._stack.enter_context(Background(self._server)).url
        held = self._server.sessions.open(world.document.sha256, **options)
        held.pace = Still(1.0)
        return held

    def leave(self, held: Held) -> None:
        """Forget a session."""
        assert self._server is not None
        self._server.sessions.close(held.id)

    @property
    def token(self) -> str:
        assert self._server is not None
        return self._server.token

    def client(self) -> httpx.AsyncClient:
        """The one client of the collection."""
        if self._client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
            self._client = httpx.AsyncClient(limits=limits, trust_env=False)
        return self._client

    async def close(self) -> None:
        """Stop the server and close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        self._stack.close()
        self._server = None


class ServedEnvironment:
    """A session on a server, called over HTTP."""

    def __init__(
        self, hub: Hub, held: Held, *, offered: Iterable[str] = (), forms: Forms | None = None
    ) -> None:
        self.session = held.session
        self._hub = hub
        self._held = held
        self._shown = SessionEnvironment(held.session, offered=offered, forms=forms)

    @property
    def tools(self) -> list[ToolForm]:
        """As in process."""
        return self._shown.tools

    @property
    def base_url(self) -> str:
        """Where a foreign client finds the document in this session."""
        return f"{self._hub.url}/s/{self._held.id}{self.document.base_path}"

    @property
    def meta_url(self) -> str:
        """Where a foreign client finds the meta-tools of this session."""
        return f"{self._hub.url}/s/{self._held.id}{META_PREFIX.rstrip('/')}"

    @property
    def session_id(self) -> str:
        """For the header `x-wavetank-session`."""
        return self._held.id

    def count_waits(self) -> None:
        """Let the pauses of a client that has no tool to wait with move the session's clock."""
        self._held.pace = ClientWaits()

    async def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        """One call over the socket. Raises BackendError when the server itself fails."""
        given = read_arguments(arguments) if isinstance(arguments, str) else arguments
        tool = self.session.tools.get(name)
        if given is None or tool is None or tool.operation is None:
            return await self.call_control_plane(name, arguments)
        document = self.document
        assert tool.operation is not None
        request = sign(
            tool, encode(tool.operation, bind(tool, given), document.base_path), document
        )
        return observe(await self._send(request))

    async def _send(self, request: Request) -> Response:
        """The reply to a document's request, or how the connection failed."""
        before = len(self.session.ledger)
        target = request.path + (f"?{request.query}" if request.query else "")
        wire = httpx.Request(
            request.method,
            httpx.URL(self._hub.url).copy_with(raw_path=target.encode()),
            headers=[*request.headers, ("x-wavetank-session", self._held.id)],
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "write", "pool", "read"), _LONGEST)},
        )
        asked = asyncio.ensure_future(self._reply(wire))
        try:
            # On a busy machine a reply may be late without being lost: the ledger knows.
            for _ in range(round(_LONGEST / _PATIENCE)):
                await asyncio.wait({asked}, timeout=_PATIENCE)
                if asked.done():
                    return await asked
                if self._is_lost(before):
                    break
            return self._fail(httpx.ReadTimeout("no reply"), before)
        except httpx.TransportError as error:
            return self._fail(error, before)
        finally:
            asked.cancel()

    async def _reply(self, wire: httpx.Request) -> Response:
        reply = await self._hub.client().send(wire, stream=True)
        body = b"".join([chunk async for chunk in reply.aiter_raw()])
        await reply.aclose()
        headers = tuple((name.lower(), value) for name, value in reply.headers.multi_items())
        return Response(reply.status_code, headers, body)

    def _is_lost(self, before: int) -> bool:
        """Whether the server has been told to let this call time out."""
        ledger = self.session.ledger
        return len(ledger) > before and ledger[-1].response.transport == "timeout"

    def _fail(self, error: httpx.TransportError, before: int) -> Response:
        """A connection that failed as the server was told to; any other failure is ours."""
        ledger = self.session.ledger
        if len(ledger) == before:
            raise BackendError(self._hub.url, f"the call did not arrive: {error!r}") from None
        said = ledger[-1].response
        kind = "timeout" if isinstance(error, httpx.TimeoutException) else _failure_of(error)
        if said.transport is None and kind == "timeout":
            raise BackendError(self._hub.url, "the server was too slow to answer") from None
        return Response(said.status, transport=said.transport or kind)

    async def call_control_plane(
        self, name: str, arguments: Mapping[str, Any] | str
    ) -> Observation:
        """A call that is no request of the document, through the control plane."""
        reply = await self._hub.client().post(
            f"{self._hub.url}/_wavetank/sessions/{self._held.id}/calls",
            content=orjson.dumps({"tool": name, "arguments": arguments}),
            headers={
                "authorization": f"Bearer {self._hub.token}",
                "content-type": "application/json",
            },
            timeout=30.0,
        )
        if reply.status_code != 200:
            raise BackendError(
                self._hub.url, f"control plane: {reply.status_code} {reply.text[:200]}"
            )
        seen = orjson.loads(reply.content)
        return Observation(seen["text"], seen["status"], seen["error"])

    @property
    def document(self) -> Document:
        """The version of the document that the agent's tools were made from."""
        session = self.session
        if session.drift is None or session.docs == 0:
            return session.world.document
        return session.drift.releases[session.docs - 1].document


def sign(tool: Tool, request: Request, document: Document) -> Request:
    """The request with the credentials that its operation asks for."""
    assert tool.operation is not None
    query, headers = credentials(tool.operation, document)
    joined = "&".join(filter(None, (request.query, query)))
    return Request(request.method, request.path, joined, (*request.headers, *headers), request.body)


def _failure_of(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ReadError | httpx.WriteError | httpx.ConnectError):
        return "reset"
    return "garbled" if "illegal" in str(error) else "closed"
