"""What the runtime says while an episode runs. It knows no listener: whoever iterates may listen.

Order: (Planned, Called, Observed)*, then Planned with Answered or GaveUp, then Ended. A budget may
cut the sequence anywhere; Ended always comes last, exactly once. After a search Searched stands
before all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trajectories.records import Claim

Plan = Literal["call", "finish", "give_up", "none"]
Reason = Literal["finish", "give_up", "steps", "tokens", "repeats", "error"]


@dataclass(frozen=True, slots=True)
class Planned:
    """The planner spoke."""

    text: str
    """The thought with its tag, cut after the tag: what the next role reads."""
    plan: Plan
    """`none` when there was no tag; the runtime then calls, as the published protocol does."""


@dataclass(frozen=True, slots=True)
class Called:
    """The caller spoke."""

    name: str
    arguments: dict[str, Any] | None
    """None when the text is not a JSON object."""
    raw: str
    """The arguments as written."""
    text: str = ""
    """The whole turn as written, babble included."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the environment showed for the call."""

    text: str
    status: int | None
    error: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The summarizer spoke: the final answer."""

    text: str
    claim: Claim | None = None
    """What it claims; None where that has to be read from the text."""
    calculated: tuple[str, ...] = ()
    """What the runtime has calculated for it, such as "count of listRooms = 7"."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The planner gave up; its thought may hold a question to the user."""

    text: str
    claim: Claim = "cannot"


@dataclass(frozen=True, slots=True)
class Ended:
    """The episode is over."""

    reason: Reason
    role: str | None = None
    """Which role a budget or an error is held against; None for finish and give_up."""
    detail: str = ""
    """What an agent that crashed said about it, or how it broke its contract."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search cost before it chose the branch whose events follow."""

    steps: int
    """Planner turns in all branches together."""
    calls: int
    """Calls in all branches together, each in a fork."""


Event = Searched | Planned | Called | Observed | Answered | GaveUp | Ended
