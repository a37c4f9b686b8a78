"""A session over the Model Context Protocol: `--transport mcp`. The calls are those of a real MCP
client to a server of ours, over streamable HTTP, and show what they show in process.

MCP carries arguments as a JSON object. What is no object goes through the control plane.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agent.errors import BackendError
from agent.foreign.http_session import Hub, ServedEnvironment
from agent.installation import how_to_add
from agent.runtime.environment import Forms, ToolForm
from agent.runtime.parsing import read_arguments
from sandbox.messages import Observation

if TYPE_CHECKING:
    from mcp import Client

    from sandbox.transports.session_table import Held


class McpEnvironment:
    """A session on a server, called by an MCP client."""

    def __init__(self, behind: ServedEnvironment, client: Client) -> None:
        self.session = behind.session
        self._behind = behind
        self._client = client

    @property
    def tools(self) -> list[ToolForm]:
        """As in process."""
        return self._behind.tools

    @property
    def base_url(self) -> str:
        """Where a foreign client finds the document in this session."""
        return self._behind.base_url

    @property
    def session_id(self) -> str:
        """For the header `x-wavetank-session`."""
        return self._behind.session_id

    async def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        """One tool call over MCP. Raises BackendError when the server itself fails."""
        from mcp import MCPError

        from sandbox.transports.mcp import STATUS

        given = read_arguments(arguments) if isinstance(arguments, str) else dict(arguments)
        if given is None:
            return await self._behind.call_control_plane(name, arguments)
        try:
            shown = await self._client.call_tool(name, given)
        except MCPError as error:
            raise BackendError(self._behind.base_url, f"MCP: {error}") from None
        texts = [part.text for part in shown.content if part.type == "text"]
        status = (shown.meta or {}).get(STATUS)
        return Observation("".join(texts), status, bool(shown.is_error))


@asynccontextmanager
async def mcp_environment(
    hub: Hub, held: Held, *, offered: Iterable[str] = (), forms: Forms | None = None
) -> AsyncIterator[McpEnvironment]:
    """A client of one session for one episode. Raises BackendError without the extra `mcp`."""
    try:
        from mcp import Client
    except ModuleNotFoundError:
        raise BackendError("mcp", f"is not installed: {how_to_add('mcp')}") from None
    async with Client(f"{hub.url}/_mcp/{held.id}") as client:
        behind = ServedEnvironment(hub, held, offered=offered, forms=forms)
        yield McpEnvironment(behind, client)
