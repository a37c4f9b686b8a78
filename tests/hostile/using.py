"""What a user does with a document first: load it, look at its tools, call them."""

from __future__ import annotations

from time import process_time
from typing import Any

from sandbox import World
from sandbox.document import Document
from sandbox.errors import SandboxError
from sandbox.tools import as_dialect

LOAD, CALL = 3.0, 3.0
"""Seconds of processor time: a few times what it takes, since machines are noisy, and far less than
what grows with its input takes."""
_LARGE = 1_000_000


def use(data: bytes, *, large: float = 0.0) -> str:
    """What went wrong with a document; "" for nothing.

    `large`: further seconds for each step with a document of more than a megabyte.
    """
    allowance = large if len(data) > _LARGE else 0.0
    start = process_time()
    try:
        world = World(Document.parse(data, source="hostile.yaml"))
    except SandboxError as error:
        said = str(error)
        if "\n" in said.strip() or len(said) > 2000:
            return f"not one sentence: {said[:300]}"
        return _late("refused", start, LOAD + allowance)
    if slow := _late("loaded", start, LOAD + allowance):
        return slow
    session = world.session(seed=1)
    for name in list(world.tools)[:3]:
        start = process_time()
        for dialect in ("openai", "openai-strict", "gemini"):
            as_dialect(world.tools[name], dialect)
        if slow := _late(f"{name} converted", start, CALL + allowance):
            return slow
        attempts: tuple[dict[str, Any], ...] = ({}, {"body": {}}, {"id": "x", "q": "x"})
        for arguments in attempts:
            start = process_time()
            session.call(name, arguments)
            if slow := _late(f"{name} called", start, CALL + allowance):
                return slow
    return ""


def _late(what: str, start: float, limit: float) -> str:
    took = process_time() - start
    return f"{what} after {took:.1f} s" if took > limit else ""
