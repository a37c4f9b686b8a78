"""How a list operation is paged: which parameter sets the size, which the place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.document.operations import Operation

_SIZE: Final = frozenset(
    "limit per_page page_size pagesize size max_results first count top take perpage".split()
)
_NUMBER: Final = frozenset("page page_number pagenumber p".split())
_OFFSET: Final = frozenset("offset skip start start_index".split())
_CURSOR: Final = frozenset(
    "cursor page_token next_token continuation_token continuation marker starting_after after "
    "next bookmark".split()
)
_TOTAL: Final = frozenset("total total_count total_items total_results count_total".split())
_MORE: Final = frozenset("has_more has_next has_next_page more is_truncated".split())
_NEXT: Final = frozenset(
    "next next_cursor next_page_token next_token cursor continuation_token end_cursor next_url "
    "next_link next_page".split()
)


@dataclass(frozen=True, slots=True)
class Pager:
    """The paging parameters of an operation; "" where there is none."""

    size: str
    place: str
    """The parameter that says where the page begins."""
    style: str
    """page, offset, cursor or size (only a size, no way to go on)."""


def pager(operation: Operation) -> Pager | None:
    """How an operation is paged, or None when it is not."""
    size = place = style = ""
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        name = key(parameter.name)
        if name in _SIZE:
            size = size or parameter.name
        for known, kind in ((_CURSOR, "cursor"), (_NUMBER, "page"), (_OFFSET, "offset")):
            if name in known and not place:
                place, style = parameter.name, kind
    if not size and not place:
        return None
    return Pager(size, place, style or "size")


def key(name: str) -> str:
    """A name in snake case: `perPage` → `per_page`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def says_total(name: str) -> bool:
    return key(name) in _TOTAL


def says_more(name: str) -> bool:
    return key(name) in _MORE


def says_next(name: str) -> bool:
    return key(name) in _NEXT


def later(found: Pager, query: Any) -> bool:
    """Whether the query asks for a page after the first."""
    value = query.get(found.place) if found.place else None
    if value is None or value == "":
        return False
    first = 1 if found.style == "page" else 0
    return not isinstance(value, int) or value > first
