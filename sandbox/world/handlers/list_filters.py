"""Filtering: which entries of a list a call asks for, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Final

from sandbox.conventions.conventions import OperationFacts
from sandbox.conventions.filters import Bound, Filter, Ordering, field_value, filter_of, spellings
from sandbox.conventions.paths import id_text
from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import singular, words
from sandbox.world.state.listing import Entity, Listing

Asked = tuple[Filter, Any]
"""A filter and the value that a call gives it."""

_DESCENDING: Final = (":desc", " desc", "_desc", "-desc", ".desc")
_ASCENDING: Final = (":asc", " asc", "_asc", "-asc", ".asc")


def filter_entries(
    facts: OperationFacts, surface: Shape, values: Mapping[str, Any], listing: Listing
) -> Mapping[str, Entity]:
    """The entities that pass every filter and search term of a call, by id."""
    asked = _conditions(facts, surface, values) if values else []
    kept: Mapping[str, Entity] = listing.entities
    if asked:
        kept = _passing_entities(facts, surface, asked, listing)
    if not kept and listing.entities:
        # A parameter that every call must give says whose list it is: it never empties it.
        due = {p.name for p in facts.operation.parameters if p.location == "query" and p.required}
        free = [(each, value) for each, value in asked if each.name.partition("/")[0] not in due]
        if len(free) < len(asked):
            kept = _passing_entities(facts, surface, free, listing)
    return kept


def _passing_entities(
    facts: OperationFacts, surface: Shape, asked: Sequence[Asked], listing: Listing
) -> Mapping[str, Entity]:
    # What was sent is all that the filters hang on.
    name = f"{facts.operation.id} {[(each.name, value) for each, value in asked]}"
    return listing.passing(name, partial(_passes, surface, asked))


def _conditions(facts: OperationFacts, surface: Shape, values: Mapping[str, Any]) -> list[Asked]:
    declared = {each.name: each for each in facts.filters}
    found: list[Asked] = []
    for name, value in values.items():
        if name in facts.listing_parameters or name in facts.shaping or value in (None, ""):
            continue
        known = declared.get(name) or filter_of(name)
        if isinstance(value, Mapping):
            members = _members(name, value)
            found += [(_member_filter(surface, name, inner), given) for inner, given in members]
        else:
            found.append((known, value))
    return found


def _member_filter(surface: Shape, container: str, name: str) -> Filter:
    """What a member of an object asks: about the field that the object is named after, or its own.

    `where[colour]` asks about `colour`, unless the entities have a field `where`.
    """
    if any(words(each) == words(container) for each in surface.properties):
        return filter_of(name)
    return replace(filter_of(f"filter{name.removeprefix(container)}"), name=name)


def _members(name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """`{"price": {"gte": 5}}` of `filter` → ("filter/price/gte", 5)."""
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _members(f"{name}/{key}", inner)
        else:
            yield f"{name}/{key}", inner


def _passes(surface: Shape, asked: Sequence[Asked], entity: Mapping[str, Any]) -> bool:
    for each, value in asked:
        if each.kind == "search":
            if not _mentions(entity, str(value).lower()):
                return False
        elif not _matches(surface, each, value, entity):
            return False
    return True


def _matches(surface: Shape, asked: Filter, value: Any, entity: Mapping[str, Any]) -> bool:
    """Whether an entity passes one filter; a filter that names no field lets everything pass."""
    fields = [asked.field]
    if isinstance(value, list) and asked.field:
        fields.append((*asked.field[:-1], singular(asked.field[-1])))  # `colours` of `colour`
    for field in fields:
        found = field_value(entity, field)
        if found is not None:
            return _equal(found, value)
        if any(words(name) == field for name in surface.properties):
            return False  # the field exists, this entity leaves it out
    for bound in asked.bounds:
        inner = field_value(entity, bound.field)
        if inner is None:
            spelt = bound.spellings
            inner = next((each for key, each in entity.items() if words(key) in spelt), None)
        if inner is not None:
            return _within(bound, inner, value)
        if any(words(each) in bound.spellings for each in surface.properties):
            return False
    return True


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
    if id_text(found).lower() in [option.strip() for option in options]:
        return True
    left = instant_of(found) if isinstance(found, str) else None
    if left is None or not isinstance(value, str):
        return False
    # A day that is asked for is the whole day.
    right = instant_of(value)
    return left == right or (right is not None and len(value) == 10 and left.date() == right.date())


def _within(bound: Bound, found: Any, value: Any) -> bool:
    """Whether a value is inside a bound; what cannot be compared is."""
    if isinstance(found, str) and isinstance(value, str):
        left, right = instant_of(found), instant_of(value)
        if left is not None and right is not None:
            if len(value) == 10 and not bound.exclusive:
                # "until May 1" is until the end of that day.
                return _in_bound(bound, left.date(), right.date())
            return _in_bound(bound, left, right)
        return _in_bound(bound, found, value)
    try:
        return _in_bound(bound, float(found), float(value))
    except (TypeError, ValueError):
        return True


def _in_bound(bound: Bound, found: Any, value: Any) -> bool:
    if found == value:
        return not bound.exclusive
    return bool(found > value) == bound.lower


@lru_cache(maxsize=8192)
def instant_of(text: str) -> datetime | None:
    """The instant that a date or a date and time stands for (UTC where no offset is given)."""
    if len(text) < 8 or not text[:4].isdigit():
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _mentions(value: Any, lowered: str) -> bool:
    if isinstance(value, str):
        return lowered in value.lower()
    if isinstance(value, Mapping):
        return any(_mentions(inner, lowered) for inner in value.values())
    if isinstance(value, list):
        return any(_mentions(inner, lowered) for inner in value)
    return False


# -- order ---------------------------------------------------------------------------------------


_SORTED_BY: Final = ("field", "by", "key", "name", "column", "property")
"""Members of a structured sort order that name what is sorted by."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field that entries are sorted by."""

    field: tuple[str, ...]
    """Its words."""
    descending: bool

    def rank(self, entity: Mapping[str, Any]) -> tuple[int, Any]:
        """What an entity is compared by; those without the field come last, in either order."""
        value = field_value(entity, self.field)
        if not isinstance(value, str | int | float):
            return 3, 0
        kind, comparable = _rank(value)
        return (2 - kind, _Descending(comparable)) if self.descending else (kind, comparable)


