"""Who builds what a lower layer only names: the one place where an arrow points up, by name.

`world.session(faults="H01")` and `session.transport()` are conveniences over layers that stand
above the world; it asks for them here and imports neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_PROVIDERS: Final = {
    "faults": ("sandbox.faults", "plan"),
    "drift": ("sandbox.drift", "releases"),
    "httpx": ("sandbox.transports.inprocess", "session_transport"),
    "respx": ("sandbox.transports.respx_router", "session_router"),
}


def provider(name: str) -> Any:
    """What builds it: a callable that takes the world or the session."""
    module, attribute = _PROVIDERS[name]
    return getattr(import_module(module), attribute)
