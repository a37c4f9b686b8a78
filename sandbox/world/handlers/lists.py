"""Lists: which entries a call asks for, one page of them, and what the reply says of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.conventions.conventions import OperationFacts
from sandbox.conventions.filters import unwrap_inputs
from sandbox.conventions.inputs import Input, Pointer
from sandbox.conventions.paging import (
    EVERYTHING,
    INTRODUCED,
    PageReference,
    Paging,
    Position,
    Style,
)
from sandbox.conventions.paths import JOINED, id_text
from sandbox.document import Operation, encode
from sandbox.draws import Draw
from sandbox.messages import ABSENT, Arguments, Response
from sandbox.world.handlers.list_filters import filter_entries, sort_entries
from sandbox.world.operation_call import Turn

_REFUSALS: Final = (400, 422, 410, 404)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: what it shows and where it lies among all entries."""

    ids: Sequence[str]
    total: int
    offset: int
    size: int

    @property
    def after(self) -> int:
        """The position of the first entry of the next page."""
        return self.offset + len(self.ids)

    @property
    def more(self) -> bool:
        """Whether another page follows. An empty page leads nowhere."""
        return bool(self.ids) and self.after < self.total


def answer_list(turn: Turn) -> Response:
    """The reply of a list operation."""
    meaning, collection = turn.meaning, turn.meaning.collection
    assert collection is not None
    facts, arguments = turn.facts, turn.arguments
    given = arguments.query
    if meaning.operation.method == "POST" and isinstance(arguments.body, Mapping):
        given = {**given, **unwrap_inputs(arguments.body)}
    path = turn.path()
    listing = turn.state.listing(path)
    kept = filter_entries(facts, collection.shape, given, listing)
    if meaning.part:
        first = id_text(arguments.path[meaning.part])
        kept = {id: each for id, each in kept.items() if id.partition(JOINED)[0] == first}
    ids = list(kept)
    if facts.ordering is not None:
        ids = sort_entries(facts.ordering, collection.shape, given, kept, listing)
    paging = facts.paging
    if paging is None and turn.drifted:
        paging = INTRODUCED
    page = page_of(paging, arguments, ids)
    if page is None:
        assert paging is not None and paging.position is not None
        given_names = [p.path[-1] for p in paging.places if _input_value(p, arguments) is not None]
        detail = f"{' and '.join(given_names)}: there is no such position in this list."
        return turn.refuse(_refusal(meaning.operation), detail)
    base = Draw(turn.seed, "view", meaning.operation.id, path)
    renderer = turn.world.renderer
    shown = renderer.projection.entries(
        meaning, turn.population.facts[path].home, page.ids, kept, base
    )
    if paging is None:
        return renderer.reply(meaning, shown, base)
    about = _About(turn, facts, paging, page, ids)
    described = about.fields() if meaning.keys else {}
    return renderer.reply(meaning, shown, base, extras=described, headers=about.headers())


def page_of(paging: Paging | None, arguments: Arguments, ids: Sequence[str]) -> Page | None:
    """The page that a call asks for; None where it names a position that does not exist."""
    if paging is None:
        return Page(ids, len(ids), 0, EVERYTHING)
    size = _number(_input_value(paging.size, arguments))
    size = size if size is not None and size >= 0 else paging.default_size
    offset = _start(paging, arguments, ids, size)
    if offset is None:
        return None
    return Page(ids[offset : offset + size], len(ids), offset, size)


def _start(paging: Paging, arguments: Arguments, ids: Sequence[str], size: int) -> int | None:
    own = [Position(paging.position, paging.style, paging.first)] if paging.position else []
    before = _input_value(paging.before, arguments)
    if before is not None and before != "":
        style: Style = "cursor" if paging.style == "cursor" else "after"
        at = Position(own[0].place, style)
        end = _from(paging, at, before, ids, size)
        return None if end is None else max(0, end - (style == "after") - size)
    for each in (*own, *paging.others):
        value = _input_value(each.place, arguments)
        if value is not None and value != "":
            return _from(paging, each, value, ids, size)
    return 0


def _from(
    paging: Paging,
    at: Position,
    value: Any,
    ids: Sequence[str],
    size: int,
) -> int | None:
    if at.style == "after":
        text = id_text(value)
        return ids.index(text) + 1 if text in ids else None
    if at.style == "cursor":
        position = _position(paging, value)
        return position if position is not None and position <= len(ids) else None
    number = _number(value)
    if number is None:
        return None
    number = max(0, number - at.first)
    return number * size if at.style == "page" else number


def _input_value(place: Input | None, arguments: Arguments) -> Any:
    return None if place is None else place.read(place.values_of(arguments))


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# -- cursors -------------------------------------------------------------------------------------


def cursor_of(paging: Paging, position: int) -> str | int:
    """An opaque cursor: the position and a check, so that invented cursors are told apart."""
    if paging.token == "number":
        return position
    if paging.token == "uuid":
        check = Draw("cursor", position).hex(24)
        return f"{position:08x}-{check[:4]}-4{check[5:8]}-8{check[9:12]}-{check[12:]}"
    return f"c{position}{Draw('cursor', position).hex(6)}"


def _position(paging: Paging, value: Any) -> int | None:
    """The position inside a cursor that we made, or None."""
    if paging.token == "number":
        return _number(value)
    text = str(value)
    if paging.token == "uuid":
        digits, base = text[:8], 16
    else:
        digits, base = text[1:-6], 10
    try:
        position = int(digits, base)
    except ValueError:
        return None
    return position if cursor_of(paging, position) == text else None


