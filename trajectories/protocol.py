"""The strings of the α-UMi protocol that every room shares: tags, end marker, plans, rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

END: Final = "</s>"
"""Ends a turn in text; a trainer or local backend writes its tokenizer's own end token instead."""
ROLES: Final = ("planner", "caller", "summarizer")
TAGS: Final = {
    "call": "Next: caller.",
    "finish": "Next: conclusion.",
    "give_up": "Next: give up.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One training example: `input + target + END` is exactly what the model sees."""

    role: str
    """planner, caller or summarizer; in the published layout also backbone."""
    input: str
    target: str
    history: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    """Published layout only: the turns before this one, as {from, value}."""


def plan_of(text: str) -> str | None:
    """The plan a planner's tag names (call, finish, give_up), or None without a tag.

    With several tags the published precedence holds: give up, then conclusion, then caller.
    """
    for plan in ("give_up", "finish", "call"):
        if TAGS[plan].rstrip(".") in text:
            return plan
    return None
