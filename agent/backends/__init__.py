"""What writes a role's text: a local model, a server, a script, a recording.

A backend is anything with `generate`. It gets many requests at once (the episodes that happen to
wait) and returns one text for each, in order. It raises BackendError when it cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Backend", "RoleRequest"]


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """One role's turn to speak."""

    role: str
    """planner, caller or summarizer."""
    prompt: str
    """Everything the role reads, from `trajectories.rows.prompt`; empty for a backend whose
    `reads_prompt` is False."""
    stop: tuple[str, ...] = ()
    """The text ends before the first of these."""
    max_tokens: int = 512
    grammar: Any | None = None
    """What the text is held to while decoding, for a backend that can; None for free text."""
    seed: int = 0
    """For a backend that samples: the same seed and prompt give the same text."""
    tools: Sequence[dict[str, Any]] = ()
    """The tools offered now, in the openai form."""
    messages: Sequence[Any] = ()
    """The conversation so far (`trajectories.records.Message`)."""
    tried: tuple[str, ...] = ()
    """What this role wrote here before and what led nowhere: something else is wanted."""


class Backend(Protocol):
    """Writes role texts. An attribute `reads_prompt = False` says that it needs no prompt, one
    `calculates = True` that its summarizer gives the counts and sums that the runtime calculates.
    """

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """One text per request, in their order. Raises BackendError."""
        ...
