"""One line per request for the person who watches a server: what was answered, and why refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.messages import Response
from sandbox.world.ledger import Exchange

Report = Callable[[str], object]
"""Takes a line, which may hold anything that a client or a document wrote."""
_LONGEST: Final = 160


def describe(method: str, path: str, response: Response, session: str, row: Exchange | None) -> str:
    """Status, request, session, operation, faults, and the reason of a refusal.

    `row` is the session's own; None when the request reached none.
    """
    broken = response.transport
    parts = [broken or str(response.status), _shorten(f"{method} {path}")]
    if row is not None:
        parts += [session, row.operation or "-"]
        parts += [f"fault {firing.fault}" for firing in row.injected]
    line = "  ".join(parts)
    reason = "" if broken or response.status < 400 else _reason(response, row)
    return f"{line}  {reason}" if reason else line


def _reason(response: Response, row: Exchange | None) -> str:
    if row is not None and row.problems:
        found = (f"{each.location} {each.pointer}: {each.message}" for each in row.problems)
        return _shorten("; ".join(found))
    return _shorten(response.body[: 4 * _LONGEST].decode("utf-8", "replace"))


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
