"""Role texts to scored replies, by the published evaluation's rules.

These are laxer than the runtime's parser on purpose: numbers are only comparable with published
ones when the same text earns the same score. A turn without a tag counts as a call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from trajectories.protocol import Plan, plan_of

NONE: Final = "none"
"""The published placeholder for an action or answer that is not there."""
_CONCLUSION: Final = re.compile(r"conclusion:\s")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one step says: a plan, and a call or an answer with it."""

    plan: Plan
    action: str = NONE
    arguments: str = "{}"
    """The arguments' text, possibly not JSON."""
    answer: str = NONE
    tagged: bool = True
    """Whether the planner's text named a plan at all."""


def read_plan(text: str) -> tuple[Plan, bool]:
    """The plan, and whether a tag named it. Give up wins over conclusion, that over caller."""
    plan = plan_of(text)
    return plan or "call", plan is not None


def read_call(text: str) -> tuple[str, str]:
    """Action and argument text: what follows the last marker of each kind."""
    after = text.rpartition("Action:")[2] if "Action:" in text else ""
    action = after.partition("Action Input:")[0].strip()
    arguments = text.rpartition("Action Input:")[2].strip() if "Action Input:" in text else ""
    return action or NONE, arguments or "{}"


def read_answer(text: str) -> str:
    """The text after the last `conclusion: `, or all of it."""
    found = list(_CONCLUSION.finditer(text))
    return (text[found[-1].end() :] if found else text).replace("</s>", "").strip()


def reply_of(planner: str, following: str = "") -> Reply:
    """One step from its two texts: the planner's, and the caller's or summarizer's."""
    plan, tagged = read_plan(planner)
    if plan == "give_up":
        return Reply("give_up", tagged=tagged)
    if plan == "finish":
        return Reply("finish", answer=read_answer(following), tagged=tagged)
    action, arguments = read_call(following)
    return Reply("call", action, arguments, tagged=tagged)


def read_joined(text: str) -> Reply:
    """One step in the published one-string form, its turns separated by `</s>`.

    A call without `</s>` is read from the whole text, where the original stops with an error.
    """
    plan, tagged = read_plan(text)
    if plan != "call":
        return reply_of(text, text)
    pieces = text.split("</s>")
    action, arguments = read_call(pieces[1] if len(pieces) > 1 else text)
    return Reply("call", action, arguments, tagged=tagged)
