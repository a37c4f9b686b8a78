"""Fault injection for agents: ours beside the libraries on PyPI, on one create that loses replies.

    python -m tests.bench.agent_peers [--out tests/bench/results/agent_peers.json]

pip installs each library at the version named here into a folder of its own, without its
dependencies: they are ours too (agent-chaos needs a `python3.12` on the path, and gets its own).
For each is measured, in a process of its own: calls per CPU second without faults, kinds of faults,
the percent of the faults in 100 calls that hit other calls once one more call was put in before
them, what is found of a doubled write that nobody wrote a check for, and what is left of eight
faults of which one does the harm. None: the library has no such thing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

CALLS: Final = 2_000
BUILD: Final = Path(tempfile.gettempdir()) / "wavetank-peers"
Create = Callable[[int], Awaitable[bool]]
"""Create the nth thing; whether its reply was lost."""


async def calls_per_second(create: Create) -> int:
    for number in range(50):
        await create(-number - 1)  # what is compiled on first use
    start = time.process_time()
    for number in range(CALLS):
        await create(number)
    return round(CALLS / (time.process_time() - start))


async def moved_faults(fresh: Callable[[], Create]) -> int | None:
    """Of the faults in 100 calls, the percent that hit others once a call was put in before."""
    plain, longer = fresh(), fresh()
    for number in range(100):
        await plain(number), await longer(number)
    await longer(-1)
    hit = [number for number in range(100, 200) if await plain(number)]
    still = [number for number in range(100, 200) if await longer(number)]
    return round(100 * len(set(hit) - set(still)) / len(hit)) if hit else None


FAULTS: Final = [*({"type": "http_500", "step": step} for step in range(7)),
                 {"type": "timeout", "step": 7}]  # fmt: skip
"""Eight, of which the last does the harm."""


def harms(chosen: list[Any]) -> bool:
    return any(each["type"] == "timeout" for each in chosen)


async def wavetank() -> dict[str, Any]:
    from agent.evaluation.ddmin import minimise
    from agent.sockets.rollout import Rollouts
    from sandbox import World
    from sandbox.faults.registry import faults
    from trajectories.scoring.findings import findings

    world = World.load("bookshop")

    def lost(trigger: Any) -> Any:
        return {"rules": [{"fault": "T03", "match": {"does": "write"}, "trigger": trigger}]}

    def fresh(share: float) -> Create:
        plan = lost({"model": "iid", "p": share}) if share else None
        session = world.session(seed=1, faults=plan)

        async def create(number: int) -> bool:
            given = {"name": f"Author {number}", "country": "DE"}
            return session.call("createAuthor", given).status is None

        return create

    once = lost({"model": "at_calls", "calls": [0]})
    episode = Rollouts(world, n=1, seed=1, faults=once).open(0)
    for _ in range(2):
        episode.call("createAuthor", {"name": "Ada", "country": "DE"})
    return {
        "calls_per_second": await calls_per_second(fresh(0.0)),
        "faults": len(faults()),
        "moved_by_an_inserted_call": await moved_faults(lambda: fresh(0.3)),
        "found": sorted({each.kind for each in findings(episode.end("Done.").record)}),
        "shrunk_from_8": len(minimise(FAULTS, harms)),
    }


async def faultbench() -> dict[str, Any]:
    from faultbench.faults.profile import KNOWN_ERROR_KINDS, FaultProfile
    from faultbench.server.mcp_server import build_server
    from faultbench.world.engine import World
    from faultbench.world.schema import parse_world

    record = {"pet": {"id": "str", "name": "str"}}
    make = {"create_pet": {"kind": "create", "record": "pet"}}
    pets = {"records": record, "operations": make}

    def fresh(share: float) -> Create:
        faults = FaultProfile.from_dict({"default": {"errors": {"timeout": share}}})
        shop = World(parse_world({"name": "shop", "seed": 1, "services": {"pets": pets}}))
        server = build_server(shop, faults=faults)

        async def create(number: int) -> bool:
            with contextlib.redirect_stderr(io.StringIO()):
                try:
                    result: Any = await server.call_tool("create_pet", {"name": f"pet {number}"})
                except Exception:
                    return True
            return bool(getattr(result, "is_error", False))

        return create

    return {
        "calls_per_second": await calls_per_second(fresh(0.0)),
        "faults": len(KNOWN_ERROR_KINDS) + 3,  # latency, not found while new, rate limit
        "moved_by_an_inserted_call": await moved_faults(lambda: fresh(0.3)),
    }


async def agentproof() -> dict[str, Any]:
    from agentproof import World
    from agentproof.core.effects import EffectDraft
    from agentproof.core.faults import ToolTimeoutError
    from agentproof.mutations import MUTATION_TYPES, TimeoutAfterCommit
    from agentproof.tools.definition import ToolOutcome

    async def add(world: Any, name: str) -> Any:
        effect = EffectDraft(type="pet.created", operation="create", resource=name, data={})
        return ToolOutcome(value={"name": name}, effects=[effect])

    def fresh(occurrence: int) -> Create:
        world = World(seed=1)
        world.tools.register(
            name="create_pet", description="", handler=add, effect="write",
            input_schema={"type": "object", "properties": {"name": {"type": "string"}}},
        )  # fmt: skip
        if occurrence:
            TimeoutAfterCommit(target="create_pet", occurrence=occurrence).install(world)

        async def create(number: int) -> bool:
            try:
                await world.tools.invoke("create_pet", {"name": f"pet {number}"})
            except ToolTimeoutError:
                return True
            return False

        return create

    return {
        "calls_per_second": await calls_per_second(fresh(0)),
        "faults": len(MUTATION_TYPES),
        # Its faults are addressed by occurrence, and one of a kind works for each tool.
        "moved_by_an_inserted_call": await moved_faults(lambda: fresh(150)),
    }


async def arc() -> dict[str, Any]:
    from arc.execution.fork_engine.delta_debugging import ddmin
    from arc.execution.fork_engine.fault_catalog import FaultType
    from arc.sdk import trace_tool

    @trace_tool(name="create_pet")  # type: ignore[untyped-decorator, unused-ignore]
    def add(name: str) -> dict[str, str]:
        return {"name": name}

    async def create(number: int) -> bool:
        add(f"pet {number}")
        return False

    return {
        "calls_per_second": await calls_per_second(create),  # traced only: it has no tools
        "faults": len(FaultType),
        "shrunk_from_8": len(ddmin(FAULTS, harms)),
    }


async def agent_chaos() -> dict[str, Any]:
    from agent_chaos import chaos
    from agent_chaos.core.injector import ChaosInjector

    def fresh(call: int) -> Create:
        # What it changes is the result of a tool that a model asked for; it has no tools itself.
        injector = ChaosInjector([chaos.tool_timeout().on_call(call)] if call else [])
        made: list[str] = []

        async def create(number: int) -> bool:
            made.append(f"pet {number}")
            injector.increment_call()
            result = json.dumps({"name": made[-1]})
            return injector.next_tool_chaos("create_pet", result) is not None

        return create

    return {
        "calls_per_second": await calls_per_second(fresh(0)),
        "faults": sum(name.islower() for name in chaos.__all__),
        # By the number of the call, too: its other trigger, a probability, has no seed.
        "moved_by_an_inserted_call": await moved_faults(lambda: fresh(150)),
    }


SHOPS: Final = {
    each.__name__: each for each in (wavetank, faultbench, agentproof, arc, agent_chaos)
}
PACKAGES: Final = {
    "faultbench": ("faultbench==0.1.1", "faker==40.63.0", "tzdata==2026.6"),
    "agentproof": ("agentproof-sim==0.1.1",),
    "arc": ("arc-reliability==0.1.3",),
    "agent_chaos": ("agent-chaos==0.1.3",),
}
INTERPRETERS: Final = {"agent_chaos": "python3.12"}
"""Libraries that do not run on our oldest Python, with one that they run on."""
ASKED: Final = ("calls_per_second", "faults", "moved_by_an_inserted_call", "found", "shrunk_from_8")


def install(name: str) -> str | None:
    """Why a library does not install here, or None."""
    if name not in PACKAGES or (BUILD / name).exists():
        return None
    python = INTERPRETERS.get(name, sys.executable)
    if shutil.which(python) is None:
        return f"there is no {python} on the path"
    alone = [] if name in INTERPRETERS else ["--no-deps"]
    command = [python, "-m", "pip", "install", "-q", *alone, "--target", str(BUILD / name)]
    command += PACKAGES[name]
    done = subprocess.run(command, capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["ERROR: pip failed"])[0][:300] if done.returncode else None


def measure(name: str) -> dict[str, Any]:
    """What a library's shop says, in a process of its own."""
    if missing := install(name):
        return {"missing": missing}
    ours = [] if name in INTERPRETERS else filter(None, sys.path)
    path = os.pathsep.join([str(BUILD / name), *ours])
    done = subprocess.run(
        [INTERPRETERS.get(name, sys.executable), "-m", "tests.bench.agent_peers", "--shop", name],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        return {"missing": (done.stderr.strip().splitlines() or ["no output"])[-1][:300]}
    found = json.loads(done.stdout.splitlines()[-1])
    return {"packages": list(PACKAGES.get(name, ())), **{each: found.get(each) for each in ASKED}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--shop", choices=SHOPS)
    asked = parser.parse_args()
    if asked.shop:
        sys.stdout.write(json.dumps(asyncio.run(SHOPS[asked.shop]())) + "\n")
        return
    names = ["wavetank", *PACKAGES]
    text = json.dumps({name: measure(name) for name in names}, indent=1) + "\n"
    (asked.out.write_text if asked.out else sys.stdout.write)(text)


if __name__ == "__main__":
    main()