# -- what a reply says of its page ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    turn: Turn
    facts: OperationFacts
    paging: Paging
    page: Page
    ids: Sequence[str]
    """All that the pages show."""

    def fields(self) -> dict[str, Any]:
        """Pointer (with slashes) → value, for each field of the reply that is about the page."""
        paging, page = self.paging, self.page
        made: dict[Pointer, Any] = {}
        made.update(dict.fromkeys(paging.total, page.total))
        made.update(dict.fromkeys(paging.counts, len(page.ids)))
        made.update(dict.fromkeys(paging.more, page.more))
        made.update(dict.fromkeys(paging.last, not page.more))
        numbers = self._numbers()
        for kind, pointer in (paging.numbers or {}).items():
            made[pointer] = numbers[kind]
        back = max(0, page.offset - page.size) if page.offset else None
        for references, position in (
            (paging.next, page.after if page.more else None),
            (paging.previous, back),
        ):
            for reference in references:
                if not reference.header:
                    self._set_page_reference(made, reference, position)
        end = (page.total - 1) // page.size * page.size if page.size and page.total else 0
        where = {"self": page.offset, "first": 0, "end": end}
        for relation, pointer in (paging.links or {}).items():
            if relation in where:
                made[pointer] = self._url(where[relation])
        if paging.link_list is not None:
            links = [("self", page.offset), ("next", page.after if page.more else None)]
            links.append(("prev", back))
            made[paging.link_list] = [
                {"rel": rel, "href": self._url(at)} for rel, at in links if at is not None
            ]
        return {"/".join(pointer): value for pointer, value in made.items()}

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers about the page; one with an empty value is not to be sent."""
        paging, page = self.paging, self.page
        found = []
        if paging.total_header is not None:
            found.append((paging.total_header.lower(), str(page.total)))
        if paging.link_header is not None and paging.position is not None:
            back = max(0, page.offset - page.size) if page.offset else None
            pairs = (("next", page.after if page.more else None), ("prev", back))
            links = [f'<{self._url(at)}>; rel="{rel}"' for rel, at in pairs if at is not None]
            found.append(("link", ", ".join(links)))
        for reference in paging.next:
            if reference.header:
                value = str(self._value(page.after)) if page.more else ""
                found.append((reference.pointer[0].lower(), value))
        return tuple(found)

    def _numbers(self) -> dict[str, int]:
        paging, page = self.paging, self.page
        size = max(1, page.size)
        first = paging.first if paging.style == "page" else 1
        pages = -(-page.total // size)
        return {
            "offset": page.offset + (paging.first if paging.style == "offset" else 0),
            "size": page.size if page.size < EVERYTHING else page.total,
            "page": page.offset // size + first,
            "pages": pages,
            "last_page": max(1, pages) - 1 + first,
        }

    def _set_page_reference(
        self, made: dict[Pointer, Any], reference: PageReference, position: int | None
    ) -> None:
        if position is None or not self.paging.goes_on:
            pointer, value = _ending(self.turn, reference)
            made[pointer] = value
        elif reference.kind == "url":
            made[reference.pointer] = self._url(position)
        else:
            value = self._value(position)
            made[reference.pointer] = value if reference.kind == "number" else str(value)

    def _value(self, position: int) -> str | int:
        """What a call sends to get the page that begins at a position."""
        paging = self.paging
        if paging.style == "page":
            return position // max(1, self.page.size) + paging.first
        if paging.style == "offset":
            return position + paging.first
        if paging.style == "after":
            return self.ids[position - 1] if position else ""
        return cursor_of(paging, position)

    def _url(self, position: int) -> str:
        """The address of the page that begins at a position."""
        call, operation = self.turn.arguments, self.facts.operation
        place, query = self.paging.position, dict(self.turn.arguments.query)
        if place is not None and place.location == "query":
            query = place.put(query, self._value(position) if position else None)
        document = self.turn.world.document
        request = encode(operation, Arguments(path=call.path, query=query), document.base_path)
        # Brackets are no characters of a URI's query (RFC 3986 §3.4).
        asked = request.query.replace("[", "%5B").replace("]", "%5D")
        return document.origin + (f"{request.path}?{asked}" if asked else request.path)


def _ending(turn: Turn, reference: PageReference) -> tuple[Pointer, Any]:
    """(pointer, value) that says that no page follows: null, else nothing, else an empty text."""
    known: dict[PageReference, tuple[Pointer, Any]] = turn.meaning.memo.setdefault("page ends", {})
    if reference not in known:
        known[reference] = _end_marker(turn.world.resources.shape, turn, reference.pointer)
    return known[reference]


def _end_marker(look: Any, turn: Turn, pointer: Pointer) -> tuple[Pointer, Any]:
    schema, needed = turn.meaning.schema, []
    for key in pointer:
        surface = look(schema)
        needed.append(key in surface.required)
        schema = surface.properties[key]
    if turn.world.document.schemas.validator(schema, "response").is_valid(None):
        return pointer, None
    if not needed[-1]:
        return pointer, ABSENT
    # `next: {href}`: without a next page the object around the URL goes as well.
    return (pointer, "") if len(pointer) == 1 or needed[-2] else (pointer[:-1], ABSENT)


def _refusal(operation: Operation) -> int:
    """The status that the document has for a position that is none."""
    declared = [int(key) for key in operation.replies if key.isdecimal() and key[0] == "4"]
    return next((status for status in _REFUSALS if status in declared), 400)
