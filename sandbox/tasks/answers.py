"""Whether a text states a value, whatever the wording: numbers, dates, case and spacing aside.

Only what can be decided by a rule is decided: no model, no similarity. A number is found by its
value (1,200.50 is 1200.5, "three" is 3), a date by its day (2026-03-04 is "4 March 2026"), a text
by its words in order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])"
)
_INSTANT = re.compile(
    r"^(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?$"
)
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Za-z]{3,9})\.?,? (\d{4})\b")
_MONTH_DAY = re.compile(r"\b([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([ap])\.?m\b\.?)?", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:[._@/:+#-]+[^\W_]+)*|[^\s\w]", re.UNICODE)
_EDGE = re.compile(r"^\W+|\W+$")

_MONTHS: Final = (
    "january february march april may june july august september october november december"
).split()
_WORDS: Final = {
    word: number
    for number, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen "
            "fourteen fifteen sixteen seventeen eighteen nineteen twenty"
        ).split()
    )
}
_YES: Final = frozenset({"yes", "true", "enabled", "on", "indeed"})
_NO: Final = frozenset(
    {"no", "false", "not", "none", "disabled", "off", "isn't", "never", "cannot"}
)


def states(text: str, value: Any) -> bool:
    """Whether `text` says `value`: a number, text, date, yes/no, nothing, or all of a list.

    >>> states("It has 1,200 copies, since 4 March 2026.", 1200)
    True
    >>> states("It has 1,200 copies, since 4 March 2026.", "2026-03-04")
    True
    """
    if isinstance(value, bool):
        words = _word_set(text)
        return not words.isdisjoint(_YES) if value else not words.isdisjoint(_NO)
    if value is None:
        return not _word_set(text).isdisjoint(
            _NO | {"nothing", "nobody", "null", "empty", "without"}
        )
    if value == 0 and not numbers(text):
        return not _word_set(text).isdisjoint({"no", "none", "nothing", "nobody"})
    if isinstance(value, int | float):
        return any(_same_number(found, float(value)) for found in numbers(text))
    if isinstance(value, list | tuple):
        return all(states(text, item) for item in value)
    if isinstance(value, dict):
        return all(states(text, item) for item in value.values())
    return _states_text(text, str(value))


def _states_text(text: str, value: str) -> bool:
    wanted = _plain(value)
    if not wanted:
        return True
    if _has_whole_words(_plain(text), wanted):
        return True
    instant = _INSTANT.match(value.strip())
    if instant is not None:
        return _states_instant(text, instant)
    if _NUMBER.fullmatch(value.strip()):
        return any(_same_number(found, float(value.replace(",", ""))) for found in numbers(text))
    return _has_whole_words(_loose(text), _loose(value))


def _states_instant(text: str, instant: re.Match[str]) -> bool:
    year, month, day, hour, minute, *_ = instant.groups()
    if (int(year), int(month), int(day)) not in _days(text):
        return False
    return hour is None or (int(hour), int(minute)) in _times(text)


@lru_cache(maxsize=512)
def numbers(text: str) -> tuple[float, ...]:
    """Every number a text names, in figures or in words up to twenty."""
    found = [float(each.replace(",", "").replace("−", "-")) for each in _NUMBER.findall(text)]
    found.extend(float(_WORDS[word]) for word in _plain(text).split() if word in _WORDS)
    return tuple(found)


@lru_cache(maxsize=512)
def _days(text: str) -> frozenset[tuple[int, int, int]]:
    found = {(int(y), int(m), int(d)) for y, m, d in _ISO_DAY.findall(text)}
    for day, name, year in _DAY_MONTH.findall(text):
        found |= {(int(year), month, int(day)) for month in _month(name)}
    for name, day, year in _MONTH_DAY.findall(text):
        found |= {(int(year), month, int(day)) for month in _month(name)}
    return frozenset(found)


@lru_cache(maxsize=512)
def _times(text: str) -> frozenset[tuple[int, int]]:
    found = set()
    for hour, minute, half in _TIME.findall(text):
        offset = 12 if half.lower() == "p" and int(hour) < 12 else 0
        base = 0 if half.lower() == "a" and int(hour) == 12 else int(hour)
        found.add((base + offset, int(minute)))
    return frozenset(found)


def _month(name: str) -> list[int]:
    wanted = name.lower()
    return (
        [index for index, month in enumerate(_MONTHS, start=1) if month.startswith(wanted[:3])]
        if any(month.startswith(wanted) for month in _MONTHS) or wanted == "sept"
        else []
    )


def _same_number(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-9 * min(max(1.0, abs(right)), 1e5)


@lru_cache(maxsize=2048)
def _plain(text: str) -> str:
    """Case folded, one blank between tokens, quotes and outer punctuation gone."""
    tokens = (_EDGE.sub("", token) for token in text.casefold().replace("’", "'").split())
    return " ".join(token for token in tokens if token)


@lru_cache(maxsize=2048)
def _loose(text: str) -> str:
    """Letters and digits only: `in_progress` and "in progress" are the same words."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


@lru_cache(maxsize=512)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(_plain(text).split())


def _has_whole_words(text: str, wanted: str) -> bool:
    """Whole words only: 12 is not in 4127."""
    return bool(wanted) and f" {wanted} " in f" {text} "
