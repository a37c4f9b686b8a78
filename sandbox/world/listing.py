"""Lists: filters, search, order and the usual paging styles, by what the operation declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.draws import Draw
from sandbox.openapi import Operation
from sandbox.world.naming import words
from sandbox.world.places import id_text
from sandbox.world.shapes import Shape

Entry = tuple[str, Mapping[str, Any]]

_LIMIT = ("limit", "per_page", "page_size", "pagesize", "size", "max_results", "maxresults", "first", "count", "top", "take", "perpage", "results_per_page")
_OFFSET = ("offset", "skip", "start", "start_index", "startindex", "from_index")
_PAGE = ("page", "page_number", "pagenumber", "pageno", "p")
_CURSOR = ("cursor", "page_token", "pagetoken", "next_token", "nexttoken", "continuation_token", "continuation", "marker", "next", "bookmark", "page_cursor")
_AFTER = ("starting_after", "after", "after_id", "since_id")
_BEFORE = ("ending_before", "before_id", "max_id")
_QUERY = ("q", "query", "search", "term", "keyword", "keywords", "text", "filter_text")
_SORT = ("sort", "sort_by", "sortby", "order_by", "orderby", "ordering")
_ORDER = ("order", "direction", "sort_order", "sortorder", "sort_direction", "dir")
_LOWER = ("min", "from", "gte", "gt", "since", "after", "start", "newer")
_UPPER = ("max", "to", "lte", "lt", "until", "before", "end", "older")
DEFAULT_LIMIT = 20


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


def page_of(operation: Operation, surface: Shape, values: Mapping[str, Any], entries: Sequence[Entry]) -> Page:
    """The page that the query asks for, out of all entries of the collection."""
    kept = [entry for entry in entries if _wanted(operation, surface, values, entry[1])]
    ordered = _sorted(surface, values, kept)
    return _cut(operation, values, ordered)


# -- filters -------------------------------------------------------------------------------------


def _wanted(operation: Operation, surface: Shape, values: Mapping[str, Any], entity: Mapping[str, Any]) -> bool:
    for name, value in values.items():
        key = _key(name)
        if key in _PAGING or value is None or value == "":
            continue
        if key in _QUERY:
            if not _mentions(entity, str(value)):
                return False
        elif isinstance(value, Mapping):
            if not all(_matches(surface, f"{name}_{inner}", given, entity) for inner, given in value.items()):
                return False
        elif not _matches(surface, name, value, entity):
            return False
    return True


def _matches(surface: Shape, name: str, value: Any, entity: Mapping[str, Any]) -> bool:
    """Whether an entity passes one filter; a filter that names no field lets everything pass."""
    found = _field(surface, entity, name)
    if found is not None:
        return _equal(found, value)
    parts = words(name)
    for bounds, test in ((_LOWER, _at_least), (_UPPER, _at_most)):
        for word in (parts[0], parts[-1]) if len(parts) > 1 else ():
            if word in bounds:
                rest = parts[1:] if word == parts[0] else parts[:-1]
                inner = _field(surface, entity, "_".join(rest))
                if inner is not None:
                    return test(inner, value)
    return True


def _field(surface: Shape, entity: Mapping[str, Any], name: str) -> Any:
    """The value a parameter's name points at: same name, another case style, or `field.id`."""
    wanted = words(name)
    wanted = wanted[1:] if len(wanted) > 1 and wanted[0] in ("filter", "by") else wanted
    for field_name, value in entity.items():
        mine = words(field_name)
        if mine == wanted or (len(wanted) > 0 and mine == (*wanted, "id")):
            return value
        if isinstance(value, Mapping) and mine + ("id",) == wanted and "id" in value:
            return value["id"]
        if isinstance(value, list) and mine in ((*wanted[:-1], wanted[-1] + "s"), (wanted[0] + "s",)):
            return value
    return None


def _equal(found: Any, value: Any) -> bool:
    if isinstance(value, list):
        return any(_equal(found, entry) for entry in value)
    if isinstance(found, list):
        return any(_equal(entry, value) for entry in found)
    if isinstance(found, Mapping):
        return any(_equal(inner, value) for inner in found.values() if not isinstance(inner, Mapping))
    if isinstance(found, bool) or isinstance(value, bool):
        return id_text(found).lower() == id_text(value).lower()
    text = id_text(value).lower()
    options = text.split(",") if "," in text else [text]
    return id_text(found).lower() in [option.strip() for option in options]


def _at_least(found: Any, value: Any) -> bool:
    return _compared(found, value, lambda left, right: left >= right)


def _at_most(found: Any, value: Any) -> bool:
    return _compared(found, value, lambda left, right: left <= right)


def _compared(found: Any, value: Any, test: Callable[[Any, Any], bool]) -> bool:
    if isinstance(found, int | float) and isinstance(value, int | float):
        return test(found, value)
    if isinstance(found, str) and isinstance(value, str):
        return test(found, value)
    return True


def _mentions(value: Any, needle: str) -> bool:
    lowered = needle.lower()
    if isinstance(value, str):
        return lowered in value.lower()
    if isinstance(value, Mapping):
        return any(_mentions(inner, needle) for inner in value.values())
    if isinstance(value, list):
        return any(_mentions(inner, needle) for inner in value)
    return False


# -- order ---------------------------------------------------------------------------------------


