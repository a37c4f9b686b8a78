"""Tables as lines of text: whole where they are piped, within the window on a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, Final

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
Rows = Sequence[Mapping[str, Any]]
_GAP: Final = 2
_NARROWEST: Final = 12
"""Characters that a text column keeps, if it has so many, before columns are left out."""
_LAST: Final = 30
"""The same of the last column, whose texts go on below one another."""


def table_lines(rows: Rows, names: Sequence[str], *, width: int | None = None) -> list[str]:
    """The headings, then the rows.

    `width` is that of the window: long texts are cut to it, those of the last column are wrapped,
    and columns for which there is no room are left out. None: one whole line for each row.
    """
    if not names:
        return []
    cells = {name: [cell(row.get(name)) for row in rows] for name in names}
    right = {name for name in names if all(_is_number(row.get(name)) for row in rows)}
    widths = {name: max(map(cell_len, (name, *cells[name]))) for name in names}
    if width is not None:
        widths = _fitting(widths, right, width)
    lines = _lines({name: name for name in widths}, widths, right)
    for index in range(len(rows)):
        lines += _lines({name: cells[name][index] for name in widths}, widths, right)
    return lines


def printable(text: str) -> str:
    """A text whose control characters are spelt out: documents and agents write what they like."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def _fitting(widths: Mapping[str, int], right: set[str], room: int) -> dict[str, int]:
    """The columns that have room, with their widths: first come, first served."""
    kept = list(widths)

    def least(name: str) -> int:
        shortest = _LAST if name == kept[-1] else _NARROWEST
        return widths[name] if name in right else min(widths[name], shortest)

    while len(kept) > 1 and sum(least(name) + _GAP for name in kept) - _GAP > room:
        kept.pop()
    made = {name: least(name) for name in kept}
    left = room - sum(width + _GAP for width in made.values()) + _GAP
    for name in kept:
        more = max(0, min(left, widths[name] - made[name]))
        made[name], left = made[name] + more, left - more
    return made


def _lines(cells: Mapping[str, str], widths: Mapping[str, int], right: set[str]) -> list[str]:
    """A row as one line, or more where its last text is longer than its column."""
    *others, last = widths
    parts = [
        _pad(_truncate(cells[name], widths[name]), widths[name], name in right) for name in others
    ]
    texts = wrap(cells[last], widths[last], break_long_words=True) or [""]
    if last in right or len(texts) == 1:
        texts = [_pad(cells[last], widths[last], last in right)]
    start = "".join(part + " " * _GAP for part in parts)
    below = " " * cell_len(start)
    return [f"{start if n == 0 else below}{text}".rstrip() for n, text in enumerate(texts)]


def _pad(text: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if to_the_right else text + space


def _truncate(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    while cell_len(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def cell(value: Any) -> str:
    """A value as one line of text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {cell(each)}" for name, each in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value)) or "–"
    return printable(" ".join(str(value).split()))


def cell_len(text: str) -> int:
    """The columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len as measured

    return measured(text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | None)
