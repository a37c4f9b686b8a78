"""A request as words: quoted texts, numbers and words, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from sandbox.conventions.words import singular

_QUOTED: Final = r'""[^"\n]+""|"[^"\n]*"|“[^”\n]*”|(?<!\w)\'[^\'\n]+\'(?!\w)'
_TOKEN: Final = r"(?:~?/)?[\w#@+-][\w.:@/+=$%-]*[\w=%-]|\w"
_GROUPED: Final = r"\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b(?![\w-])"
_LARGE: Final = r"\b\d+(?:\.\d+)? (?:thousand|million|billion)\b"
_WORD: Final = re.compile(rf"{_QUOTED}|{_GROUPED}|{_LARGE}|{_TOKEN}|,")
_MIXED: Final = re.compile(r"[a-z]+[A-Z]")
_SIZES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a quoted text of a request."""

    text: str
    quoted: bool = False
    is_proper: bool = False
    """Whether it is capitalised inside a sentence."""

    @property
    def plain(self) -> str:
        """As names are compared: lower case, singular."""
        return "" if self.quoted else singular(self.text.lower())

    @property
    def is_value(self) -> bool:
        """Whether it can only be a value: quoted, or no word of a language ("x7", "jxwRtpv")."""
        text = self.text
        is_letter = len(text) == 1 and text.isupper() and text not in ("A", "I")
        return self.quoted or is_letter or not text.isalpha() or _MIXED.match(text) is not None


@lru_cache(maxsize=256)
def request_words(text: str) -> tuple[Word, ...]:
    """A request as words; a comma is a word of its own."""
    return tuple(map(_word, _WORD.finditer(text)))


def _word(found: re.Match[str]) -> Word:
    text, start = found[0], found.start()
    before = found.string[max(0, start - 2) : start]
    if text[0] in "\"“'":
        return Word(_inside(text[1:-1]), True)
    is_inside = before[-1:] == " " and (before[:1].islower() or before[:1] == ",")
    return Word(_number(text), is_proper=is_inside and text[0].isupper())


@lru_cache(maxsize=256)
def spoken_words(text: str) -> frozenset[str]:
    """A request's words as names are compared, quoted texts aside (they count as an empty one)."""
    return frozenset(word.plain for word in request_words(text))


def places_in(spoken: Sequence[str], label: tuple[str, ...]) -> Iterator[int]:
    """Where a label begins in words as names are compared."""
    for at in range(len(spoken) - len(label) + 1):
        if tuple(spoken[at : at + len(label)]) == label:
            yield at


def _number(word: str) -> str:
    """A number that people write as "2,000" or "8.5 million" as JSON writes it; other words as they
    are."""
    digits, _, size = word.partition(" ")
    if size:
        return f"{Decimal(digits) * _SIZES[size]:f}".removesuffix(".0")
    return word.replace(",", "") if word[:1].isdigit() else word


def _inside(quoted: str) -> str:
    """A quoted text without the full stop or comma that some put before the closing quote; texts of
    several words may end in a full stop of their own."""
    return quoted.rstrip("," if " " in quoted else ".,") or quoted


def without_quotes(text: str) -> str:
    """A text with a blank in place of each quoted one."""
    return re.sub(_QUOTED, " ", text)
