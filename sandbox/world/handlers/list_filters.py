"""Filtering: which entities of a list are wanted, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sandbox.conventions.paths import id_text
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import (
    LOWER,
    NO_FILTERS,
    ORDER,
    QUERY,
    SORT,
    UPPER,
    key_of,
    named,
)
from sandbox.conventions.words import words
from sandbox.document import Operation

Entry = tuple[str, Mapping[str, Any]]
"""An id and its entity."""


def wanted(
    operation: Operation, surface: Shape, values: Mapping[str, Any], entity: Mapping[str, Any]
) -> bool:
    """Whether an entity passes every filter and search term of a query."""
    for name, value in values.items():
        key = key_of(name)
        if key in NO_FILTERS or value is None or value == "":
            continue
        if key in QUERY:
            if not _mentions(entity, str(value)):
                return False
        elif isinstance(value, Mapping):
            if not all(
                _matches(surface, f"{name}_{inner}", given, entity)
                for inner, given in value.items()
            ):
                return False
        elif not _matches(surface, name, value, entity):
            return False
    return True


def _matches(surface: Shape, name: str, value: Any, entity: Mapping[str, Any]) -> bool:
    """Whether an entity passes one filter; a filter that names no field lets everything pass."""
    found = _field(surface, entity, name)
    if found is not None:
        return _equal(found, value)
    if any(words(field) == words(name) for field in surface.properties):
        return False  # the field exists, this entity leaves it out
    return _within(surface, name, value, entity)


def _within(surface: Shape, name: str, value: Any, entity: Mapping[str, Any]) -> bool:
    """Whether an entity is inside a bound (`min_price`, `placed_after`); no bound lets it pass."""
    for field, names, lower in _bounds(name):
        inner = _field(surface, entity, field)
        if inner is None:
            inner = next((each for key, each in entity.items() if words(key) in names), None)
        if inner is not None:
            return _at_least(inner, value) if lower else _at_most(inner, value)
        if any(words(each) in names for each in surface.properties):
            return False
    return True


@lru_cache(maxsize=1024)
def _bounds(name: str) -> tuple[tuple[str, frozenset[tuple[str, ...]], bool], ...]:
    """What a parameter may bound: a field, the words of its other names, whether from below.

    What was `placed_after` a day is looked up in `placed_at`.
    """
    parts = words(name)
    return tuple(
        ("_".join(rest), frozenset([rest, *((*rest, ending) for ending in _TIMES)]), lower)
        for bounds, lower in ((LOWER, True), (UPPER, False))
        for word in ((parts[0], parts[-1]) if len(parts) > 1 else ())
        if word in bounds
        for rest in [parts[1:] if word == parts[0] else parts[:-1]]
    )


_TIMES: Final = ("at", "on", "date", "time")


def _field(surface: Shape, entity: Mapping[str, Any], name: str) -> Any:
    """The value a parameter's name points at: same name, another case style, or `field.id`."""
    wanted = words(name)
    wanted = wanted[1:] if len(wanted) > 1 and wanted[0] in ("filter", "by") else wanted
    if not wanted:
        return None
    for field_name, value in entity.items():
        mine = words(field_name)
        if mine in (wanted, (*wanted, "id")):
            return value
        if isinstance(value, Mapping) and (*mine, "id") == wanted and "id" in value:
            return value["id"]
        if isinstance(value, list) and mine in (
            (*wanted[:-1], wanted[-1] + "s"),
            (wanted[0] + "s",),
        ):
            return value
    return None


def _equal(found: Any, value: Any) -> bool:
    if isinstance(value, list):
        return any(_equal(found, entry) for entry in value)
    if isinstance(found, list):
        return any(_equal(entry, value) for entry in found)
    if isinstance(found, Mapping):
        return any(
            _equal(inner, value) for inner in found.values() if not isinstance(inner, Mapping)
        )
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


_SORTED_BY: Final = ("field", "by", "key", "name", "column", "property")
"""Members of a structured sort order that name what is sorted by."""


def ordered(surface: Shape, values: Mapping[str, Any], entries: list[Entry]) -> list[Entry]:
    """Entries in the order that `sort` and its like ask for; those without the field come last."""
    asked = named(values, SORT)
    if asked is None:
        return entries
    if isinstance(asked, Mapping):  # {"field": "NAME", "order": "DESC"}
        values, asked = asked, next((asked[key] for key in _SORTED_BY if key in asked), "")
    text = str(asked[0] if isinstance(asked, list) and asked else asked)
    down = text.startswith("-") or text.lower().endswith((":desc", " desc", "_desc", "-desc"))
    direction = named(values, ORDER)
    if isinstance(direction, str):
        down = direction.lower().startswith("desc")
    for ending in (":desc", " desc", "_desc", "-desc", ":asc", " asc", "_asc", "-asc"):
        text = text[: -len(ending)] if text.lower().endswith(ending) else text
    name = text.lstrip("+-")
    ranked = [
        (_field(surface, entity, name), position) for position, (_, entity) in enumerate(entries)
    ]
    known = [pair for pair in ranked if isinstance(pair[0], str | int | float)]
    rest = [pair for pair in ranked if not isinstance(pair[0], str | int | float)]
    known.sort(key=lambda pair: (isinstance(pair[0], str), pair[0]), reverse=down)
    return [entries[position] for _, position in [*known, *rest]]
