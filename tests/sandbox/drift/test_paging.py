"""A list that a drift pages holds the same entities, page by page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Document, World
from sandbox.drift import releases
from sandbox.drift.families.paging import NEXT, NextCursor

_THING: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
_LIST: dict[str, Any] = {"type": "array", "items": _THING}


def _world() -> World:
    media = {"application/json": {"schema": _LIST}}
    get = {"operationId": "list", "responses": {"200": {"description": "d", "content": media}}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    return World(Document.from_tree({**tree, "paths": {"/things": {"get": get}}}, source="t"))


def test_paging_that_is_introduced_cuts_the_list_and_loses_nothing() -> None:
    world = _world()
    whole = json.loads(world.session(seed=1).call("list", {}).text)
    session = world.session(seed=1, drift="D24")
    assert json.loads(session.call("list", {}).text) == whole[:5]
    pages = [session.call("list", {"limit": 4, "offset": at}).text for at in range(0, 12, 4)]
    assert [entry for page in pages for entry in json.loads(page)] == whole


@pytest.mark.parametrize(
    ("style", "at", "total", "following"),
    [
        ("page", 2, 10, None),
        ("page", 2, 11, "cur_3"),
        ("offset", 5, 10, None),
        ("offset", 5, 11, "cur_a"),
    ],
)
def test_a_next_cursor_is_there_while_entries_follow(
    style: str, at: int, total: int, following: str | None
) -> None:
    about = NextCursor(("at",), ("size",), ("total",), style)
    told = about.new({"at": at, "size": 5, "total": total})
    assert told[NEXT] == following
    assert about.new({"at": None, "size": 5, "total": total})[NEXT] is None
    assert about.old(told) == {"at": at, "size": 5, "total": total}


def test_a_reply_that_is_no_object_has_no_cursor_to_lose() -> None:
    about = NextCursor(("at",), ("size",), ("total",), "page")
    assert about.old([1, 2]) == [1, 2]


def test_what_is_paged_now_says_how_many_come_and_how_to_ask_for_others() -> None:
    drift = releases("D24", _world(), seed=1)
    assert drift is not None
    said = "list returns 5 items unless `limit` and `offset` say otherwise"
    assert [said in release.note for release in drift.releases] == [True]
