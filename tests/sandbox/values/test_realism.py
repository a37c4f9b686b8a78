"""Values look like what their field names say, and agree with each other inside an object."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.values.plain import errors, made, many


def flat(*names: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    """An object schema with required properties of one type."""
    properties = {name: {"type": kind, **more} for name in names}
    return {"type": "object", "properties": properties, "required": list(names)}


def test_a_person_is_one_person() -> None:
    for value in many(flat("first_name", "lastName", "full_name", "email", "username")):
        assert value["full_name"] == f"{value['first_name']} {value['lastName']}"
        assert value["email"].split("@")[0] == value["full_name"].lower().replace(" ", ".")
        assert value["username"][0] == value["first_name"][0].lower()


def test_roles_are_different_people() -> None:
    values = many(flat("author_name", "author_email", "reviewer_name", "reviewer_email"))
    assert any(value["author_name"] != value["reviewer_name"] for value in values)
    for value in values:
        assert value["author_email"].startswith(value["author_name"].split()[0].lower())


def test_a_place_is_one_place() -> None:
    value = made(flat("city", "country", "countryCode", "timezone", "currency"), 3)
    again = made(flat("city", "country", "countryCode", "timezone", "currency"), 3)
    assert value == again
    assert len(value["countryCode"]) == 2 and "/" in value["timezone"]
    assert re.fullmatch("[A-Z]{3}", value["currency"])


def test_points_in_time_are_ordered() -> None:
    names = ("created_at", "startDate", "endDate", "updatedAt")
    for value in many(flat(*names, format="date-time"), 60):
        moments = [value[name] for name in names]
        assert moments == sorted(moments)
        assert value["startDate"] < value["endDate"]


def test_dates_without_time_are_ordered_too() -> None:
    for value in many(flat("start_date", "end_date", "created", "modified", format="date"), 60):
        assert value["created"] <= value["start_date"] < value["end_date"] <= value["modified"]


def test_what_expires_lies_ahead_and_births_lie_back() -> None:
    for value in many(flat("expires_at", "date_of_birth", format="date")):
        assert value["date_of_birth"] < "2008" < "2026" <= value["expires_at"]


def test_unix_timestamps_are_ordered() -> None:
    for value in many(flat("created", "updated_at", kind="integer")):
        assert 1_600_000_000 < value["created"] <= value["updated_at"] < 1_800_000_000


LINE = {
    "type": "object",
    "required": ["quantity", "unit_price"],
    "properties": {"quantity": {"type": "integer"}, "unit_price": {"type": "number"}},
}
LINES = {"type": "array", "items": LINE, "minItems": 1}


def test_totals_are_sums_of_their_lines() -> None:
    order = flat("subtotal", "tax", "total", kind="number")
    order["properties"]["items"] = LINES
    order["required"].append("items")
    for value in many(order):
        lines = sum(line["quantity"] * line["unit_price"] for line in value["items"])
        assert value["subtotal"] == pytest.approx(lines, abs=0.01)
        assert value["total"] == pytest.approx(value["subtotal"] + value["tax"], abs=0.011)


def test_a_total_that_may_not_be_the_sum_stays_valid() -> None:
    order = flat("total", kind="number", maximum=10)
    order["properties"]["items"] = {**LINES, "minItems": 3}
    order["required"].append("items")
    for value in many(order):
        assert errors(order, value) == []


def test_counts_are_lengths_of_the_list_beside_them() -> None:
    schema = flat("comments_count", kind="integer")
    schema["properties"]["comments"] = {"type": "array", "items": {"type": "string"}}
    schema["required"].append("comments")
    assert all(each["comments_count"] == len(each["comments"]) for each in many(schema))


def test_lower_ends_are_lower() -> None:
    for value in many(flat("min_price", "max_price", kind="number")):
        assert value["min_price"] <= value["max_price"]


def test_coordinates_are_on_the_globe() -> None:
    for value in many(flat("lat", "lng", kind="number")):
        assert -90 <= value["lat"] <= 90 and -180 <= value["lng"] <= 180


def test_a_field_looks_the_same_through_another_schema() -> None:
    wide = flat("id", "name", "status", "email")
    narrow = flat("id", "name")
    for number in range(10):
        one, two = made(wide, number), made(narrow, number)
        assert one["id"] == two["id"] and one["name"] == two["name"]


def test_options_named_in_a_description_are_used() -> None:
    text = "Can be one of `open`, `closed` or `all`."
    schema = flat("state", description=text)
    assert {value["state"] for value in many(schema, 40)} == {"open", "closed", "all"}


def test_ids_take_the_shape_of_the_example() -> None:
    schema = flat("id", examples=["ord_12AB-x9"])
    values = {value["id"] for value in many(schema, 20)}
    assert len(values) == 20
    assert all(re.fullmatch(r"ord_\d\d[A-Z]{2}-[a-z]\d", value) for value in values)


def test_examples_are_shown_sometimes_and_only_when_valid() -> None:
    schema = flat("mood", examples=["cheerful", "too long for this field"], maxLength=9)
    moods = [value["mood"] for value in many(schema, 60)]
    assert 10 < moods.count("cheerful") < 60
    assert all(len(mood) <= 9 for mood in moods)
