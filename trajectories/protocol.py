"""The strings of the α-UMi protocol that every package shares: tags, end marker, plans, rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

END: Final = "</s>"
"""Ends a turn in text; a trainer or local backend writes its tokenizer's own end token instead."""
ROLES: Final = ("planner", "caller", "summarizer")
TAGS: Final[dict[str, str]] = {
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


Plan = Literal["call", "finish", "give_up"]

_PRECEDENCE: Final[tuple[Plan, ...]] = ("give_up", "finish", "call")


def plan_of(text: str) -> Plan | None:
    """The plan a planner's tag names (call, finish, give_up), or None without a tag.

    With several tags the published precedence holds: give up, then conclusion, then caller.
    """
    return tag_in(text)[0]


def tag_in(text: str) -> tuple[Plan | None, int]:
    """The plan that a planner's text names and where its tag ends; (None, length) without a tag.

    The tag's full stop may be missing, as in the published metrics.
    """
    for plan in _PRECEDENCE:
        start = text.find(TAGS[plan].rstrip("."))
        if start >= 0:
            end = start + len(TAGS[plan]) - 1
            return plan, end + text.startswith(".", end)
    return None, len(text)


def without_tag(text: str) -> str:
    """A planner's text without the tag at its end."""
    stripped = text.rstrip()
    for tag in TAGS.values():
        if stripped.endswith(tag):
            return stripped.removesuffix(tag).rstrip()
    return stripped
