"""Filters: a list holds what its parameters ask for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Session
from sandbox.world.handlers.list_filters import instant_of
from tests.sandbox.world.documents import by, does, thing, world_of

JOBS: tuple[dict[str, Any], ...] = (
    {"id": 1, "pay": 10, "placed_at": "2025-01-01T08:00:00Z"},
    {"id": 2, "pay": 20, "placed_at": "2025-03-01T08:00:00Z", "due_on": "2025-04-01"},
    {"id": 3, "placed_at": "2025-05-01T08:00:00Z", "due_on": "2025-06-01"},
)


def jobs(*filters: str) -> Session:
    number, text = {"type": "integer"}, {"type": "string"}
    job = thing("id", "placed_at", id=number, pay=number, placed_at=text, due_on=text)
    asked = [by(name, "query", number if "pay" in name else text) for name in filters]
    path = {"get": does(shows={"type": "array", "items": job}, parameters=asked)}
    session = world_of({"/jobs": path}).session(seed=1)
    for id in session.state.ids("/jobs"):
        session.state.delete("/jobs", id)
    for each in JOBS:
        session.state.put("/jobs", str(each["id"]), each)
    return session


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("placed_after", "2025-02-01", [2, 3]),
        ("placedBefore", "2025-04-01", [1, 2]),
        ("min_pay", 15, [2]),
        ("pay_max", 15, [1]),
        ("due_since", "2025-05-01", [3]),
        ("due_on_to", "2025-05-01", [2]),
        ("pay", 20, [2]),
        ("colour_from", "red", [1, 2, 3]),
    ],
)
def test_a_bound_holds_for_the_field_it_speaks_of(
    name: str, value: int | str, expected: list[int]
) -> None:
    found = orjson.loads(jobs(name).call("get_jobs", {name: value}).text)
    assert [each["id"] for each in found] == expected


def test_a_sort_names_a_time_without_its_ending() -> None:
    dot = thing(id={"type": "integer"}, created_at={"type": "string", "format": "date-time"})
    sort = {"name": "sort", "in": "query", "schema": {"type": "string"}}
    listed = does(200, {"type": "array", "items": dot}, operationId="dots", parameters=[sort])
    session = world_of({"/dots": {"get": listed}}).session(seed=1)
    shown = orjson.loads(session.call("dots", {"sort": "-created"}).text)
    times = [each["created_at"] for each in shown]
    assert times == sorted(times, reverse=True) and len(set(times)) > 1


PARTS: tuple[dict[str, Any], ...] = tuple(
    {"id": id, "colour": colour, "weight": weight, "made": made}
    for id, colour, weight, made in (
        (1, "red", 30, "2025-03-01"), (2, "blue", 10, "2025-01-01"), (3, "red", 20, "2025-02-01"),
    )
)  # fmt: skip


def parts(body: dict[str, Any] | None = None, *query: dict[str, Any]) -> Session:
    shapes: dict[str, Any] = {"weight": {"type": "integer"}, "id": {"type": "integer"}}
    part = thing(**shapes, colour={"type": "string"}, made={"type": "string"})
    shown = {"type": "array", "items": part}
    paths: dict[str, Any] = {"/parts": {"get": does(shows=shown, parameters=list(query))}}
    if body is not None:
        search = {"type": "object", "properties": body}
        paths["/parts/search"] = {"post": does(shows=thing(parts=shown), takes=search)}
    session = world_of(paths).session(seed=1)
    for id in session.state.ids("/parts"):
        session.state.delete("/parts", id)
    for each in PARTS:
        session.state.put("/parts", str(each["id"]), each)
    return session


ORDER = thing(field={"enum": ["WEIGHT", "MADE"]}, order={"enum": ["ASC", "DESC"]})
FREE = {"type": "object"}


@pytest.mark.parametrize(("declared", "body", "expected"), [
    ({"sort": ORDER}, {"sort": {"field": "WEIGHT", "order": "ASC"}}, [2, 3, 1]),
    ({"sort": ORDER}, {"sort": {"field": "MADE", "order": "DESC"}}, [1, 3, 2]),
    ({"query": thing(filter=FREE, sort=ORDER)},
     {"query": {"filter": {"colour": {"exact": "red"}},
                "sort": {"field": "WEIGHT", "order": "ASC"}}}, [3, 1]),
    ({"where": FREE}, {"where": {"weight": {"gte": 20, "lt": 30}}}, [3]),
    ({"filters": FREE}, {"filters": {"made": {"before": "2025-02-15"}}}, [2, 3]),
    ({"colours": FREE}, {"colours": ["blue", "green"]}, [2]),
    ({"ids": FREE}, {"ids": [3, 2]}, [2, 3]),
    ({"colour": FREE, "order_by": FREE},
     {"colour": "red", "order_by": [{"field": "weight"}]}, [3, 1]),
    ({"sort_by": FREE, "sort_order": FREE}, {"sort_by": "weight", "sort_order": "desc"}, [1, 3, 2]),
])  # fmt: skip
def test_a_search_takes_its_filters_and_its_order_from_the_body(
    declared: dict[str, Any], body: dict[str, Any], expected: list[int]
) -> None:
    # A schema that says nothing takes what clients send.
    free = {name: {} if schema is FREE else schema for name, schema in declared.items()}
    found = orjson.loads(parts(free).call("post_parts_search", body).text)["parts"]
    assert [each["id"] for each in found] == expected


@pytest.mark.parametrize(("sort", "order", "given", "expected"), [
    ("-weight", None, {}, [1, 3, 2]), ("weight", None, {}, [2, 3, 1]),
    ("weight", "desc", {}, [1, 3, 2]), (None, "desc", {"sort": "made"}, [1, 3, 2]),
    ("weight", "desc", {"sort": "made", "order": "asc"}, [2, 3, 1]),
    ("relevance", None, {}, [1, 2, 3]), (None, "desc", {}, [1, 2, 3]),
    ("-weight", None, {"sort": ""}, [1, 3, 2]),
])  # fmt: skip
def test_the_order_that_the_document_states_holds_where_a_call_says_none(
    sort: str | None, order: str | None, given: dict[str, str], expected: list[int]
) -> None:
    stated = {"sort": sort, "order": order}
    query = [
        by(name, "query", {"type": "string", **({"default": value} if value else {})})
        for name, value in stated.items()
    ]
    found = orjson.loads(parts(None, *query).call("get_parts", given).text)
    assert [each["id"] for each in found] == expected


@pytest.mark.parametrize(("asked", "found"), [("ann", [1]), ("bob,ann", [1, 2]), ("eve", [])])
def test_an_object_passes_where_one_of_its_members_is_asked_for(asked: str, found: Any) -> None:
    owner = thing("name", name={"type": "string"})
    shown = {"type": "array", "items": thing(id={"type": "integer"}, owner=owner)}
    path = {"get": does(shows=shown, parameters=[by("owner", "query")])}
    session = world_of({"/pets": path}).session(seed=1)
    for id in session.state.ids("/pets"):
        session.state.delete("/pets", id)
    for number, name in ((1, "ann"), (2, "bob")):
        session.state.put("/pets", str(number), {"id": number, "owner": {"name": name}})
    rows = orjson.loads(session.call("get_pets", {"owner": asked}).text)
    assert [each["id"] for each in rows] == found


def test_a_date_is_an_instant_in_either_form_of_iso_8601() -> None:
    forms = ["20250101", "2025-01-01", "2025-01-01T00:00:00Z", "2025-01-01T02:00:00+02:00"]
    assert len({instant_of(form) for form in forms}) == 1
    assert instant_of("2025-1") is None and instant_of("soon, soon") is None
