"""One byte form per value: sorted keys, no spaces, UTF-8, so that digests can be compared.

orjson does the work. What it cannot carry (integers beyond 64 bits, lone surrogates that a model
wrote as escapes) goes through the standard library, which can. Such a text starts with a space, so
that the reader knows: orjson would silently read a longer integer as a float.
NaN and infinities are not JSON and become null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

MOST_LEVELS: Final = 254
"""Levels of a value that can be written again."""
_TOO_DEEP: Final = f"it nests deeper than {MOST_LEVELS} levels"


def dumps(value: Any) -> bytes:
    """Canonical JSON bytes of a JSON value: keys sorted at every depth."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return _slow(_sort_keys(value))


def ordered_bytes(value: Any) -> bytes:
    """JSON bytes with the keys in the order they have: for what a model reads as it stands."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _slow(value)


def record(value: dict[str, Any], *, keep: Sequence[str]) -> bytes:
    """Canonical bytes of an object; inside the fields `keep` the order of keys is data."""
    try:
        kept = {name: orjson.Fragment(orjson.dumps(value[name])) for name in keep}
        return orjson.dumps(value | kept, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        fields = sorted(value)
        return _slow(
            {name: value[name] if name in keep else _sort_keys(value[name]) for name in fields}
        )


def loads(data: bytes) -> Any:
    """The value of canonical JSON bytes; raises ValueError on anything that is not JSON."""
    if data.startswith(b" "):
        return json.loads(data)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data, parse_constant=_refuse)


def parse(data: bytes | str) -> Any:
    """The value of JSON that others wrote.

    Raises ValueError on anything else, and on more levels than `MOST_LEVELS`.
    """
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return value
    raise ValueError(_TOO_DEEP)


def digest(data: bytes) -> str:
    """The sha256 of bytes as 64 hexadecimal digits."""
    return sha256(data).hexdigest()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _slow(value: Any) -> bytes:
    return b" " + json.dumps(_finite(value), separators=(",", ":")).encode("ascii")


def _sort_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sort_keys(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_sort_keys(item) for item in value]
    return value


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
