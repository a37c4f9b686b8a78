"""JSON with integers of any length: orjson, and the standard library where orjson would round."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Final

import orjson

_DIGITS: Final = bytes(ord("0") if chr(code).isdigit() else code for code in range(128)).ljust(256)
_LONG: Final = b"0" * 19
"""As many digits as the shortest number that orjson may round."""
MOST_LEVELS: Final = 200
"""Levels of a value: what it is put into must still be written, and orjson writes 254."""
SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Types of JSON values that nest nothing."""

_TOO_DEEP: Final = f"it nests deeper than {MOST_LEVELS} levels"


def loads(data: bytes | str) -> Any:
    """The value of a JSON text.

    Raises ValueError for any other text, infinite numbers and too many levels included.
    """
    text = data if isinstance(data, bytes) else data.encode("utf-8", "replace")
    long = _LONG in text.translate(_DIGITS)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if not (long and "infinity" in str(error)):
            raise
        long = True
    try:
        if long:
            value = json.loads(data, parse_int=_whole, parse_float=_finite)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if text.count(b"[") + text.count(b"{") > MOST_LEVELS and is_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def is_deep(value: Any, levels: int = MOST_LEVELS) -> bool:
    """Whether objects and lists nest more than so many levels."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def dumps(value: Any) -> bytes:
    """Compact JSON, lone surrogates escaped. Raises TypeError for a value that JSON has not."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        if "Recursion" in str(error):
            raise
        return json.dumps(value, separators=(",", ":")).encode()


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"an integer of {len(text):,} digits is too long") from None


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number
