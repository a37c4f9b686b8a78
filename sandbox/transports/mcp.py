"""A session over the Model Context Protocol: stdio for desktop clients, streamable HTTP for others.

Arguments are not checked here: a bad call must reach the session, whose answer is the lesson.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from sandbox.errors import UnknownName
from sandbox.tools import Tool, as_dialect

if TYPE_CHECKING:
    from sandbox.transports.messages import Receive, Scope, Send
    from sandbox.transports.sessions import Sessions
    from sandbox.world import Session

STATUS: Final = "wavetank/status"
"""Key in a result's `_meta`: the HTTP status, or null when no response arrived."""
_INSTRUCTIONS = "Tools of a sandboxed API. Waiting, documentation and sign-in are tools too."

_Context = ServerRequestContext[Any, Any]
Finder = Callable[[_Context], "Session"]


def mcp_server(find: Finder, *, name: str = "wavetank") -> Server[Any]:
    """An MCP server that serves the session `find` gives for each request."""

    async def list_tools(
        context: _Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        shown = find(context).tools
        return types.ListToolsResult(tools=[_listed(tool) for tool in shown.values()])

    async def call_tool(
        context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        seen = find(context).call(params.name, params.arguments or {})
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=seen.text)],
            is_error=seen.error,
            _meta={STATUS: seen.status},
        )

    return Server(
        name, instructions=_INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )


def _listed(tool: Tool) -> types.Tool:
    return types.Tool.model_validate(as_dialect(tool, "mcp"))


async def serve_stdio(session: Session, *, name: str = "wavetank") -> None:
    """Serve one session over standard input and output until the client hangs up."""
    server = mcp_server(lambda context: session, name=name)
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())


class McpPlane:
    """Streamable HTTP: `/_mcp` for the default session, `/_mcp/{session}` for any other."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._manager = StreamableHTTPSessionManager(
            mcp_server(self._find), json_response=True, stateless=True
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The SDK's task group; the application enters it for its lifetime."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)

    def _find(self, context: _Context) -> Session:
        path = context.request.url.path if context.request is not None else ""
        key = path.removeprefix("/_mcp").strip("/")
        if not key:
            return next(iter(self._sessions.values())).session
        return self._sessions.find(key).session


def print_config(client: str, *, command: str, arguments: list[str]) -> str:
    """What to paste into a client's settings so that it starts `command` over stdio."""
    from json import dumps

    entry: dict[str, Any] = {"command": command, "args": arguments}
    if client == "vscode":
        return dumps({"servers": {"wavetank": {"type": "stdio", **entry}}}, indent=2)
    if client in ("claude", "cursor"):
        return dumps({"mcpServers": {"wavetank": entry}}, indent=2)
    raise UnknownName("client", client, ("claude", "cursor", "vscode"))
