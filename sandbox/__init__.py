"""Any OpenAPI document as a seeded, stateful world of tools that can fail and change.

Names are imported when they are first asked for: `import sandbox` by itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from specs import __version__ as __version__

if TYPE_CHECKING:
    from sandbox.document import Document
    from sandbox.errors import DocumentError, PlanError, SandboxError
    from sandbox.messages import Observation, Request, Response
    from sandbox.tasks.malformed import malformed_calls
    from sandbox.tools import Tool
    from sandbox.world import Exchange, Session, World

__all__ = [
    "Document",
    "DocumentError",
    "Exchange",
    "Observation",
    "PlanError",
    "Request",
    "Response",
    "SandboxError",
    "Session",
    "Tool",
    "World",
    "malformed_calls",
]

_HOMES = {
    "errors": ("DocumentError", "PlanError", "SandboxError"),
    "document": ("Document",),
    "tools": ("Tool",),
    "messages": ("Observation", "Request", "Response"),
    "world": ("Exchange", "Session", "World"),
    "tasks.malformed": ("malformed_calls",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"sandbox.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'sandbox' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
