"""Where an agent acts: a list of tools and a way to call them. A session in-process is one; a
session behind a socket is another, and both must show the same observations."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from sandbox.wire import Observation

ToolForm = dict[str, Any]
"""A tool as agents see it: {"type": "function", "function": {name, description, parameters}}."""


class Environment(Protocol):
    """One episode's surroundings."""

    @property
    def tools(self) -> list[ToolForm]:
        """What is offered now, meta-tools included, in the openai form. Drift may change it."""
        ...

    def call(
        self, name: str, arguments: Mapping[str, Any] | str
    ) -> Observation | Awaitable[Observation]:
        """Call a tool; a text is sent as it was written, even when it is not JSON."""
        ...


def tool_names(tools: list[ToolForm]) -> frozenset[str]:
    """The names offered by a list of tools in the openai form."""
    return frozenset(tool["function"]["name"] for tool in tools)
