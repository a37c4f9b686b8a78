"""Paging: how a list operation is paged, read off its parameters and its success reply.

page     a page number             offset   how many entries to skip
cursor   an opaque token           after    the id of the last entry seen
size     only a size: no way to go on
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from sandbox.conventions.schema_surface import Shape
from sandbox.conventions.vocabulary import key_of, names, ranked
from sandbox.conventions.words import words
from sandbox.document.operations import Parameter
from sandbox.messages import Arguments

Style = Literal["page", "offset", "cursor", "after", "size"]
STYLES: Final[tuple[str, ...]] = get_args(Style)
DEFAULT_SIZE: Final = 20
"""Entries on a page where the document names no default."""
EVERYTHING: Final = 1_000_000
_DEPTH: Final = 3
_URL: Final = re.compile(r"\b(url|uri|link|href|address)\b", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\b(cursor|token|opaque|marker)\b", re.IGNORECASE)
_ZERO: Final = re.compile(
    r"\b(0|zero)[- ]?(based|indexed)|(start|begin)\w* (at|from|with) (0|zero)\b"
    r"|first page is (0|zero)\b",
    re.IGNORECASE,
)
_NEXT_LINK: Final = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?')
_ON_THIS_PAGE: Final = re.compile(r"\b(page|returned|this (response|reply|list|result))\b", re.I)

Pointer = tuple[str, ...]
"""Keys from the reply's root to a field."""
Look = Callable[[Any], Shape]


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a call: a parameter, a member of an object parameter, or a field of the body."""

    location: str
    """query, header or body."""
    path: Pointer
    """The parameter's name, and the member inside it: ("page", "number") of a deepObject."""

    @property
    def name(self) -> str:
        """The parameter's own name."""
        return self.path[0]

    @property
    def spelling(self) -> str:
        """The name as a query has it: `page[number]`."""
        return self.name + "".join(f"[{key}]" for key in self.path[1:])

    def read(self, values: Mapping[str, Any]) -> Any:
        """The value among the values of the location; None where it was not given."""
        found: Any = values
        for key in self.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def values_of(self, arguments: Arguments) -> Mapping[str, Any]:
        """A call's values at the location."""
        found = arguments.body if self.location == "body" else getattr(arguments, self.location)
        return found if isinstance(found, Mapping) else {}

    def put(self, values: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """The values of the location with this one replaced; None takes it out."""
        return _put(values, self.path, value)


@dataclass(frozen=True, slots=True)
class Position:
    """An input that says where the page begins."""

    place: Input
    style: Style
    first: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A field of the reply (or a header of it) that says where another page is."""

    pointer: Pointer
    """Keys into the reply; one name where it is a header."""
    what: Literal["url", "cursor", "number"]
    header: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """How one operation is paged."""

    style: Style
    size: Input | None = None
    position: Input | None = None
    """Where a call says where its page begins; None where it cannot."""
    first: int = 0
    """The number of the first page or entry: 0 or 1."""
    default_size: int = DEFAULT_SIZE
    largest_size: int | None = None
    token: Literal["opaque", "number", "uuid"] = "opaque"
    """What a cursor looks like."""
    others: tuple[Position, ...] = ()
    """Further inputs that say where the page begins."""
    before: Input | None = None
    """Asks for the entries before an id."""
    next: tuple[Told, ...] = ()
    previous: tuple[Told, ...] = ()
    links: Mapping[str, Pointer] | None = None
    """self, first and end (the last page): where the reply has URLs of them."""
    link_list: Pointer | None = None
    """A list of {rel, href} in the reply."""
    total: tuple[Pointer, ...] = ()
    """Fields that say how many entries there are in all."""
    counts: tuple[Pointer, ...] = ()
    """Fields that say how many entries are on this page."""
    more: tuple[Pointer, ...] = ()
    """Flags that say whether another page follows."""
    last: tuple[Pointer, ...] = ()
    """Flags that say whether this is the last page."""
    numbers: Mapping[str, Pointer] | None = None
    """offset, size, page, pages and last_page: where the reply repeats or derives them."""
    total_header: str | None = None
    link_header: str | None = None
    evidence: tuple[str, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether a caller can get at later pages."""
        return self.position is not None

    @property
    def numbered(self) -> bool:
        """Whether positions are numbers that a caller can work out."""
        return self.style in ("page", "offset")

    @property
    def places(self) -> tuple[Input, ...]:
        """Every input that is about paging."""
        found = (self.size, self.position, self.before, *(each.place for each in self.others))
        return tuple(place for place in found if place is not None)

    def later(self, arguments: Arguments) -> bool:
        """Whether a call asks for a page after the first."""
        place = self.position
        value = place.read(place.values_of(arguments)) if place is not None else None
        if value is None or value == "":
            return False
        return not isinstance(value, int) or value > self.first

    def ends(self, reply: Any) -> bool:
        """Whether a reply says that no page follows."""
        if any(at(reply, pointer) is False for pointer in self.more):
            return True
        if any(at(reply, pointer) is True for pointer in self.last):
            return True
        told = [at(reply, each.pointer) for each in self.next if not each.header]
        return bool(told) and not any(told)

    def following(
        self, now: Any, reply: Any, entries: Sequence[Any], id_path: Pointer, link: str = ""
    ) -> Any:
        """The position of the page after a reply; None where none follows.

        `now` is the position that the call gave (None for the first page), `entries` what the
        reply shows, `id_path` where an entry has its id and `link` the reply's Link header.
        Numbers and ids are worked out and not read: a reply that hides a page hides no entry.
        """
        if self.position is None or not entries:
            return None
        if self.style == "page":
            return (now if isinstance(now, int) else self.first) + 1
        if self.style == "offset":
            return (now if isinstance(now, int) else self.first) + len(entries)
        if self.style == "after":
            return at(entries[-1], id_path or ("id",))
        hint = _NEXT_LINK.search(link)
        told = [("url", hint[1])] if hint else []
        told += [(each.what, at(reply, each.pointer)) for each in self.next if not each.header]
        for what, value in told:
            if what == "url" and isinstance(value, str):
                value = dict(parse_qsl(urlsplit(value).query)).get(self.position.spelling)
                if value is not None and self.token == "number" and value.isdecimal():
                    return int(value)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return value
        return None


def at(value: Any, pointer: Pointer) -> Any:
    """What lies at a pointer; None where nothing does."""
    for key in pointer:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def paging_of(
    inputs: Iterable[tuple[Input, Any, str]],
    look: Look,
    reply: Any,
    headers: Mapping[str, Parameter],
    list_keys: Pointer,
) -> Paging | None:
    """The paging of a list operation, or None where it has none.

    `inputs` are (place, schema, description), `reply` is the success schema and `list_keys` say
    where the list lies in it.
    """
    found = _Parameters(look, inputs)
    told = _Fields(look, reply, list_keys, found) if reply is not None else None
    header_total, header_link, header_next = _headers(headers)
    positions = found.positions(
        told is not None and any(each.what == "cursor" for each in told.next)
    )
    main = positions[0][0] if positions else None
    position = main.place if main is not None else None
    size, size_schema = found.size()
    if position is None and size is None and (told is None or not told.says_anything):
        return None
    default_size, largest = page_sizes(look, size_schema, goes_on=position is not None)
    next_told = (*(told.next if told is not None else ()), *header_next)
    evidence = [f"`{'.'.join(p.path)}`" for p in (position, size) if p is not None]
    pointers = [each.pointer for each in next_told]
    pointers += [*told.more, *told.last, *told.total, *told.counts] if told is not None else []
    evidence += [f"`{'.'.join(pointer)}` in the reply" for pointer in pointers]
    evidence += [f"header `{header_link}`"] if header_link else []
    return Paging(
        style=main.style if main is not None else "size",
        size=size,
        position=position,
        first=main.first if main is not None else 0,
        default_size=default_size,
        largest_size=largest,
        token=token_of(look, positions[0][1] if positions else None, next_told),
        others=tuple(each for each, _ in positions[1:]),
        before=found.named("before") if position is not None else None,
        next=next_told,
        previous=told.previous if told is not None else (),
        links=told.links if told is not None else None,
        link_list=told.link_list if told is not None else None,
        total=told.total if told is not None else (),
        counts=told.counts if told is not None else (),
        more=told.more if told is not None else (),
        last=told.last if told is not None else (),
        numbers=told.numbers if told is not None else None,
        total_header=header_total,
        link_header=header_link,
        evidence=tuple(evidence),
    )


def page_sizes(look: Look, schema: Any, *, goes_on: bool) -> tuple[int, int | None]:
    """(default, largest) size of a page, by the schema of its parameter."""
    surface = _plain(look, schema)
    default, largest = surface.get("default"), surface.get("maximum")
    largest = largest if isinstance(largest, int) else None
    if isinstance(default, int) and not isinstance(default, bool) and default > 0:
        return default, largest
    if not goes_on:
        return EVERYTHING, largest
    return min(
        DEFAULT_SIZE, largest
    ) if largest is not None and largest > 0 else DEFAULT_SIZE, largest


def _put(values: Mapping[str, Any], path: Pointer, value: Any) -> dict[str, Any]:
    made = dict(values)
    if len(path) > 1:
        inner = made.get(path[0])
        made[path[0]] = _put(inner if isinstance(inner, Mapping) else {}, path[1:], value)
    elif value is None:
        made.pop(path[0], None)
    else:
        made[path[0]] = value
    return made


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


def token_of(look: Look, schema: Any, told: Sequence[Told]) -> Literal["opaque", "number", "uuid"]:
    kind = look(schema).type if schema is not None else ""
    if kind in ("integer", "number") or any(each.what == "number" for each in told):
        return "number"
    return "uuid" if _plain(look, schema).get("format") == "uuid" else "opaque"


class _Parameters:
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
                known = ranked("paging_parameters", kind)
                hit = next((k for k in (key, short) if k in known), None)
                if hit is not None:
                    entry = (known.index(hit), place, schema, about)
                    self._by_kind.setdefault(kind, []).append(entry)
                    break
        self.names = {key_of(place.path[-1]) for place, _, _ in flat}

    def _best(self, kind: str) -> tuple[Input, Any, str] | None:
        found = sorted(self._by_kind.get(kind, ()), key=lambda entry: entry[0])
        return next(((p, s, a) for _, p, s, a in found), None)

    def named(self, kind: str) -> Input | None:
        best = self._best(kind)
        return best[0] if best is not None else None

    def size(self) -> tuple[Input | None, Any]:
        for _, place, schema, _ in sorted(self._by_kind.get("size", ()), key=lambda e: e[0]):
            if self._type(schema) in ("integer", "number", "string", ""):
                return place, schema
        return None, None

    def positions(self, cursor_told: bool) -> list[tuple[Position, Any]]:
        """The inputs that say where the page begins, the one to go on by first.

        Numbers go before tokens, since who counts can also jump, except where the reply tells a
        cursor.
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
            elif kind == "after" and not cursor_told:
                style = "after"
            first = first_position(style, _plain(self._look, schema), about)
            found.append((Position(place, style, first), schema))
        if cursor_told:
            found.sort(key=lambda each: each[0].style != "cursor")
        return found

    def _token(self, schema: Any) -> bool:
        """Whether a schema takes an opaque text: neither a date nor one of a few words."""
        plain = _plain(self._look, schema)
        dated = str(plain.get("format", "")).startswith("date")
        return self._type(schema) in ("string", "") and not dated and "enum" not in plain

    def _type(self, schema: Any) -> str:
        return self._look(schema).type if schema is not None else ""


def _members(look: Look, given: tuple[Input, Any, str]) -> Iterator[tuple[Input, Any, str]]:
    """An input, or the members of an object that is one: `page` of `page[number]`."""
    place, schema, about = given
    surface = look(schema) if schema is not None else None
    holder = key_of(place.path[-1]) in names("page_fields", "holders")
    if surface is not None and surface.type == "object" and holder:
        for name, inner in surface.properties.items():
            member = Input(place.location, (*place.path, name))
            yield member, inner, str(_plain(look, inner).get("description", about))
        return
    yield place, schema, about


class _Fields:
    """What a reply says about the page it is, field by field."""

    def __init__(self, look: Look, reply: Any, list_keys: Pointer, inputs: _Parameters) -> None:
        self._look = look
        self._list_keys = list_keys
        self._cursors = bool(inputs.named("cursor") or inputs.named("after"))
        tokens = (inputs.named("page"), inputs.named("offset"))
        self._cursors = self._cursors or any(tokens)
        self.next: tuple[Told, ...] = ()
        self.previous: tuple[Told, ...] = ()
        self.links: dict[str, Pointer] = {}
        self.link_list: Pointer | None = None
        self.total: tuple[Pointer, ...] = ()
        self.counts: tuple[Pointer, ...] = ()
        self.more: tuple[Pointer, ...] = ()
        self.last: tuple[Pointer, ...] = ()
        self.numbers: dict[str, Pointer] = {}
        if look(reply).type == "object":
            self._enter(reply, (), "")
        if self.counts and not self.total and not self._on_page:
            # The only count there is says how many there are in all.
            self.total, self.counts = self.counts, ()

    _on_page = False

    @property
    def says_anything(self) -> bool:
        return bool(self.next or self.more or self.total or self.counts or self.links)

    def _enter(self, schema: Any, at: Pointer, holder: str) -> None:
        for name, inner in self._look(schema).properties.items():
            pointer = (*at, name)
            if pointer == self._list_keys:
                continue
            surface, key = self._look(inner), key_of(name)
            around = self._list_keys[: len(pointer)] == pointer
            if surface.type == "object" and surface.properties:
                held = key in names("page_fields", "holders") or around
                if (held and len(pointer) < _DEPTH) or (
                    holder in ("links", "link") and key in _RELATIONS
                ):
                    relation = key if key in _RELATIONS and not around else holder
                    self._enter(inner, pointer, key if not relation else relation)
                continue
            if surface.type == "array" and key in ("links", "link"):
                if {"rel", "href"} <= set(self._look(surface.items).properties):
                    self.link_list = pointer
                continue
            self._field(key, surface, inner, pointer, holder)

    def _field(self, key: str, surface: Shape, schema: Any, at: Pointer, holder: str) -> None:
        kind = surface.type
        plain = _plain(self._look, schema)
        about = str(plain.get("description", ""))
        if kind == "boolean":
            if key in names("page_fields", "more"):
                self.more += (at,)
            elif key in names("page_fields", "last"):
                self.last += (at,)
        elif holder in _RELATIONS and key in ("href", "url", "uri", "link"):
            self._relate(holder, Told(at, "url"))
        elif holder in ("next", "next_page") and kind in ("string", "integer"):
            self.next += (Told(at, "cursor"),)
        elif kind in ("integer", "number"):
            self._number(key, about, at)
        elif kind in ("string", ""):
            self._text(key, plain, about, at, holder)

    def _relate(self, relation: str, told: Told) -> None:
        if relation in ("next", "next_page"):
            self.next += (told,)
        elif relation in ("prev", "previous"):
            self.previous += (told,)
        else:
            self.links.setdefault("end" if relation == "last" else relation, told.pointer)

    def _number(self, key: str, about: str, at: Pointer) -> None:
        if key in names("page_fields", "total"):
            self.total += (at,)
        elif key in names("page_fields", "count"):
            self.counts += (at,)
            self._on_page = self._on_page or (
                bool(_ON_THIS_PAGE.search(about)) and "total" not in about.lower()
            )
        elif key in names("page_fields", "next") and "next" in key:
            self.next += (Told(at, "number"),)
        elif key in names("page_fields", "previous") and "prev" in key:
            self.previous += (Told(at, "number"),)
        else:
            for kind in ("last_page", "pages", "page", "size", "offset"):
                if key in names("page_fields", kind):
                    self.numbers.setdefault(kind, at)
                    return
            if key.endswith("_count") and len(at) == 1:  # `articlesCount` beside `articles`
                self.total += (at,)

    def _text(self, key: str, plain: Mapping[str, Any], about: str, at: Pointer, h: str) -> None:
        linked = h in ("links", "link")
        url = self._url(key, plain, about, linked)
        if key in names("page_fields", "next"):
            # `offset` or `uri` alone say nothing: only inside `next_page` or the like.
            if key in ("offset", "uri", "last_id", "after") and h not in ("cursors", "paging"):
                if key != "after" and not (key == "last_id" and self._cursors):
                    return
            self.next += (Told(at, "url" if url else "cursor"),)
        elif key in names("page_fields", "previous") and key not in ("before", "start_cursor"):
            self.previous += (Told(at, "url" if url else "cursor"),)
        elif url and key in names("page_fields", "self") and (linked or not h) and key != "url":
            self.links.setdefault("self", at)
        elif url and key in names("page_fields", "first"):
            self.links.setdefault("first", at)
        elif url and key in names("page_fields", "end"):
            self.links.setdefault("end", at)

    def _url(self, key: str, plain: Mapping[str, Any], about: str, linked: bool) -> bool:
        """Whether a text is a URL to follow rather than a token to send."""
        if str(plain.get("format", "")) in ("uri", "uri-reference", "url", "iri") or linked:
            return True
        if {"url", "uri", "link", "href", "path"} & set(key.split("_")):
            return True
        if {"cursor", "token", "marker", "bookmark", "id", "continuation"} & set(key.split("_")):
            return False
        if _TOKEN.search(about):
            return False
        example = plain.get("example")
        if isinstance(example, str) and ("://" in example or example.startswith("/")):
            return True
        return bool(_URL.search(about)) or not self._cursors


_RELATIONS: Final = frozenset({"self", "first", "last", "prev", "previous", "next", "next_page"})


def _headers(headers: Mapping[str, Parameter]) -> tuple[str | None, str | None, tuple[Told, ...]]:
    """(total, link, next) among the declared headers of the reply."""
    total = link = None
    told: list[Told] = []
    for name in headers:
        key = "_".join(part for part in words(name) if part != "x")
        if key in names("page_fields", "total"):
            total = total or name
        elif key == "link":
            link = name
        elif key in names("page_fields", "next") and "next" in key:
            told.append(Told((name,), "number" if key == "next_page" else "cursor", header=True))
    return total, link, tuple(told)


def _plain(look: Look, schema: Any) -> Mapping[str, Any]:
    """The keywords of a schema, those of what it refers to or of its non-null branch included."""
    return look(schema).keywords if schema is not None else {}
