"""One example tells the form of all values of a field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.openapi.values.plain import errors, made, many

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
