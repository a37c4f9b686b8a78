"""One server for everything: documents, sessions, control plane, MCP, and mounted pages."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from sandbox.document.routing import Match
from sandbox.messages import SHOWN_HEADERS
from sandbox.transports.asgi import DataPlane
from sandbox.transports.asgi_messages import SESSION_HEADER, Application, Receive, Scope, Send
from sandbox.transports.lazy_imports import LazyApplication, RunningApplication
from sandbox.transports.reload import Loader, watch
from sandbox.transports.request_log import Report
from sandbox.transports.session_file import Saving
from sandbox.transports.session_table import Sessions
from sandbox.transports.socket_faults import SocketProtocol, hang_up
from sandbox.transports.workers import prefix_of

if TYPE_CHECKING:
    from sandbox.transports.mcp import McpPlane
    from sandbox.transports.refereeing import Refereeing
    from sandbox.world import World

CONTROL_PREFIX = "/_wavetank"
MCP_PREFIX = "/_mcp"
PAGES_PREFIX = "/_docs"


class Server:
    """The whole ASGI application. `token` opens the control plane; one is made if none is given.

    `watched` documents (name → file and how to load it) are loaded anew when the file changes.
    `state` is a file that keeps the sessions from one start to the next; PlanError when it is of
    other documents or seeds. With `referee`, openapi-core judges every exchange.
    Callbacks and webhooks go to loopback hosts and to those of `deliver_to`. `report` takes one
    line for each request to the documents. `links` (label → path) stand on the first page.
    `worker` is the number of this process among several (see `workers`), `address` its own scheme,
    host and port; 0 and "" for one alone.
    """

    def __init__(
        self,
        worlds: Mapping[str, World],
        *,
        token: str | None = None,
        time_scale: float = 60.0,
        options: Mapping[str, Any] | None = None,
        mounts: Mapping[str, Application] | None = None,
        cors: bool = False,
        mcp: bool = True,
        watched: Mapping[str, tuple[Path, Loader]] | None = None,
        state: Path | None = None,
        referee: bool = False,
        deliver_to: Sequence[str] = (),
        report: Report | None = None,
        links: Mapping[str, str] | None = None,
        worker: int = 0,
        address: str = "",
    ) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.sessions = Sessions(
            worlds,
            time_scale=time_scale,
            options=options,
            prefix=prefix_of(worker) if worker else "",
            address=address,
        )
        self._saving = Saving(self.sessions, state) if state is not None else None
        if self._saving is not None:
            self._saving.load()
        self._referee: Refereeing | None = None
        if referee:
            from sandbox.transports.refereeing import Refereeing

            self._referee = Refereeing(self.sessions)
        data = DataPlane(self.sessions, deliver_to=deliver_to, report=report)
        self.plane = None if cors else data
        """What may answer below ASGI: the documents, unless replies need something added."""
        self._data: Application = _with_cors(data, worlds) if cors else data
        self._mcp = _mcp_application(self.sessions) if mcp else None
        self._watched = dict(watched or {})
        self._mounts: dict[str, Application] = dict(mounts or {})
        self._mounts[CONTROL_PREFIX] = LazyApplication(self._control)
        if self._mcp is not None:
            self._mounts[MCP_PREFIX] = self._mcp
        self._links = {"Control plane": f"{CONTROL_PREFIX}/openapi.json", **(links or {})}
        self._pages = LazyApplication(self._document_pages)
        self._mounts[PAGES_PREFIX] = self._pages

    @property
    def speaks_mcp(self) -> bool:
        """Whether MCP is served: it needs the extra `mcp`."""
        return self._mcp is not None

    def _document_pages(self) -> Application:
        from sandbox.transports.pages.application import pages

        mcp = MCP_PREFIX if self.speaks_mcp else None
        return pages(self.sessions, links=self._links, mcp=mcp)

    def _control(self) -> Application:
        from sandbox.transports.control import control_plane

        return control_plane(self.sessions, token=self.token, referee=self._referee)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(self, receive, send)
            return
        try:
            await self._answer(scope, receive, send)
        except asyncio.CancelledError:
            if not await hang_up(scope, receive):
                raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if path.startswith("/_"):
            if self._saving is not None and _opens_or_changes_sessions(scope):
                send = self._saving.before(send)
            for prefix, app in self._mounts.items():
                if path == prefix or path.startswith(prefix + "/"):
                    await app(
                        _mounted_scope(scope, prefix) if app is not self._mcp else scope,
                        receive,
                        send,
                    )
                    return
        if path == "/" and self._opens_pages(scope):
            await self._pages(scope, receive, send)
            return
        await self._data(scope, receive, send)

    def _opens_pages(self, scope: Scope) -> bool:
        """Whether a browser asks for `/` and no document has that path for itself."""
        headers = dict(scope["headers"])
        if scope["method"] not in ("GET", "HEAD") or SESSION_HEADER.encode() in headers:
            return False
        if b"text/html" not in headers.get(b"accept", b""):
            return False
        worlds = self.sessions.worlds.values()
        return not any(isinstance(world.router.match("GET", "/"), Match) for world in worlds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What has to run beside the requests, for the server's lifetime."""
        async with AsyncExitStack() as stack:
            if self._mcp is not None:
                _beside(stack, self._mcp.keep())
            if self._saving is not None:
                stack.callback(self._saving.close)
                _beside(stack, self._saving.keep())
            if self._watched:
                _beside(stack, watch(self.sessions, self._watched))
            if self._referee is not None:
                _beside(stack, self._referee.follow())
            yield