class _Descending:
    """A value that is less where it is more."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


def sort_entries(
    ordering: Ordering,
    surface: Shape,
    values: Mapping[str, Any],
    kept: Mapping[str, Entity],
    listing: Listing,
) -> list[str]:
    """The ids of the entities in the order that a call asks for, or that the document states."""
    asked = values.get(ordering.sort) or ordering.default
    direction = values.get(ordering.direction) if ordering.direction is not None else None
    keys = tuple(_sort_keys(asked, direction or ordering.default_direction, surface, kept))
    if not keys:
        return list(kept)
    order = listing.ids_by(str(keys), lambda entity: tuple(key.rank(entity) for key in keys))
    return list(order) if len(kept) == len(listing.entities) else [i for i in order if i in kept]


def _sort_keys(
    asked: Any, direction: Any, surface: Shape, kept: Mapping[str, Entity]
) -> Iterator[SortKey]:
    """What is sorted by, most important first; fields that nothing has are left out."""
    if isinstance(asked, Mapping):  # {"field": "NAME", "order": "DESC"}
        for name, value in asked.items():
            direction = (
                value if key_of(name) in names("list_parameters", "direction") else direction
            )
        asked = next((asked[key] for key in _SORTED_BY if key in asked), "")
    if isinstance(asked, list):
        for each in asked:
            yield from _sort_keys(each, direction, surface, kept)
        return
    known = {words(name) for name in surface.properties}
    known |= {words(name) for name in next(iter(kept.values()), ())}
    for text in map(str.strip, str(asked).split(",")):
        lowered = text.lower()
        down = text.startswith("-") or lowered.endswith(_DESCENDING)
        if isinstance(direction, str) and direction:
            down = direction.lower().startswith("desc")
        for ending in (*_DESCENDING, *_ASCENDING):
            text = text[: -len(ending)] if lowered.endswith(ending) else text
        # `created` of `created_at`
        field = next((each for each in spellings(words(text)) if each in known), None)
        if field:
            yield SortKey(field, down)


def _rank(value: str | int | float) -> tuple[int, Any]:
    """Numbers before instants before other texts; each kind by its own order."""
    if not isinstance(value, str):
        return 0, value
    instant = instant_of(value)
    return (2, value) if instant is None else (1, instant)
