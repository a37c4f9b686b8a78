"""Guesses at a row's next tokens, which one forward then checks.

What the grammar forces is nearly sure. Else what followed the last few tokens where they stood
before: names, ids and arguments are mostly copied from the docs and the conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

LONGEST: Final = 8
"""Tokens of one guess."""
_CONTEXT: Final = 3
"""Tokens that must have stood before in the same order."""
_OVERHEAD: Final = 24
"""What a forward costs beside its tokens, in tokens."""
_HIT: Final = 0.7
"""How often a guessed token is right, for choosing how many to check."""


@dataclass(slots=True)
class Lookup:
    """Where runs of tokens stood last in a text that grows."""

    ids: list[int]
    _places: dict[tuple[int, ...], int] = field(default_factory=dict, repr=False)
    _read: int = 0

    def guess(self) -> list[int]:
        """What followed the last tokens where they stood before; empty where they never did."""
        # The last run itself is left out: it would only find itself.
        for end in range(max(self._read, _CONTEXT), len(self.ids)):
            self._places[tuple(self.ids[end - _CONTEXT : end])] = end
        self._read = len(self.ids)
        place = self._places.get(tuple(self.ids[-_CONTEXT:]))
        return [] if place is None else self.ids[place : place + LONGEST]


def forced_tokens(matcher: Any | None) -> list[int]:
    """The tokens that a grammar leaves no choice about."""
    return [] if matcher is None else list(matcher.compute_ff_tokens())[:LONGEST]


def width(lengths: Sequence[int]) -> int:
    """How many guessed tokens of each row one forward should check, by what it gains and costs."""

    def worth(count: int) -> float:
        gained = len(lengths) + _HIT * sum(min(length, count) for length in lengths)
        return gained / (_OVERHEAD + len(lengths) * (1 + count))

    return max(range(max(lengths, default=0) + 1), key=worth)
