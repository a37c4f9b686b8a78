"""Long observations lose what a next call hardly needs, evenly, and say so."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trajectories.condensed import condense

LIMIT = 300
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def page(entries: int) -> str:
    rows = [
        {
            "created_at": "2026-01-01T00:00:00Z",
            "id": 1000 + index,
            "notes": "Keep in a cool and dry place. " * 4,
            "title": f"Book {index}",
            "author": {"name": "Ada", "links": ["a", "b"]},
        }
        for index in range(entries)
    ]
    return json.dumps({"books": rows, "total": entries})


def shape(text: str) -> Any:
    return json.loads(text.rpartition(" …[")[0])


def test_a_short_text_stays_as_it_is() -> None:
    assert condense(page(1), 1000) == page(1)


def test_every_entry_keeps_what_names_it() -> None:
    found = shape(condense(page(8), LIMIT))
    assert found == {
        "books": [{"id": 1000 + index, "title": f"Book {index}"} for index in range(8)],
        "total": 8,
    }


def test_fields_come_back_as_room_allows() -> None:
    few = shape(condense(page(2), LIMIT))["books"][0]
    assert few["notes"] == "Keep in a cool and dry place. Keep in a …"
    assert few["author"] == "…"


def test_entries_go_last_and_are_counted() -> None:
    books = shape(condense(page(40), 600))["books"]
    assert [entry["id"] for entry in books[:-1]] == list(range(1000, 1016))
    assert books[-1] == "…24 more"


def test_a_status_line_and_headers_stay() -> None:
    text = condense(f"HTTP 200 OK\nX-Total-Count: 8\n\n{page(8)}", LIMIT)
    assert text.startswith("HTTP 200 OK\nX-Total-Count: 8\n\n{")
    assert text.endswith("characters, 8 entries]")


def test_what_is_no_json_is_cut_and_marked() -> None:
    assert condense("x" * 500, LIMIT) == "x" * LIMIT + " …[shortened from 500 characters]"


@given(VALUES)
def test_nothing_is_longer_than_asked_for_but_by_its_mark(value: Any) -> None:
    text = json.dumps(value)
    found = condense(text, LIMIT)
    assert found == text if len(text) <= LIMIT else len(found) <= LIMIT + 50
