"""An MCP client over standard input and output, with the SDK of the protocol's authors.

python mcp_client.py bookshop
"""

from __future__ import annotations

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(document: str) -> None:
    """List the tools and call the first that needs no arguments."""
    server = StdioServerParameters(command="wavetank", args=["mcp", document, "--seed", "7"])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        free = next(tool for tool in tools if not tool.input_schema.get("required"))
        result = await session.call_tool(free.name, {})
        text = getattr(result.content[0], "text", "no text")
        print(len(tools), "tools;", free.name, "->", text[:120])


asyncio.run(main(sys.argv[1]))
