"""faultbench's in-process server with its trace and no faults, at the same work as ours.

Run by an interpreter that has faultbench, so that ours needs none of it. Reads lines such as
"POST 500" and answers each with the CPU seconds that so many calls took.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import time
from typing import Any

from faultbench.server.mcp_server import build_server
from faultbench.trace.recorder import Recorder
from faultbench.world.engine import World
from faultbench.world.schema import parse_world

SHOP = {
    "name": "shop",
    "seed": 1,
    "services": {
        "pets": {
            "records": {"pet": {"id": "str", "name": "str", "photo": "str"}},
            "operations": {
                "get_pet": {"kind": "get", "record": "pet"},
                "create_pet": {"kind": "create", "record": "pet"},
            },
        }
    },
}


def server() -> tuple[Any, str]:
    """A fresh server and the id of the pet that it has."""
    shop = World(parse_world(SHOP))
    pet = shop.table("pet").insert(name="Zorro", photo="u")
    return build_server(shop, recorder=Recorder(run=0)), pet["id"]


async def read(made: Any, id: str, calls: int) -> None:
    for _ in range(calls):
        await made.call_tool("get_pet", {"id": id})


async def write(made: Any, id: str, calls: int) -> None:
    for index in range(calls):
        await made.call_tool("create_pet", {"name": f"Zorro {index}", "photo": "u"})


def seconds(work: Any, calls: int) -> float:
    made, id = server()
    # It prints every call; into memory here, which costs it the least.
    with contextlib.redirect_stderr(io.StringIO()):
        start = time.process_time()
        asyncio.run(work(made, id, calls))
        return time.process_time() - start


if __name__ == "__main__":
    for line in sys.stdin:
        name, calls = line.split()
        print(seconds({"GET": read, "POST": write}[name], int(calls)), flush=True)  # noqa: T201
