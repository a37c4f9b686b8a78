"""What a scripted agent does next. A behaviour is a generator of actions that is sent observations,

    def behave(scene):
        seen = yield Call("I look up the order.", "get_order", {"orderId": "7"})
        yield Finish("The order is there.", "It has shipped.")

and `agent.backends.scripted` turns the actions into the text that the three roles would write.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from trajectories.records import Claim


@dataclass(frozen=True, slots=True)
class Call:
    """Call a tool; `arguments` as a text are written as they are."""

    thought: str
    tool: str
    arguments: dict[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """Stop and answer."""

    thought: str
    answer: str
    claim: Claim = "done"
    """What the answer is meant to say of the task."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop without an answer; the thought says why, or asks."""

    thought: str
    claim: Claim | None = None
    """None: as the thought says it; without words for it, that it cannot be done."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back for a call."""

    text: str
    status: int | None
    error: bool


Action = Call | Finish | GiveUp
Actions = Generator[Action, Seen, None]
