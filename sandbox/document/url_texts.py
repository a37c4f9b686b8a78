"""Values as texts in URLs and headers, and back: scalars, JSON inside a text, percent-encoding."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote as percent_encoded

from sandbox import exact_json

SAFE: Final = "/:@!$&'()*+,;=~-._"
"""What stands unencoded in the fixed parts of a path (RFC 3986, pchar and '/')."""
_BREAKS: Final = str.maketrans({"\r": " ", "\n": " ", "\x00": " "})


def text(value: Any) -> str:
    """A scalar as it stands in a URL or header; structures as JSON."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    return json_text(value)


def json_text(value: Any) -> str:
    """Compact JSON; integers of any size. What has no JSON form is said so, for `validate`."""
    try:
        return exact_json.dumps(value).decode()
    except TypeError:
        import json

        try:
            return json.dumps(value, separators=(",", ":"), default=str)
        except (ValueError, TypeError, RecursionError):
            return '"[not a JSON value]"'


def quote(value: str, safe: str = "") -> str:
    """Percent-encoded UTF-8; a lone surrogate, which has none, becomes a question mark."""
    return percent_encoded(value, safe=safe, errors="replace")


def quote_segment(value: str) -> str:
    """One part of a path, percent-encoded."""
    if value.isalnum() and value.isascii():
        return value
    made = quote(value)
    # A segment of dots alone would be resolved away by clients and proxies.
    return made.replace(".", "%2E") if made in (".", "..") else made


def one_line(value: str) -> str:
    """Without the characters that would end a header."""
    return value.translate(_BREAKS).strip()


def from_json(raw: str) -> Any:
    """The JSON value of a text; the text itself where it is none."""
    try:
        return exact_json.loads(raw)
    except ValueError:
        return raw


def is_list(value: Any) -> bool:
    """Whether a value is written as a list: a Python list or tuple."""
    return isinstance(value, list | tuple)
