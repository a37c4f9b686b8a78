"""Role texts to plans and calls, by the published protocol. Strict: nothing is repaired or guessed.

Planner: a thought that ends in `Next: caller.`, `Next: conclusion.` or `Next: give up.`; when
several stand there, giving up wins over concluding and concluding over calling. No tag at all is a
class of its own. Caller: `Action: NAME` and `Action Input: JSON`; of several the last counts.
Summarizer: plain text. Arguments are read by orjson, never evaluated; the raw text is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agent.runtime.events import Plan
from sandbox import exact_json
from trajectories.protocol import END, tag_in

# At the start of a line only: a JSON text cannot hold a raw line break inside a string, so a
# marker quoted in an argument's value is never taken for a marker.
_ACTION = re.compile(r"^[ \t]*Action:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"^[ \t]*Action Input:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PlanText:
    """A planner's turn."""

    plan: Plan
    text: str
    """Cut after the tag that won."""


@dataclass(frozen=True, slots=True)
class CallText:
    """A caller's turn."""

    name: str
    """Empty when there is no `Action:` line."""
    arguments: dict[str, Any] | None
    """None when the input is not a JSON object."""
    raw: str
    """The input as written; `{}` when there is no `Action Input:` line."""
    text: str
    """The whole turn as written."""


def parse_plan(text: str) -> PlanText:
    """The plan of a planner's text; `none` when it has no tag."""
    spoken = _turn(text)
    plan, end = tag_in(spoken)
    return PlanText(plan or "none", spoken[:end])


def parse_call(text: str) -> CallText:
    """The call of a caller's text. Missing name: empty; missing input: `{}`, as published."""
    spoken = _turn(text)
    names = list(_ACTION.finditer(spoken))
    if not names:
        return CallText("", read_arguments(spoken), spoken, spoken)
    last = names[-1]
    marker = _INPUT.search(spoken, last.end())
    raw = spoken[marker.end() :].strip() if marker else "{}"
    return CallText(last.group(1), read_arguments(raw), raw, spoken)


def parse_answer(text: str) -> str:
    """The answer of a summarizer's text: all of it, without the role marker some models repeat."""
    return _turn(text).removeprefix("conclusion:").strip()


def read_arguments(raw: str) -> dict[str, Any] | None:
    """A JSON object, or None for any other text."""
    try:
        value = exact_json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _turn(text: str) -> str:
    """The text of one turn: up to the end mark, without surrounding blanks."""
    return text.partition(END)[0].strip()
