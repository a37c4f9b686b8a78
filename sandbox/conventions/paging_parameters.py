"""Which inputs of a list operation page it, and what their schemas say of sizes and positions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.conventions.inputs import Input, Look
from sandbox.conventions.paging import (
    DEFAULT_SIZE,
    EVERYTHING,
    PageReference,
    Position,
    Style,
    Token,
)
from sandbox.conventions.vocabulary import key_of, names, ranked_names

_CURSOR: Final = re.compile(r"\b(cursor|opaque|token)\b", re.IGNORECASE)
_ID: Final = re.compile(r"\bids?\b", re.IGNORECASE)
_ZERO: Final = re.compile(
    r"\b(0|zero)[- ]?(based|indexed)|(start|begin)\w* (at|from|with) (0|zero)\b"
    r"|first page is (0|zero)\b",
    re.IGNORECASE,
)


class PagingParameters:
    """The inputs of a list operation by what they are for."""

    def __init__(self, look: Look, inputs: Iterable[tuple[Input, Any, str]]) -> None:
        self._look = look
        self._by_kind: dict[str, list[tuple[int, Input, Any, str]]] = {}
        flat = [inner for each in inputs for inner in _members(look, each)]
        for place, schema, about in flat:
            key = key_of("_".join(place.path))
            short = key_of(place.path[-1]) if len(place.path) > 1 else key
            if key.startswith("x_"):
                key = key.removeprefix("x_")
            for kind in ("size", "page", "offset", "cursor", "after", "before"):
                known = ranked_names("paging_parameters", kind)
                hit = next((k for k in (key, short) if k in known), None)
                if hit is not None:
                    entry = (known.index(hit), place, schema, about)
                    self._by_kind.setdefault(kind, []).append(entry)
                    break

    @property
    def takes_tokens(self) -> bool:
        """Whether some input may be a token from the reply before."""
        return not {"page", "offset", "cursor", "after"}.isdisjoint(self._by_kind)

    def _best(self, kind: str) -> tuple[Input, Any, str] | None:
        found = sorted(self._by_kind.get(kind, ()), key=lambda entry: entry[0])
        return next(((p, s, a) for _, p, s, a in found), None)

    def parameter_for(self, kind: str) -> Input | None:
        best = self._best(kind)
        return best[0] if best is not None else None

    def size(self) -> tuple[Input | None, Any]:
        for _, place, schema, _ in sorted(self._by_kind.get("size", ()), key=lambda e: e[0]):
            if self._type(schema) in ("integer", "number", "string", ""):
                return place, schema
        return None, None

    def positions(self, has_cursor: bool, *, by_id: bool) -> list[tuple[Position, Any]]:
        """The inputs that say where the page begins, the one to go on by first.

        Numbers go before tokens, since who counts can also jump, except where the reply has a
        cursor. `by_id`: whether entries show an id that a caller could name.
        """
        found: list[tuple[Position, Any]] = []
        for kind in ("page", "offset", "cursor", "after"):
            best = self._best(kind)
            if best is None:
                continue
            place, schema, about = best
            number = self._type(schema) in ("integer", "number")
            if not number and not self._token(schema):
                continue
            style: Style = "cursor"
            if kind == "page" or kind == "offset":
                style = kind if number else "cursor"
            elif kind == "after" and by_id and not has_cursor and not _calls_for_cursor(about):
                style = "after"
            first = first_position(style, keywords_of(self._look, schema), about)
            found.append((Position(place, style, first), schema))
        if has_cursor:
            found.sort(key=lambda each: each[0].style != "cursor")
        return found

    def _token(self, schema: Any) -> bool:
        """Whether a schema takes an opaque text: neither a date nor one of a few words."""
        plain = keywords_of(self._look, schema)
        dated = str(plain.get("format", "")).startswith("date")
        return self._type(schema) in ("string", "") and not dated and "enum" not in plain

    def _type(self, schema: Any) -> str:
        return self._look(schema).type if schema is not None else ""


def _calls_for_cursor(description: str) -> bool:
    """Whether a parameter's description speaks of a cursor that is no id."""
    return bool(_CURSOR.search(description)) and not _ID.search(description)


def _members(look: Look, given: tuple[Input, Any, str]) -> Iterator[tuple[Input, Any, str]]:
    """An input, or the members of an object that is one: `page` of `page[number]`."""
    place, schema, about = given
    surface = look(schema) if schema is not None else None
    holder = key_of(place.path[-1]) in names("page_fields", "holders")
    if surface is not None and surface.type == "object" and holder:
        for name, inner in surface.properties.items():
            member = Input(place.location, (*place.path, name))
            yield member, inner, str(keywords_of(look, inner).get("description", about))
        return
    yield place, schema, about


def page_sizes(look: Look, schema: Any, *, goes_on: bool) -> tuple[int, int | None]:
    """(default, largest) size of a page, by the schema of its parameter."""
    surface = keywords_of(look, schema)
    default, largest = surface.get("default"), surface.get("maximum")
    largest = largest if isinstance(largest, int) else None
    if isinstance(default, int) and not isinstance(default, bool) and default > 0:
        return default, largest
    if not goes_on:
        return EVERYTHING, largest
    return min(
        DEFAULT_SIZE, largest
    ) if largest is not None and largest > 0 else DEFAULT_SIZE, largest


def first_position(style: str, schema: Mapping[str, Any], description: str) -> int:
    """The first page's number or the first entry's: 0 or 1, as bounds or description say.

    Where they do not, pages count from 1.
    """
    if style not in ("page", "offset"):
        return 0
    low, default = schema.get("minimum"), schema.get("default")
    usual = 1 if style == "page" else 0
    for said in (low, default):
        if said in (0, 1) and not isinstance(said, bool) and (said == 0 or low != 0):
            return int(said) if style == "page" or said == 1 else 0
    if _ZERO.search(description):
        return 0
    return usual


def token_of(look: Look, schema: Any, told: Sequence[PageReference]) -> Token:
    kind = look(schema).type if schema is not None else ""
    if kind in ("integer", "number") or any(each.kind == "number" for each in told):
        return "number"
    return "uuid" if keywords_of(look, schema).get("format") == "uuid" else "opaque"


def keywords_of(look: Look, schema: Any) -> Mapping[str, Any]:
    """The keywords of a schema, those of what it refers to or of its non-null branch included."""
    return look(schema).keywords if schema is not None else {}
