"""What a scripted agent does next. A play is a generator: it yields moves and is sent observations,

    def play(scene):
        seen = yield Call("I look up the order.", "get_order", {"orderId": "7"})
        yield Finish("The order is there.", "It has shipped.")

and `agent.backends.scripted` turns the moves into the text that the three roles would write.
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


Move = Call | Finish | GiveUp
Play = Generator[Move, Seen, None]
