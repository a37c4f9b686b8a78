"""An MCP client over streamable HTTP, on a server whose tools change while it works.

wavetank serve bookshop --drift D03 --port 8123 &
python mcp_over_http.py http://127.0.0.1:8123/_mcp
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from mcp import Client


async def main(url: str) -> None:
    """Call a tool, and read the list of tools anew when the server says that it has changed."""
    changed = asyncio.Event()

    async def hear(message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            changed.set()

    # The notification belongs to the protocol with sessions, which the SDK calls legacy.
    async with Client(url, message_handler=hear, mode="legacy") as client:
        before = (await client.list_tools()).tools
        free = next(tool for tool in before if not tool.input_schema.get("required"))
        await client.call_tool(free.name, {})
        await client.call_tool("read_docs", {})
        await asyncio.wait_for(changed.wait(), 10)
        after = (await client.list_tools()).tools
        print("the tools have changed:", next(tool for tool in after if tool not in before).name)


asyncio.run(main(sys.argv[1]))
