"""A session over the Model Context Protocol: stdio for desktop clients, streamable HTTP for others.

Arguments are not checked here: a bad call must reach the session, whose answer is the lesson.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from json import dumps
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import mcp_types as types
from mcp.server import NotificationOptions, Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.responses import JSONResponse

from sandbox.errors import UnknownName
from sandbox.tools import Tool, as_dialect
from sandbox.transports.call_limit import CallTooLong
from sandbox.transports.deliveries import is_loopback
from sandbox.transports.journal import NotKept
from sandbox.transports.mcp_output import output_schema, structured_content
from sandbox.transports.session_table import tidy
from specs import __version__

if TYPE_CHECKING:
    from sandbox.transports.asgi_messages import Receive, Scope, Send
    from sandbox.transports.session_table import Sessions
    from sandbox.world import Session

STATUS: Final = "wavetank/status"
"""Key in a result's `_meta`: the HTTP status, or null when no response arrived."""
_INSTRUCTIONS = "Tools of a sandboxed API. Waiting, documentation and sign-in are tools too."

_Context = ServerRequestContext[Any, Any]
Finder = Callable[[_Context], "Session"]
Around = Callable[["Session"], AbstractContextManager[Any]]


def mcp_server(
    find: Finder, *, name: str = "wavetank", search: bool = False, within: Around = nullcontext
) -> Server[Any]:
    """An MCP server that serves the session `find` gives for each request.

    With `search`, the list holds `search_tools` and `call_tool` instead of the document's tools:
    for documents whose hundreds of tools no model could read. Each call runs `within` a context.
    """

    async def list_tools(
        context: _Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        session = find(context)
        shown = session.tools.values()
        if not search:
            return types.ListToolsResult(tools=[_mcp_tool(session, tool) for tool in shown])
        meta = [_mcp_tool(session, tool) for tool in shown if tool.operation is None]
        return types.ListToolsResult(tools=[*SEARCH_TOOLS, *meta])

    async def call_tool(
        context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        session, called = find(context), params.name
        arguments: dict[str, Any] | str = params.arguments or {}
        if search and called == "search_tools":
            return _result(
                find_tools(session.tools, params.arguments or {}), status=200, error=False
            )
        if search and called == "call_tool":
            inner = params.arguments or {}
            given = inner.get("arguments", {})
            called = str(inner.get("tool", ""))
            arguments = given if isinstance(given, dict | str) else {}
        known, tool = session.docs, session.tools.get(called)
        try:
            with within(session):
                seen = session.call(called, arguments)
        except CallTooLong as error:
            return _result(str(error), status=503, error=True)
        except NotKept as error:
            return _result(str(error), status=507, error=True)
        tidy(session)
        if session.docs != known and context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS:
            # Reading the documentation of a drifted server brings other tools into view.
            # It travels with this reply: a server without MCP sessions has no other stream.
            note = types.ToolListChangedNotification()
            await context.session.send_notification(note, context.request_id)
        data = None if seen.error else structured_content(session, tool, seen.text)
        return _result(seen.text, status=seen.status, error=seen.error, data=data)

    return Server(
        name,
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _result(
    text: str, *, status: int | None, error: bool, data: dict[str, Any] | None = None
) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
    return types.CallToolResult(
        content=content, structured_content=data, is_error=error, _meta={STATUS: status}
    )


SEARCH_TOOLS: Final = (
    types.Tool(
        name="search_tools",
        description="Find tools by words of their names and descriptions; the best ones first.",
        input_schema={
            "type": "object",
            "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["query"],
        },
    ),
    types.Tool(
        name="call_tool",
        description="Call a tool that search_tools has found.",
        input_schema={
            "type": "object",
            "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}},
            "required": ["tool"],
        },
    ),
)


def find_tools(shown: Mapping[str, Tool], arguments: Mapping[str, Any]) -> str:
    """The definitions of the tools that share most words with the query, as JSON lines."""
    wanted = _words(str(arguments.get("query", "")))
    limit = arguments.get("limit", 5)
    count = min(max(limit, 1), 20) if type(limit) is int else 5
    ranked: list[tuple[int, str]] = []
    for tool in shown.values():
        named, described = _words(tool.name), _words(tool.description)
        score = 3 * len(wanted & named) + len(wanted & described)
        if score and tool.operation is not None:
            ranked.append((-score, tool.name))
    best = [shown[name] for _, name in sorted(ranked)[:count]]
    lines = [dumps(as_dialect(tool, "openai")["function"]) for tool in best]
    return "\n".join(lines) or "No tool has these words."


def _words(text: str) -> set[str]:
    """Lower-case words, camelCase split, a plural s dropped."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", text)
    return {part.lower().removesuffix("s") for part in parts}


def _mcp_tool(session: Session, tool: Tool) -> types.Tool:
    schema = output_schema(session, tool)
    output = {} if schema is None else {"outputSchema": schema}
    return types.Tool.model_validate({**as_dialect(tool, "mcp"), **output})


async def serve_stdio(session: Session, *, name: str = "wavetank", search: bool = False) -> None:
    """Serve one session over standard input and output until the client hangs up."""
    server = mcp_server(lambda context: session, name=name, search=search)
    async with stdio_server() as (reader, writer):
        changes = NotificationOptions(tools_changed=True)
        await server.run(reader, writer, server.create_initialization_options(changes))


class McpPlane:
    """Streamable HTTP: `/_mcp` for the default session, `/_mcp/{session}` for any other."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        server = mcp_server(self._find, within=sessions.call)
        self._manager = StreamableHTTPSessionManager(server, stateless=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The SDK's task group; the application enters it for its lifetime."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if origin is not None and not _is_local(origin.decode("latin-1")):
            # A page of another site, whatever name it gave this machine: it is no client.
            detail = {"detail": "Web pages of other origins are not answered here."}
            await JSONResponse(detail, 403)(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)

    def _find(self, context: _Context) -> Session:
        path = context.request.url.path if context.request is not None else ""
        key = path.removeprefix("/_mcp").strip("/")
        if not key:
            return next(iter(self._sessions.values())).session
        return self._sessions.find(key).session


def _is_local(origin: str) -> bool:
    try:
        return is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


def print_config(client: str, *, command: str, arguments: list[str]) -> str:
    """What to paste into a client's settings so that it starts `command` over stdio."""
    entry: dict[str, Any] = {"command": command, "args": arguments}
    if client == "vscode":
        return dumps({"servers": {"wavetank": {"type": "stdio", **entry}}}, indent=2)
    if client in ("claude", "cursor"):
        return dumps({"mcpServers": {"wavetank": entry}}, indent=2)
    raise UnknownName("client", client, ("claude", "cursor", "vscode"))
