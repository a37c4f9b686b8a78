"""Lists are walked to their end, in whatever way they are paged, and show each entry once."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from sandbox import Session
from tests.sandbox.world.documents import by, does, thing, world_of

NUMBER, TEXT = {"type": "integer"}, {"type": "string"}
MAYBE = {"type": ["string", "null"]}
ENTRY = thing("id", id=NUMBER, pay=NUMBER)


def jobs(*parameters: Any, count: int = 5, **around: Any) -> Session:
    items = {"type": "array", "items": ENTRY}
    fields = {"items": items, **around}
    shown = {"type": "object", "required": ["items"], "properties": fields} if around else items
    path = {"get": does(shows=shown, parameters=list(parameters))}
    session = world_of({"/jobs": path}).session(seed=1)
    for id in session.state.ids("/jobs"):
        session.state.delete("/jobs", id)
    for number in range(1, count + 1):
        session.state.put("/jobs", str(number), {"id": number})
    return session


def shown(session: Session, **arguments: Any) -> Any:
    return orjson.loads(session.call("get_jobs", arguments).text)


@pytest.mark.parametrize(
    ("low", "pages"), [(0, [[1, 2], [3, 4], [5]]), (1, [[1, 2], [1, 2], [3, 4]])]
)
def test_pages_count_from_where_the_schema_says(low: int, pages: list[list[int]]) -> None:
    session = jobs(by("page", "query", {**NUMBER, "default": low}), by("limit", "query", NUMBER))
    found = [[e["id"] for e in shown(session, page=page, limit=2)] for page in range(3)]
    assert found == pages


def test_a_cursor_is_followed_until_null_and_an_invented_one_is_refused() -> None:
    page = {"type": "object", "properties": {"next": MAYBE, "total": NUMBER, "prev": MAYBE}}
    session = jobs(by("cursor", "query", TEXT), by("limit", "query", NUMBER), page=page)
    ids, cursor = [], ""
    while cursor is not None:
        reply = shown(session, limit=2, cursor=cursor)
        ids += [entry["id"] for entry in reply["items"]]
        assert reply["page"]["total"] == 5
        cursor = reply["page"]["next"]
    assert ids == [1, 2, 3, 4, 5]
    assert session.call("get_jobs", {"cursor": "garbage"}).status == 400


def test_after_an_id_its_entry_does_not_come_again_and_an_unknown_id_is_refused() -> None:
    session = jobs(by("starting_after", "query", NUMBER), by("limit", "query", NUMBER))
    assert [entry["id"] for entry in shown(session, starting_after=2, limit=2)] == [3, 4]
    assert session.call("get_jobs", {"starting_after": 77}).status == 400


def test_a_next_url_is_followed_by_a_client() -> None:
    links = {"type": "object", "properties": {"next": {"type": "string", "format": "uri"}}}
    session = jobs(by("page[cursor]", "query", TEXT), count=45, links=links)
    ids, url = [], "http://localhost/jobs"
    with httpx.Client(transport=session.transport()) as client:
        while url:
            reply = client.get(url).json()
            ids += [entry["id"] for entry in reply["items"]]
            url = reply.get("links", {}).get("next", "")
    assert ids == list(range(1, 46))


@pytest.mark.parametrize("down", ["", "-"])
def test_entries_without_the_field_come_last_in_either_order(down: str) -> None:
    session = jobs(by("sort", "query", TEXT), count=2)
    session.state.put("/jobs", "1", {"id": 1, "pay": 7})
    assert [entry["id"] for entry in shown(session, sort=f"{down}pay")] == [1, 2]
    session.state.put("/jobs", "2", {"id": 2, "pay": 9})
    assert shown(session, sort=f"{down}pay")[0]["id"] == (2 if down else 1)


@pytest.mark.parametrize(
    ("name", "expected"), [("pay_gt", []), ("pay_gte", [1]), ("pay_lt", []), ("pay_after", [])]
)
def test_bounds_that_exclude_do(name: str, expected: list[int]) -> None:
    session = jobs(by(name, "query", NUMBER), count=1)
    session.state.put("/jobs", "1", {"id": 1, "pay": 7})
    assert [entry["id"] for entry in shown(session, **{name: 7})] == expected
