"""What an agent sees of an operation: a name, a description and a JSON Schema of the arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from sandbox import notebook

if TYPE_CHECKING:
    from sandbox.conventions.conventions import OperationFacts
    from sandbox.document import Operation


@dataclass(frozen=True, slots=True, repr=False)
class Tool:
    """One callable thing in the agent's list. `operation` is None for a meta-tool."""

    name: str
    """Legal for every provider: a letter or underscore first, then `[A-Za-z0-9_-]`."""
    description: str
    parameters: dict[str, Any]
    """Self-contained JSON Schema 2020-12 of the arguments: an object, recursion under `$defs`."""
    operation: Operation | None
    arguments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Argument name → (location, the document's name). The name "" is the location as a whole:
    a body that is no plain object, or a grouped location."""
    losses: tuple[str, ...] = ()
    """What of the operation the agent cannot see or send, one clause each."""
    media_type: str | None = None
    """Under which of the document's media types the body goes out."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Property keys inside values that no provider accepts: legal key → the document's key."""
    meta: str | None = None
    """For a meta-tool its fixed kind, whatever `name` it carries: wait, read_docs, …"""
    facts: OperationFacts | None = field(default=None, compare=False)
    """What is known of the operation, where the tool belongs to a world."""

    @property
    def key_argument(self) -> str | None:
        """The argument that takes an idempotency key, if there is one."""
        keyed = self.facts.idempotency if self.facts is not None else None
        return keyed.argument(self.arguments) if keyed is not None else None

    def __repr__(self) -> str:
        return f"<Tool {self.name}({', '.join(self.parameters.get('properties', ()))})>"

    def _repr_html_(self) -> str:
        schema = orjson.dumps(self.parameters, option=orjson.OPT_INDENT_2).decode()
        return notebook.text(self.name, f"{self.description}\n\n{schema}")
