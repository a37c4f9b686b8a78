"""Filters: a list holds what its parameters ask for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Session
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
