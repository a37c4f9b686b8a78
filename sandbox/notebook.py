"""What a notebook shows of our values: a title and a table, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ROWS = 50
"""A table shows that many rows at most, and says how many more there are."""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """An HTML table; the title stands above it."""
    from html import escape

    listed = [[str(cell) for cell in row] for row in rows]
    parts = [f"<p><b>{escape(title)}</b></p><table><tr>", *_cells("th", columns), "</tr>"]
    for row in listed[:ROWS]:
        parts += ["<tr>", *_cells("td", row), "</tr>"]
    more = len(listed) - ROWS
    return "".join([*parts, "</table>", f"<p>… and {more} more</p>" if more > 0 else ""])


def text(title: str, content: str) -> str:
    """A title above text as it stands."""
    from html import escape

    return f"<p><b>{escape(title)}</b></p><pre>{escape(content)}</pre>"


def _cells(tag: str, cells: Iterable[str]) -> list[str]:
    from html import escape

    return [f"<{tag}>{escape(cell)}</{tag}>" for cell in cells]
