"""Optional parts: what a command needs beyond the core, said before it is missed."""

from __future__ import annotations

from importlib.util import find_spec

from agent.errors import AgentError
from agent.installation import how_to_add


def needs(extra: str, module: str, purpose: str) -> None:
    """Raise AgentError, saying what to install, when a module is not there."""
    if find_spec(module) is None:
        raise AgentError(f"{purpose} needs the extra {extra!r}: {how_to_add(extra)}")


def has_local() -> bool:
    """Whether models can be run and trained here."""
    return all(find_spec(name) is not None for name in ("torch", "transformers", "peft"))
