"""Texts that go in circles: small models end up saying one phrase for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

_LONGEST: Final = 8
"""Tokens of a phrase."""
_WORDS: Final = 3
"""Times in a row at which a phrase with a letter in it is one too many."""
_OTHERS: Final = 12
"""The same for digits and marks, which stand in rows more often."""


def closes_circle(written: Sequence[int], token: int, text: Callable[[Sequence[int]], str]) -> bool:
    """Whether a text that goes on with a token says a phrase once too often in a row; `text` reads
    tokens."""
    said = [*written[-_LONGEST * _OTHERS :], token]
    for length in range(1, _LONGEST + 1):
        phrase, times = said[-length:], 1
        while said[-(times + 1) * length : -times * length] == phrase:
            times += 1
        if times >= _OTHERS or (times >= _WORDS and any(map(str.isalpha, text(phrase)))):
            return True
    return False
