"""Lists as a client reads them: the largest page, the entries of a reply, the page after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.vocabulary import AFTER
from sandbox.conventions.words import words
from sandbox.tasks.tool_graph import CURSOR_WORDS, OFFSET_WORDS, PAGE_WORDS, SIZE_WORDS
from sandbox.tools import Tool

_AFTER: Final = frozenset(AFTER)


def entries(found: Any) -> list[Any] | None:
    """The list of entities in a reply, bare or in an envelope; None when there is none."""
    if isinstance(found, list):
        return found
    values = list(found.values()) if isinstance(found, dict) else []
    lists = [v for v in values if isinstance(v, list) and all(isinstance(e, dict) for e in v)]
    if lists and len(values) <= 6:
        return max(lists, key=len)
    inner = [value for value in values if isinstance(value, dict)]
    return entries(inner[0]) if len(inner) == 1 else None


def largest_page(tool: Tool) -> dict[str, Any]:
    """The size argument at its maximum, where the tool declares one."""
    name = _query_argument(tool, SIZE_WORDS)
    schema = tool.parameters.get("properties", {}).get(name, {}) if name else {}
    most = schema.get("maximum")
    return {name: most} if name and isinstance(most, int) else {}


def next_page(tool: Tool, reading: Mapping[str, Any], found: Any) -> dict[str, Any] | None:
    """The arguments of the page after `found`; None when there is none."""
    shown = entries(found)
    if not shown:
        return None
    page = _query_argument(tool, PAGE_WORDS)
    if page is not None and _counts(tool, page):
        now = reading.get(page, _first_page(tool, page))
        return {**reading, page: now + 1} if isinstance(now, int) else None
    offset = _query_argument(tool, OFFSET_WORDS)
    if offset is not None and _counts(tool, offset):
        return {**reading, offset: reading.get(offset, 0) + len(shown)}
    after = _query_argument(tool, _AFTER)
    if after is not None and isinstance(shown[-1], dict) and "id" in shown[-1]:
        return {**reading, after: shown[-1]["id"]}
    cursor = _query_argument(tool, CURSOR_WORDS) or offset or page
    token = _token(found) if cursor is not None else None
    return None if token is None else {**reading, str(cursor): token}


def _token(found: Any, deep: int = 2) -> str | None:
    """The cursor of the next page that a reply states, in itself or beside the list."""
    if not isinstance(found, dict) or not deep:
        return None
    for name, value in found.items():
        told = "next" in name.lower() or "cursor" in name.lower() or deep < 2
        if told and isinstance(value, str) and value and "://" not in value:
            return value
        if told and (inner := _token(value, deep - 1)) is not None:
            return inner
    return None


def _counts(tool: Tool, name: str) -> bool:
    """Whether a page or offset is a number, not a token."""
    kind = tool.parameters.get("properties", {}).get(name, {}).get("type")
    return "integer" in kind if isinstance(kind, list) else kind in ("integer", "number", None)


def _first_page(tool: Tool, name: str) -> Any:
    schema = tool.parameters.get("properties", {}).get(name, {})
    return 0 if 0 in (schema.get("minimum"), schema.get("default")) else 1


def _query_argument(tool: Tool, wanted: frozenset[str]) -> str | None:
    for name, (location, origin) in tool.arguments.items():
        if location == "query" and "_".join(words(origin)) in wanted:
            return name
    return None
