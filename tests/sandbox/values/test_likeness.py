"""One example tells the form of all values of a field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.values.plain import errors, made, many

FORMS = [
    ("2016-01-30T23:55:00+00:00", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"),
    ("2016-01-30T23:55:00.000Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"),
    ("2016-01-30 23:55", r"\d{4}-\d\d-\d\d \d\d:\d\d"),
    ("2016-01-30", r"\d{4}-\d\d-\d\d"),
    ("63716273-0f29-4648-8a2a-2af2948f6f78", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("ada@example.org", r"[\w.]+@example\.\w+"),
    ("https://example.org/a", r"https://\S+"),
    ("5d9f2ebd38ddca62e5d51e9c", r"[0-9a-f]{24}"),
    ("1.1900000000", r"\d+\.\d{10}"),
    ("10.0.0.1", r"(\d+\.){3}\d+"),
]


@pytest.mark.parametrize(("example", "form"), FORMS)
def test_texts_have_the_form_of_the_example(example: str, form: str) -> None:
    text = {"type": "string", "examples": [example]}
    schema = {"type": "object", "properties": {"payload": text}, "required": ["payload"]}
    for value in many(schema, 12):
        assert value["payload"] == example or re.fullmatch(form, value["payload"])


@pytest.mark.parametrize("example", ["standard", "Blue Chair", "us-east-1", "en"])
def test_words_are_no_form(example: str) -> None:
    values = many({"type": "string", "examples": [example]}, 6)
    assert not any(re.fullmatch(r"[a-z]{2}-[a-z]{4}-\d", value) for value in values)


@pytest.mark.parametrize("name", ["created", "updated", "finished", "last_modified"])
def test_a_text_that_is_called_after_a_moment_is_one(name: str) -> None:
    value = made({"type": "string"}, name=name)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)


def test_whole_numbers_have_no_point() -> None:
    counted: Any = {"type": "number"}
    assert all(isinstance(made(counted, n, name="id"), int) for n in range(8))


def test_a_choice_whose_branches_swallow_each_other_ends() -> None:
    node = {"$ref": "#/$defs/node"}
    bare = {"type": "object", "properties": {"type": {"type": "string"}}}
    names = [f"k{n}" for n in range(14)]
    branches = [
        {"type": "object", "properties": {"type": {"type": "string"}, name: node}} for name in names
    ]
    schema = {"$defs": {"node": {"oneOf": [*branches, bare]}}, "$ref": "#/$defs/node"}
    assert all(errors(schema, value) == [] for value in many(schema, 3))


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("URL of the header image", r"https://\S+"),
        ("An RFC 3339 timestamp of the last run", r"\d{4}-\d\d-\d\dT\S+"),
        ("The UUID of the batch", r"[0-9a-f-]{36}"),
        ("How it looks", r"[a-z ]+"),
    ],
)
def test_texts_have_the_form_that_a_description_names(said: str, form: str) -> None:
    schema = {"type": "object", "properties": {"payload": {"type": "string", "description": said}}}
    value = made({**schema, "required": ["payload"]})
    assert re.fullmatch(form, value["payload"])


def test_codes_and_display_names_follow_what_they_belong_to() -> None:
    fields = {"code": {"type": "string"}, "display_name": {"type": "string"}}
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    item, error = made(schema, name="item"), made(schema, name="error")
    assert re.fullmatch(r"[A-Z]{3}-\d{4}", item["code"])
    assert re.fullmatch(r"[a-z_]+", error["code"])
    assert re.fullmatch(r"[A-Z]{2}", made(schema, name="country")["code"])


def test_a_depots_code_is_no_error_and_its_region_no_state_of_a_job() -> None:
    fields = {name: {"type": "string"} for name in ("depot_code", "reason_code", "region", "state")}
    depot = made({"type": "object", "properties": fields, "required": list(fields)}, name="depot")
    assert re.fullmatch(r"[A-Z]{3}-\d{4}", depot["depot_code"])
    assert re.fullmatch(r"[a-z_]+", depot["reason_code"])
    assert re.fullmatch(r"[A-Z].+", depot["region"]) and re.fullmatch(r"[a-z]+", depot["state"])


def test_the_attributes_of_json_api_are_always_there() -> None:
    inner = {"type": "object", "properties": {"title": {"type": "string"}}}
    item = {"type": "object", "properties": {"id": {"type": "string"}, "attributes": inner}}
    shown = many({"type": "array", "items": item, "minItems": 3}, 8)
    assert all("attributes" in each for value in shown for each in value)


def test_a_certificate_is_valid_from_before_its_end() -> None:
    names = ("not_valid_before", "not_valid_after")
    ends = {name: {"type": "string", "format": "date-time"} for name in names}
    for value in many({"type": "object", "properties": ends, "required": list(names)}, 12):
        assert value["not_valid_before"] < value["not_valid_after"]
