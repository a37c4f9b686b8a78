"""Vocabulary: how real documents call what follows a convention; the words are data of `specs`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import specs
from sandbox.conventions.words import words


@cache
def _data() -> dict[str, Any]:
    import yaml12

    loaded: Any = yaml12.parse_yaml(specs.path("names", "vocabulary").read_text("utf-8"))
    return loaded  # type: ignore[no-any-return]


@cache
def names(group: str, kind: str = "") -> frozenset[str]:
    """The names of one kind, such as ("timestamps", "created"); of a plain list without a kind."""
    found = _data()[group]
    return frozenset(found[kind] if kind else found)


@cache
def ranked(group: str, kind: str) -> tuple[str, ...]:
    """The same names, most telling first."""
    return tuple(_data()[group][kind])


@cache
def kinds(group: str) -> tuple[str, ...]:
    """The kinds of a group, in the order of the file."""
    return tuple(_data()[group])


@cache
def bounds(side: str, sharpness: str) -> frozenset[str]:
    """Words that bound a field from the `lower` or `upper` side, inclusive or exclusive."""
    return frozenset(_data()["bounds"][side][sharpness])


@cache
def key_of(name: str) -> str:
    """A name in snake case: `$pageSize`, `page-size` and `page[size]` are all `page_size`."""
    return "_".join(words(name.replace("$", "")))


def is_a(name: str, group: str, kind: str = "") -> bool:
    """Whether a name is one of the vocabulary's, in whatever case style."""
    return key_of(name) in names(group, kind)


LIMIT: Final = (
    "limit per_page page_size pagesize size max_results maxresults first count top take perpage "
    "results_per_page"
).split()
OFFSET: Final = "offset skip start start_index startindex from_index".split()
PAGE: Final = "page page_number pagenumber pageno p".split()
CURSOR: Final = (
    "cursor page_token pagetoken next_token nexttoken continuation_token continuation marker next "
    "bookmark page_cursor"
).split()
AFTER: Final = "starting_after after after_id since_id".split()
BEFORE: Final = "ending_before before_id max_id".split()
QUERY: Final = "q query search term keyword keywords text filter_text".split()
SORT: Final = "sort sort_by sortby order_by orderby ordering".split()
ORDER: Final = "order direction sort_order sortorder sort_direction dir".split()
LOWER: Final = "min from gte gt since after start newer".split()
UPPER: Final = "max to lte lt until before end older".split()
SHAPING: Final = "fields expand include select embed pretty".split()
"""Parameters that change how entities are shown, not which."""

TOTALS: Final = "total total_count total_items total_results count_total".split()
MORE: Final = "has_more has_next has_next_page more is_truncated".split()
NEXT_LINKS: Final = "next next_url next_link next_href next_page_uri next_page_url".split()
NEXT_TOKENS: Final = (
    "next_cursor next_page_token next_token cursor continuation_token end_cursor marker"
).split()
PAGE_OBJECTS: Final = "meta pagination paging page_info page metadata".split()

NO_FILTERS: Final = frozenset(
    [*LIMIT, *OFFSET, *PAGE, *CURSOR, *AFTER, *BEFORE, *SORT, *ORDER, *SHAPING]
)


def named(values: Mapping[str, Any], names: list[str]) -> Any:
    """The first value whose name is one of `names`, or None."""
    return next((value for name, value in values.items() if key_of(name) in names), None)