def _sorted(surface: Shape, values: Mapping[str, Any], entries: list[Entry]) -> list[Entry]:
    asked = _named(values, _SORT)
    if asked is None:
        return entries
    text = str(asked[0] if isinstance(asked, list) and asked else asked)
    down = text.startswith("-") or text.lower().endswith((":desc", " desc", "_desc", "-desc"))
    direction = _named(values, _ORDER)
    if isinstance(direction, str):
        down = direction.lower().startswith("desc")
    for ending in (":desc", " desc", "_desc", "-desc", ":asc", " asc", "_asc", "-asc"):
        text = text[: -len(ending)] if text.lower().endswith(ending) else text
    name = text.lstrip("+-")
    ranked = [(_field(surface, entity, name), position) for position, (_, entity) in enumerate(entries)]
    known = [pair for pair in ranked if isinstance(pair[0], str | int | float)]
    rest = [pair for pair in ranked if not isinstance(pair[0], str | int | float)]
    known.sort(key=lambda pair: (isinstance(pair[0], str), pair[0]), reverse=down)
    return [entries[position] for _, position in [*known, *rest]]


# -- pages ---------------------------------------------------------------------------------------


def _cut(operation: Operation, values: Mapping[str, Any], entries: list[Entry]) -> Page:
    declared = {_key(p.name): p for p in operation.parameters if p.location == "query"}
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
    asked = _named(values, _LIMIT)
    if isinstance(asked, int) and asked >= 0:
        return asked
    for name in _LIMIT:
        schema = declared[name].schema if name in declared else None
        if isinstance(schema, Mapping) and isinstance(schema.get("default"), int):
            return max(1, schema["default"])
    return DEFAULT_LIMIT if _paged(declared) else 1_000_000


def _paged(declared: Mapping[str, Any]) -> bool:
    return any(name in declared for name in (*_LIMIT, *_OFFSET, *_PAGE, *_CURSOR, *_AFTER))


def _start(declared: Mapping[str, Any], values: Mapping[str, Any], entries: list[Entry], limit: int) -> int:
    offset = _named(values, _OFFSET)
    if isinstance(offset, int) and offset >= 0:
        return offset
    page = _named(values, _PAGE)
    if isinstance(page, int):
        return max(0, page - _first_page(declared)) * limit
    for token in (_named(values, _CURSOR), page, offset):
        if isinstance(token, str) and (position := cursor_position(token)) is not None:
            return position
    ids = [id for id, _ in entries]
    after = _named(values, _AFTER)
    if after is not None:
        position = cursor_position(str(after))
        if position is not None:
            return position
        if id_text(after) in ids:
            return ids.index(id_text(after)) + 1
    before = _named(values, _BEFORE)
    if before is not None and id_text(before) in ids:
        return max(0, ids.index(id_text(before)) - limit)
    return 0


def _first_page(declared: Mapping[str, Any]) -> int:
    for name in _PAGE:
        schema = declared[name].schema if name in declared else None
        if isinstance(schema, Mapping):
            if schema.get("minimum") == 0 or schema.get("default") == 0:
                return 0
    return 1


def _next_query(
    declared: Mapping[str, Any], values: Mapping[str, Any], after: int, limit: int, shown: Sequence[Entry]
) -> dict[str, str]:
    query = {name: id_text(value) for name, value in values.items() if not isinstance(value, list | Mapping)}
    for names, value in (
        (_CURSOR, cursor_text(after)),
        (_AFTER, shown[-1][0] if shown else ""),
        (_OFFSET, str(after)),
        (_PAGE, str(after // max(1, limit) + _first_page(declared))),
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


def extras(page: Page, surface: Shape, look: Callable[[Any], Shape], path: str, prefix: str = "") -> dict[str, Any]:
    """Envelope fields that describe the page, by their usual names; "a/b" means nested."""
    found: dict[str, Any] = {}
    link = f"{path}?{urlencode(page.query)}" if page.query else None
    number = page.offset // max(1, page.limit) + 1
    pages = -(-page.total // max(1, page.limit))
    for name, schema in surface.properties.items():
        key, kind = "_".join(words(name)), look(schema)
        if key in ("meta", "pagination", "paging", "page_info", "page", "metadata") and kind.properties:
            if not prefix:
                found.update(extras(page, kind, look, path, f"{name}/"))
            continue
        value = _described(key, kind.type, page, link, number, pages)
        if value is not None:
            found[prefix + name] = value
        elif key in ("next", "next_cursor", "next_page_token", "next_token") and page.next_cursor is None:
            found[prefix + name] = None
    return found


def _described(key: str, kind: str, page: Page, link: str | None, number: int, pages: int) -> Any:
    if kind in ("integer", "number"):
        if key in ("total", "total_count", "total_items", "total_results", "count_total") or (
            key.endswith("_count") and key != "page_count"
        ):
            return page.total
        table = {
            "count": len(page.entries) if "count" in key and page.total > page.limit else page.total,
            "offset": page.offset, "start": page.offset, "skip": page.offset,
            "limit": page.limit, "per_page": page.limit, "page_size": page.limit, "size": page.limit,
            "page": number, "current_page": number, "page_number": number,
            "pages": pages, "total_pages": pages, "page_count": pages, "last_page": pages,
        }
        return table.get(key)
    if kind == "boolean" and key in ("has_more", "has_next", "has_next_page", "more", "is_truncated"):
        return page.next_cursor is not None
    if kind == "string":
        if key in ("next", "next_url", "next_link", "next_href", "next_page_uri", "next_page_url"):
            return link if key != "next" or page.next_cursor is None else link
        if key in ("next_cursor", "next_page_token", "next_token", "cursor", "continuation_token", "end_cursor", "marker"):
            return page.next_cursor
    return None


def _key(name: str) -> str:
    return "_".join(words(name.replace("$", "")))


def _named(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name, value in values.items():
        if _key(name) in names:
            return value
    return None


_PAGING = frozenset((*_LIMIT, *_OFFSET, *_PAGE, *_CURSOR, *_AFTER, *_BEFORE, *_SORT, *_ORDER, "fields", "expand", "include", "select", "embed", "pretty"))
