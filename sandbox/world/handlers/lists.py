"""Lists: pages in the usual styles, by what the operation declares, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.conventions.paths import id_text
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import (
    AFTER,
    BEFORE,
    CURSOR,
    LIMIT,
    MORE,
    NEXT_LINKS,
    NEXT_TOKENS,
    OFFSET,
    PAGE,
    PAGE_OBJECTS,
    TOTALS,
    key_of,
    named,
)
from sandbox.conventions.words import words
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.world.handlers.list_filters import Entry, ordered, wanted

DEFAULT_LIMIT: Final = 20


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and what an envelope may say about it."""

    entries: Sequence[Entry]
    total: int
    offset: int
    limit: int
    next_cursor: str | None
    query: Mapping[str, str] = field(default_factory=dict)
    """Query of the next page, for links; empty on the last page."""


def page_of(
    operation: Operation, surface: Shape, values: Mapping[str, Any], entries: Sequence[Entry]
) -> Page:
    """The page that the query asks for, out of all entries of the collection."""
    kept = [entry for entry in entries if wanted(operation, surface, values, entry[1])]
    if not kept and entries:
        # A parameter that every call must give says whose list it is: it never empties it.
        due = {p.name for p in operation.parameters if p.location == "query" and p.required}
        free = {name: value for name, value in values.items() if name not in due}
        if len(free) < len(values):
            kept = [entry for entry in entries if wanted(operation, surface, free, entry[1])]
    return _cut(operation, values, ordered(surface, values, kept))


def _cut(operation: Operation, values: Mapping[str, Any], entries: list[Entry]) -> Page:
    declared = {key_of(p.name): p for p in operation.parameters if p.location == "query"}
    limit = _limit(declared, values)
    offset = _start(declared, values, entries, limit)
    shown = entries[offset : offset + limit]
    after = offset + len(shown)
    more = after < len(entries)
    cursor = cursor_text(after) if more else None
    return Page(
        entries=shown,
        total=len(entries),
        offset=offset,
        limit=limit,
        next_cursor=cursor,
        query=_next_query(declared, values, after, limit, shown) if more else {},
    )


def _limit(declared: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    asked = named(values, LIMIT)
    if isinstance(asked, int) and asked >= 0:
        return asked
    for name in LIMIT:
        schema = declared[name].schema if name in declared else None
        if isinstance(schema, Mapping) and isinstance(schema.get("default"), int):
            return max(1, int(schema["default"]))
    return DEFAULT_LIMIT if _paged(declared) else 1_000_000


def _paged(declared: Mapping[str, Any]) -> bool:
    return any(name in declared for name in (*LIMIT, *OFFSET, *PAGE, *CURSOR, *AFTER))


def _start(
    declared: Mapping[str, Any], values: Mapping[str, Any], entries: list[Entry], limit: int
) -> int:
    offset = named(values, OFFSET)
    if isinstance(offset, int) and offset >= 0:
        return offset
    page = named(values, PAGE)
    if isinstance(page, int):
        return max(0, page - _first_page(declared)) * limit
    for token in (named(values, CURSOR), page, offset):
        if isinstance(token, str) and (position := cursor_position(token)) is not None:
            return position
    ids = [id for id, _ in entries]
    after = named(values, AFTER)
    if after is not None:
        position = cursor_position(str(after))
        if position is not None:
            return position
        if id_text(after) in ids:
            return ids.index(id_text(after)) + 1
    before = named(values, BEFORE)
    if before is not None and id_text(before) in ids:
        return max(0, ids.index(id_text(before)) - limit)
    return 0


def _first_page(declared: Mapping[str, Any]) -> int:
    for name in PAGE:
        schema = declared[name].schema if name in declared else None
        if isinstance(schema, Mapping):
            if schema.get("minimum") == 0 or schema.get("default") == 0:
                return 0
    return 1


def _next_query(
    declared: Mapping[str, Any],
    values: Mapping[str, Any],
    after: int,
    limit: int,
    shown: Sequence[Entry],
) -> dict[str, str]:
    query = {
        name: id_text(value)
        for name, value in values.items()
        if not isinstance(value, list | Mapping)
    }
    for names, value in (
        (CURSOR, cursor_text(after)),
        (AFTER, shown[-1][0] if shown else ""),
        (OFFSET, str(after)),
        (PAGE, str(after // max(1, limit) + _first_page(declared))),
    ):
        name = next((declared[key].name for key in names if key in declared), None)
        if name is not None:
            return {**query, name: value}
    return query


def cursor_text(position: int) -> str:
    """An opaque cursor: the position and a check, so that invented cursors are told apart."""
    return f"c{position}{Draw('cursor', position).hex(6)}"


def cursor_position(text: str) -> int | None:
    """The position inside a cursor that we made, or None."""
    digits = text[1:-6]
    if not text.startswith("c") or not digits.isdigit():
        return None
    return int(digits) if cursor_text(int(digits)) == text else None


def extras(
    page: Page, surface: Shape, look: Callable[[Any], Shape], path: str, prefix: str = ""
) -> dict[str, Any]:
    """Envelope fields that describe the page, by their usual names; "a/b" means nested."""
    found: dict[str, Any] = {}
    link = f"{path}?{urlencode(page.query)}" if page.query else None
    for name, schema in surface.properties.items():
        key, kind = "_".join(words(name)), look(schema)
        if key in PAGE_OBJECTS and kind.properties:
            if not prefix:
                found.update(extras(page, kind, look, path, f"{name}/"))
            continue
        value = _described(key, kind.type, page, link)
        if value is not None or (key in ("next", *NEXT_TOKENS) and page.next_cursor is None):
            found[prefix + name] = value
    return found


def _described(key: str, kind: str, page: Page, link: str | None) -> Any:
    if kind in ("integer", "number"):
        return _counted(key, page)
    if kind == "boolean" and key in MORE:
        return page.next_cursor is not None
    if kind == "string" and key in NEXT_LINKS:
        return link
    if kind == "string" and key in NEXT_TOKENS:
        return page.next_cursor
    return None


def _counted(key: str, page: Page) -> int | None:
    size = max(1, page.limit)
    if key in TOTALS or (key.endswith("_count") and key != "page_count"):
        return page.total
    if key == "count":
        return len(page.entries) if page.total > page.limit else page.total
    if key in ("offset", "start", "skip"):
        return page.offset
    if key in ("limit", "per_page", "page_size", "size"):
        return page.limit
    if key in ("page", "current_page", "page_number"):
        return page.offset // size + 1
    if key in ("pages", "total_pages", "page_count", "last_page"):
        return -(-page.total // size)
    return None
