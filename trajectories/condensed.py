"""Long observations made short enough for a small model without losing what a next call needs.

A cut at some character hides every entry of a list but the first few, and with them the id that
the task is about. So a long JSON reply is thinned evenly instead: long texts first, then deep
values, then fields that name nothing, then entries; totals beside a list stay. Cut texts, dropped
values and dropped entries leave a `…` in place; that something was left out at all stands at the
end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

_MARK: Final = "…"
_NAMING: Final = re.compile(
    r"(?i)^(id|uuid|guid|key|slug|name|title|subject|label|code|number|symbol|username|login|email)$"
)
"""Fields that say which thing an entry is: the last to go."""
_REFERRING: Final = re.compile(r"(?i)(id|ids|key|slug|name|code|status|state)$")
_PASSING: Final = re.compile(
    r"(At|_at|[Dd]ate|[Tt]ime|[Uu]rl|URL|[Hh]ref|[Ii]mage|[Aa]vatar|[Ll]inks?)$"
)
"""Fields that a next call hardly ever needs: the first to go."""


@lru_cache(maxsize=4096)
def condense(text: str, limit: int) -> str:
    """`text` in about `limit` characters: JSON keeps its shape, other text is cut.

    A status line and headers before the JSON stay as they are. The result is longer than `limit`
    by the mark at its end, which says how long the whole was.
    """
    if len(text) <= limit:
        return text
    head, gap, body = text.rpartition("\n\n")
    found = _json(body)
    shorter = text if found is None else f"{head}{gap}{_fitting(found, limit - len(head + gap))}"
    count = _entries(found)
    entries = f", {count} entries" if count else ""
    return f"{shorter[:limit]} {_MARK}[shortened from {len(text)} characters{entries}]"


def _entries(found: Any) -> int:
    """How many entries the list has that a reply is about: itself, or the longest it holds."""
    if isinstance(found, list):
        return len(found)
    if not isinstance(found, dict):
        return 0
    inner = [item for value in found.values() if isinstance(value, dict) for item in value.values()]
    lists = [item for item in (*found.values(), *inner) if isinstance(item, list)]
    return max(map(len, lists), default=0)


def _json(text: str) -> Any | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def _fitting(found: Any, limit: int) -> str:
    text = ""
    for thin in _LEVELS:
        text = orjson.dumps(thin(found)).decode()
        if len(text) <= limit:
            break
    return text


def _thin_out(value: Any, *, width: int, depth: int, fields: int, entries: int) -> Any:
    """Texts of `width` characters, `depth` levels under an entry, so many fields and entries."""
    if isinstance(value, str):
        return value if len(value) <= width else value[:width] + _MARK
    if isinstance(value, list):
        kept = [
            _thin_out(item, width=width, depth=depth, fields=fields, entries=entries)
            for item in value[:entries]
        ]
        return kept + [f"{_MARK}{len(value) - entries} more"] * (len(value) > entries)
    if not isinstance(value, dict):
        return value
    if depth < 0:
        return _MARK
    # What only holds the entries (a page, an envelope) is no level of its own.
    below = depth if any(isinstance(item, list) for item in value.values()) else depth - 1
    names = _fields_to_keep(value, fields)
    if any(isinstance(item, list) for item in value.values()):
        # Beside a list numbers and flags are about all of it (a total, whether there is more).
        names |= {name for name, item in value.items() if isinstance(item, int | float)}
    return {
        name: _thin_out(value[name], width=width, depth=below, fields=fields, entries=entries)
        for name in value
        if name in names
    }


def _fields_to_keep(value: Mapping[str, Any], count: int) -> frozenset[str]:
    """The fields that stay: what names the thing, what refers to another, then in order."""
    first = next(iter(value), None)

    def rank(name: str) -> tuple[bool, bool, bool]:
        # Most APIs show a thing's own key first, whatever it is called.
        passing = bool(_PASSING.search(name))
        names = bool(_NAMING.match(name)) or (name == first and not passing)
        return not names, not _REFERRING.search(name), passing

    return frozenset(sorted(value, key=rank)[:count])


def _level(width: int, depth: int, fields: int, entries: int) -> Callable[[Any], Any]:
    return lambda value: _thin_out(value, width=width, depth=depth, fields=fields, entries=entries)


_ALL: Final = 1 << 30
_LEVELS: Final = (
    _level(60, _ALL, _ALL, _ALL),
    _level(40, _ALL, _ALL, _ALL),
    _level(40, 0, _ALL, _ALL),
    _level(40, 0, 6, _ALL),
    _level(40, 0, 4, _ALL),
    _level(40, 0, 3, _ALL),
    _level(40, 0, 2, _ALL),
    _level(30, 0, 2, _ALL),
    _level(30, 0, 2, 16),
    _level(30, 0, 2, 12),
    _level(30, 0, 2, 8),
)
"""From what a reader hardly misses to little more than a list of names."""
