"""JSON with integers of any length: orjson, and the standard library where orjson would round."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Final

import orjson

_DIGITS: Final = bytes(ord("0") if chr(code).isdigit() else code for code in range(128)).ljust(256)
_LONG: Final = b"0" * 19
"""As many digits as the shortest number that orjson may round."""


def loads(data: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError for any other text, infinite numbers included."""
    text = data if isinstance(data, bytes) else data.encode("utf-8", "replace")
    long = _LONG in text.translate(_DIGITS)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if not (long and "infinity" in str(error)):
            raise
        long = True
    if not long:
        return value
    try:
        return json.loads(data, parse_int=_whole, parse_float=_finite)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


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