def configuration(app: Server, *, host: str = "127.0.0.1", port: int = 8000) -> uvicorn.Config:
    """uvicorn on its fast parser and loop. Server and Date headers stay out of the bytes."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=SocketProtocol,
        loop="auto",
        ws="none",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


def serve(
    app: Server,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    listener: socket.socket | None = None,
) -> None:
    """Serve until interrupted. The host is the loopback interface unless told otherwise.

    `listener` is a socket that listens already; host and port count for nothing then.
    """
    # The process is the server's alone: what is compiled never becomes garbage, and looking for
    # cycles among a session's many rows after every few hundred calls would cost a third of them.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    app.sessions.call_limit.start()
    sockets = None if listener is None else [listener]
    uvicorn.Server(configuration(app, host=host, port=port)).run(sockets)


class Background:
    """The server in a thread, on a free port of the loopback interface, while the block runs."""

    def __init__(self, app: Server) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = uvicorn.Server(configuration(app))
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.005)
        if not self._server.started:
            raise RuntimeError(f"the server did not start on {self.url}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def _opens_or_changes_sessions(scope: Scope) -> bool:
    """Whether a request changes sessions otherwise than by a call, which is kept by itself."""
    path: str = scope["path"]
    control = path.startswith(CONTROL_PREFIX) and not path.endswith("/calls")
    return control and scope["method"] not in ("GET", "HEAD")


def _beside(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run something endless until the stack unwinds."""
    task = asyncio.create_task(work)
    stack.callback(task.cancel)


def _mcp_application(sessions: Sessions) -> RunningApplication | None:
    """The MCP application, if the extra `mcp` is installed."""
    if find_spec("mcp") is None:
        logging.getLogger("wavetank.server").info("no MCP: the extra 'mcp' is not installed")
        return None

    def make() -> McpPlane:
        from sandbox.transports.mcp import McpPlane

        return McpPlane(sessions)

    return RunningApplication(make)


def _with_cors(app: Application, worlds: Mapping[str, World]) -> Application:
    from starlette.middleware.cors import CORSMiddleware

    declared = {
        name.lower()
        for world in worlds.values()
        for operation in world.document.operations.values()
        for reply in operation.replies.values()
        for name in reply.headers
    }
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=sorted({*declared, *SHOWN_HEADERS} - {"set-cookie"}),
    )


def _mounted_scope(scope: Scope, prefix: str) -> Scope:
    """The scope as a mounted application expects it: its prefix is its root path."""
    return {**scope, "root_path": scope.get("root_path", "") + prefix}


async def _lifespan(app: Server, receive: Receive, send: Send) -> None:
    await receive()
    phase = "startup"
    try:
        async with app.running():
            await send({"type": "lifespan.startup.complete"})
            phase = "shutdown"
            await receive()
    except Exception as error:
        await send({"type": f"lifespan.{phase}.failed", "message": str(error)})
        return
    await send({"type": "lifespan.shutdown.complete"})
