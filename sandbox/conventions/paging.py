"""Paging: how the replies of a list operation are parts of a whole.

page     a page number             offset   how many entries to skip
cursor   an opaque token           after    the id of the last entry seen
size     only a size: no way to go on
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from sandbox.conventions.inputs import Input, Pointer, value_at
from sandbox.messages import Arguments

Style = Literal["page", "offset", "cursor", "after", "size"]
Kind = Literal["url", "cursor", "number"]
Token = Literal["opaque", "number", "uuid"]
DEFAULT_SIZE: Final = 20
"""Entries on a page where the document names no default."""
EVERYTHING: Final = 1_000_000
_NEXT_LINK: Final = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Position:
    """An input that says where the page begins."""

    place: Input
    style: Style
    first: int = 0


@dataclass(frozen=True, slots=True)
class PageReference:
    """A field of the reply (or a header of it) that says where another page is."""

    pointer: Pointer
    """Keys into the reply; one name where it is a header."""
    kind: Kind
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
    token: Token = "opaque"
    """What a cursor looks like."""
    others: tuple[Position, ...] = ()
    """Further inputs that say where the page begins."""
    before: Input | None = None
    """Asks for the entries before an id."""
    next: tuple[PageReference, ...] = ()
    previous: tuple[PageReference, ...] = ()
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
    def is_numbered(self) -> bool:
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
        if any(value_at(reply, pointer) is False for pointer in self.more):
            return True
        if any(value_at(reply, pointer) is True for pointer in self.last):
            return True
        told = [value_at(reply, each.pointer) for each in self.next if not each.header]
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
            return value_at(entries[-1], id_path or ("id",))
        hint = _NEXT_LINK.search(link)
        told: list[tuple[str, Any]] = [("url", hint[1])] if hint else []
        listed = value_at(reply, self.link_list) if self.link_list is not None else None
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, Mapping) and each.get("rel") == "next":
                told.append(("url", each.get("href")))
        told += [
            (each.kind, value_at(reply, each.pointer)) for each in self.next if not each.header
        ]
        for what, value in told:
            if what == "url" and isinstance(value, str):
                value = dict(parse_qsl(urlsplit(value).query)).get(self.position.spelling)
                if value is not None and self.token == "number" and value.isdecimal():
                    return int(value)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return value
        return None


INTRODUCED: Final = Paging(
    "offset",
    size=Input("query", ("limit",)),
    position=Input("query", ("offset",)),
    default_size=EVERYTHING,
)
"""The paging that drift brings to a list that the document does not page."""
