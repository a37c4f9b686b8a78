"""Filters: what each parameter of a list asks of its entries, and which ones order them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from sandbox.conventions.vocabulary import bounds, key_of, names
from sandbox.conventions.words import singular, words
from sandbox.errors import UnknownName

_INCLUSIVE: Final = re.compile(
    r"\binclusive|\b(on|at) or (after|before|later|earlier)|or equal"
    r"|not (before|after|earlier|later)",
    re.I,
)
_EXCLUSIVE: Final = re.compile(r"\bexclusive|\bstrictly", re.I)
_TIMES: Final = ("at", "on", "date", "time")


def spellings(field: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A field's own words, and those with an ending that names a time."""
    return (field, *((*field, ending) for ending in _TIMES))


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit on a field: what was `placed_after` a day is looked up in `placed_at`."""

    field: tuple[str, ...]
    """The field's words."""
    lower: bool
    exclusive: bool

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """The field's own words, and those with an ending that names a time."""
        return spellings(self.field)


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter that picks entries."""

    name: str
    kind: Literal["equals", "search", "bound"]
    field: tuple[str, ...] = ()
    """Words of the field that is compared."""
    bounds: tuple[Bound, ...] = ()
    """Readings of the name as a bound, most likely first."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a list is sorted."""

    sort: str
    """The parameter that names the field."""
    direction: str | None = None
    """The parameter that says asc or desc, where it is one of its own."""
    default: str = ""
    """What is sorted by where a call does not say."""
    default_direction: str = ""
    evidence: tuple[str, ...] = ()


def unwrap_inputs(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs of a search, those inside `query`, `filter` and the like beside the rest."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and key_of(name) in names("list_parameters", "containers"):
            found |= unwrap_inputs(value)
        else:
            found[name] = value
    return found


def ordering_of(parameters: Mapping[str, str]) -> Ordering | None:
    """The ordering among the inputs of a list, given as name → default ("" where there is none)."""
    listed = tuple(parameters)
    sort = _first_of_kind(listed, "sort")
    direction = _first_of_kind(listed, "direction")
    if sort is None:
        # `order=price:desc` without `sort` names the field itself.
        sort, direction = direction, None
    if sort is None:
        return None
    evidence = tuple(f"`{name}`" for name in (sort, direction) if name is not None)
    defaults = parameters[sort], parameters[direction] if direction is not None else ""
    return Ordering(sort, direction, *defaults, evidence)


def _first_of_kind(listed: tuple[str, ...], kind: str) -> str | None:
    return next((n for n in listed if key_of(n) in names("list_parameters", kind)), None)


def shapes(name: str) -> bool:
    """Whether a parameter of that name changes how entities are shown, not which."""
    return key_of(name) in names("list_parameters", "shaping")


@lru_cache(maxsize=4096)
def filter_of(name: str, description: str = "") -> Filter:
    """What one parameter asks."""
    if key_of(name) in names("list_parameters", "search"):
        return Filter(name, "search")
    above, _, last = name.rpartition("/")
    exact = above and key_of(last) in names("list_parameters", "equalities")
    parts = words(above if exact else name)
    field = parts[1:] if len(parts) > 1 and parts[0] in ("filter", "by") else parts
    found = []
    for side, lower in (("lower", True), ("upper", False)):
        for word in dict.fromkeys((field[0], field[-1]) if len(field) > 1 else ()):
            sharp = word in bounds(side, "exclusive")
            if not sharp and word not in bounds(side, "inclusive"):
                continue
            rest = field[1:] if word == field[0] else field[:-1]
            exclusive = sharp and not _INCLUSIVE.search(description)
            found.append(Bound(rest, lower, exclusive or bool(_EXCLUSIVE.search(description))))
    return Filter(name, "bound" if found else "equals", field, tuple(found))


def stated_filter(name: str, said: str, fields: Iterable[str]) -> Filter:
    """A filter as a model file states it: `*`, a field, or a bound of one such as `>= price`.

    Raises UnknownName for a field that the entities do not have.
    """
    if said == "*":
        return Filter(name, "search")
    sign = said.rstrip()[: len(said) - len(said.lstrip("<>="))]
    field = said.removeprefix(sign).strip()
    known = tuple(fields)
    if sign not in ("", ">=", ">", "<=", "<") or field not in known:
        raise UnknownName("field", said, known)
    if not sign:
        return Filter(name, "equals", words(field))
    return Filter(name, "bound", (), (Bound(words(field), sign[0] == ">", len(sign) == 1),))


def field_value(entity: Mapping[str, Any], wanted: tuple[str, ...]) -> Any:
    """The value that a filter's words point at: same name, another case style, or `field.id`."""
    for name, value in entity.items():
        itself, inside, listed = _pointing(name, wanted)
        if itself or (listed and isinstance(value, list)):
            return value
        if inside and isinstance(value, Mapping) and "id" in value:
            return value["id"]
    return None


@lru_cache(maxsize=8192)
def _pointing(name: str, wanted: tuple[str, ...]) -> tuple[bool, bool, bool]:
    """Whether words point at a field itself, at the id inside it, at it where it is a list."""
    mine = words(name)
    itself = mine == wanted or (bool(wanted) and mine == (*wanted, "id"))
    listed = bool(wanted and mine) and (*mine[:-1], singular(mine[-1])) in (wanted, wanted[:1])
    return itself, (*mine, "id") == wanted, listed
