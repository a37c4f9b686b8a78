"""Pages hold every entity once, totals count them all, and an order puts what is missing last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sandbox import Request, Session
from sandbox.world.handlers.list_filters import SortKey
from tests.sandbox.world.documents import Json, by, does, thing, world_of

NUMBER: Json = {"type": "integer"}
BOAT = thing("id", id={"type": "string"}, length=NUMBER)
MANY = {"type": "array", "items": BOAT}


def boats(shows: Json, *parameters: Json, count: int = 7) -> Session:
    """Boats b1, b2 … of descending length; the last one's length is not known."""
    path = {"get": does(shows=shows, parameters=list(parameters), operationId="boats")}
    session = world_of({"/boats": path}).session(seed=1)
    for id in session.state.ids("/boats"):
        session.state.delete("/boats", id)
    for n in range(1, count + 1):
        length = {} if n == count else {"length": 10 * (count - n)}
        session.state.put("/boats", f"b{n}", {"id": f"b{n}", **length})
    return session


def ask(session: Session, **arguments: Any) -> Any:
    found = session.call("boats", arguments)
    assert found.status == 200, found.text
    return orjson.loads(found.text)


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in items]


@pytest.mark.parametrize("first", [0, 1])
def test_every_page_follows_the_one_before(first: int) -> None:
    number = by("page", "query", {**NUMBER, "minimum": first, "default": first})
    session = boats(MANY, number, by("per_page", "query", NUMBER))
    pages = [ids(ask(session, page=first + n, per_page=3)) for n in range(4)]
    assert [len(each) for each in pages] == [3, 3, 1, 0]
    assert sorted(id for page in pages for id in page) == [f"b{n}" for n in range(1, 8)]
    assert ids(ask(session, per_page=3)) == pages[0]


def _after(session: Session) -> Iterator[str]:
    last: dict[str, Any] = {}
    for _ in range(9):
        items = ask(session, limit=3, **last)
        yield from ids(items)
        if not items:
            return
        last = {"after": items[-1]["id"]}


def test_after_an_entry_comes_the_next_one() -> None:
    session = boats(MANY, by("limit", "query", NUMBER), by("after", "query"))
    assert sorted(_after(session)) == [f"b{n}" for n in range(1, 8)]


def test_a_total_counts_more_than_the_page() -> None:
    shows = thing(items=MANY, total=NUMBER)
    session = boats(shows, by("limit", "query", NUMBER), by("offset", "query", NUMBER))
    found = ask(session, limit=2, offset=4)
    assert (found["total"], len(found["items"])) == (7, 2)


@pytest.mark.parametrize(("value", "first"), [("length", "b6"), ("-length", "b1")])
def test_what_has_no_value_comes_last_in_either_order(value: str, first: str) -> None:
    order = by("sort", "query", {"type": "string", "enum": ["length", "-length"]})
    found = ids(ask(boats(MANY, order), sort=value))
    assert (found[0], found[-1]) == (first, "b7")


@pytest.mark.parametrize(
    ("name", "found"), [("min_length", ["b1", "b2"]), ("max_length", ["b2", "b3"])]
)
def test_a_bound_is_part_of_what_it_bounds(name: str, found: list[str]) -> None:
    session = boats(MANY, by(name, "query", NUMBER), count=4)
    assert ids(ask(session, **{name: 20})) == found


def test_if_match_with_a_star_asks_for_something_that_is_there() -> None:
    text = {"type": "string"}
    replies = {"200": {"description": "one", "headers": {"ETag": {"schema": text}},
                       "content": {"application/json": {"schema": BOAT}}}}  # fmt: skip
    item = {"parameters": [by("id")], "get": does(operationId="show", replies=replies),
            "put": does(200, BOAT, BOAT, parameters=[by("If-Match", "header")])}  # fmt: skip
    session = world_of({"/boats": {"get": does(shows=MANY)}, "/boats/{id}": item}).session()
    there, star = session.state.ids("/boats")[0], (("if-match", "*"),)
    for id, statuses in ((there, {200}), ("nothing-here", {404, 412})):
        headers = (*star, ("content-type", "application/json"))
        body = orjson.dumps({"id": id, "length": 1})
        assert session.handle(Request("PUT", f"/boats/{id}", "", headers, body)).status in statuses
    assert session.state.version == 1


def test_each_return_to_a_moment_is_the_same() -> None:
    path = {"post": does(201, BOAT, thing(length=NUMBER), operationId="build"),
            "get": does(shows=MANY)}  # fmt: skip
    session = world_of({"/boats": path}).session()
    session.call("build", {"length": 1})
    moment = session.snapshot()
    texts = []
    for _ in range(3):
        texts.append([session.call("build", {"length": 1}).text for _ in range(2)])
        session.restore(moment)
    assert texts[0] == texts[1] == texts[2] and texts[0][0] != texts[0][1]


@pytest.mark.parametrize(("first", "last"), [(0, 2), (1, 3)])
def test_the_last_page_has_the_number_that_reaches_it(first: int, last: int) -> None:
    page = {"type": "object", "properties": {"data": MANY, "last_page": NUMBER}}
    number = by("page", "query", {**NUMBER, "minimum": first, "default": first})
    session = boats(page, number, by("per_page", "query", NUMBER))
    shown = ask(session, per_page=3)
    assert shown["last_page"] == last
    assert ids(ask(session, per_page=3, page=last)["data"]) == ["b7"]


@pytest.mark.parametrize(
    ("descending", "names"), [(False, [2, 9, "a", "b", None]), (True, ["b", "a", 9, 2, None])]
)
def test_kinds_of_values_are_each_in_order_and_what_is_missing_comes_last(
    descending: bool, names: list[Any]
) -> None:
    key = SortKey(("name",), descending)
    entities = [{"name": name} if name is not None else {} for name in ("b", 9, None, "a", 2)]
    found = sorted(entities, key=key.rank)
    assert [each.get("name") for each in found] == names
