"""Texts like an example: a document that shows one value of a field tells the form of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sandbox.values import wording
from sandbox.values.formats import of_format
from sandbox.values.lexicon import topic
from sandbox.values.moments import moment
from sandbox.values.people import Text
from sandbox.values.prose import examples, shaped_like

_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?P<t>[T ])\d\d:\d\d(?P<s>:\d\d)?(?P<f>\.\d{1,9})?(?P<z>Z|[+-]\d\d:?\d\d)?"
)
_DATE: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])-[0-3]\d")
_FORMS: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"), "uuid"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "email"),
    (re.compile(r"https?://\S+"), "uri"),
    (re.compile(r"(\d{1,3}\.){3}\d{1,3}"), "ipv4"),
    (re.compile(r"(\d{1,3}\.){3}\d{1,3}/\d{1,2}"), "cidr"),
    (re.compile(r"[0-9a-f:]*::[0-9a-f:]*|([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"), "ipv6"),
    (re.compile(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}"), "mac"),
)
_SAID: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"\b(ISO[ -]?8601|RFC[ -]?3339|timestamp|date and time|datetime)\b", re.I),
     "date-time"),
    (re.compile(r"\b(YYYY-MM-DD|the date (on|when|of)|calendar date)\b", re.I), "date"),
    (re.compile(r"\b(URL|URI|link to|web address)\b"), "uri"),
    (re.compile(r"\b(e-?mail address)\b", re.I), "email"),
    (re.compile(r"\b(UUID|GUID)\b"), "uuid"),
    (re.compile(r"\bIPv6\b"), "ipv6"),
    (re.compile(r"\b(IPv4|IP address)\b"), "ipv4"),
    (re.compile(r"\b(ISO[ -]?4217|currency code)\b", re.I), "currency"),
    (re.compile(r"\bbase64\b", re.I), "base64"),
)  # fmt: skip
_HEX: Final = re.compile(r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,128}")
_DECIMAL: Final = re.compile(r"\d{1,6}\.(\d{1,18})")
# Letters and digits that nobody reads: ids, keys, hashes.
_CODE: Final = re.compile(
    r"(?=(\S*\d){4}|\S*[a-z]\S*[A-Z]\S*\d|\S*\d\S*[a-z]\S*[A-Z])[\w.:/+=-]{8,200}", re.ASCII
)
_VAGUE: Final = frozenset(
    ("", "code.id", "name.any", "word.type", "code.number", "code.uuid", "code.token", "code.sha")
)
_OCTETS: Final = re.compile(r"([0-9a-f]{2}:){7,63}[0-9a-f]{2}")


def like_examples(name: str, flats: Sequence[Mapping[str, Any]]) -> Text | None:
    """What makes texts of the form of the examples; None where they have none to copy."""
    shown = [each for each in examples(flats) if isinstance(each, str) and each]
    if not shown or len(shown[0]) > 200:
        return None
    example = shown[0]
    match = _MOMENT.fullmatch(example)
    if match is not None:
        return _with_timestamp(name, match)
    if _DATE.fullmatch(example):
        return of_format(name, "date")
    for form, format_name in _FORMS:
        if form.fullmatch(example):
            return of_format(name, format_name)
    if topic(name)[0] in _VAGUE:
        return _code_like(example)
    return None


def as_described(name: str, flats: Sequence[Mapping[str, Any]]) -> Text | None:
    """What makes texts of the form that a description names at its start; None for no form."""
    for flat in flats:
        said = str(flat.get("description") or "")[:80]
        for words, format_name in _SAID:
            if words.search(said):
                return of_format(name, format_name)
    return None


def _code_like(example: str) -> Text | None:
    if _HEX.fullmatch(example):
        return lambda key, owner: wording.hexadecimal(key, len(example))
    if _OCTETS.fullmatch(example):
        count = len(example) // 3 + 1
        return lambda key, owner: ":".join(re.findall("..", wording.hexadecimal(key, 2 * count)))
    decimal = _DECIMAL.fullmatch(example)
    if decimal is not None:
        digits = len(decimal[1])
        return lambda key, owner: (
            f"{key % 500 + 1}." + f"{(key >> 16) % 100:02d}".ljust(digits, "0")[:digits]
        )
    if example.isdigit() or _CODE.fullmatch(example):
        return shaped_like(example)
    return None


def _with_timestamp(name: str, match: re.Match[str]) -> Text:
    when = moment(name)
    write = _writer(match)
    return lambda key, owner: write(when(key, owner))


def _writer(match: re.Match[str]) -> Callable[[datetime], str]:
    seconds = "%S" if match["s"] else ""
    form = f"%Y-%m-%d{match['t']}%H:%M" + (":" + seconds if seconds else "")
    fraction = "." + "0" * (len(match["f"]) - 1) if match["f"] else ""
    zone = match["z"] or ""
    if zone not in ("", "Z"):
        zone = "+00:00" if ":" in zone else "+0000"
    return lambda when: when.strftime(form) + fraction + zone
