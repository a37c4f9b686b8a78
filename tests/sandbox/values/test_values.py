"""The promises of `Values` itself: determinism, wishes, directions, examples."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import orjson
import pytest

from sandbox.document.operations import Media
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.values import Values
from tests.sandbox.values.plain import Plain, errors, made, many

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "secret": {"type": "string", "writeOnly": True},
        "created_at": {"type": "string", "format": "date-time", "readOnly": True},
        **{f"field_{number}": {"type": "string"} for number in range(40)},
    },
}


def test_the_same_draw_gives_the_same_bytes() -> None:
    values = Values(Plain(SCHEMA))
    first = [orjson.dumps(values.make(SCHEMA, Draw(number))) for number in range(20)]
    fresh = Values(Plain(SCHEMA))
    second = [orjson.dumps(fresh.make(SCHEMA, Draw(number))) for number in reversed(range(20))]
    assert first == second[::-1]
    assert len(set(first)) == 20


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from tests.sandbox.values.plain import made;"
        "from tests.sandbox.values.test_values import SCHEMA;"
        "import orjson, sys; sys.stdout.buffer.write(orjson.dumps(made(SCHEMA, 7)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout == orjson.dumps(made(SCHEMA, 7))


def test_optional_properties_are_present_about_half_the_time() -> None:
    shares = [len(value) / 42 for value in many(SCHEMA, 100)]
    assert 0.4 < sum(shares) / 100 < 0.6
    assert all(len(value) == 42 for value in many(SCHEMA, 5, optional=1.0))


def test_sparse_leaves_only_what_is_required() -> None:
    assert all(set(value) == {"id"} for value in many(SCHEMA, 5, sparse=True))


def test_one_way_properties_travel_one_way() -> None:
    sent = made(SCHEMA, direction="request", optional=1.0)
    shown = made(SCHEMA, direction="response", optional=1.0)
    assert "secret" in sent and "created_at" not in sent
    assert "secret" not in shown and "created_at" in shown


def test_required_one_way_properties_are_left_out_in_the_other_direction() -> None:
    schema = {**SCHEMA, "required": ["id", "secret", "created_at"]}
    assert set(made(schema, sparse=True)) == {"id", "created_at"}
    assert set(made(schema, sparse=True, direction="request")) == {"id", "secret"}


def test_another_property_moves_no_value() -> None:
    more = {**SCHEMA, "properties": {"first": {"type": "string"}, **SCHEMA["properties"]}}
    for number in range(5):
        changed = made(more, number)
        changed.pop("first", None)
        assert changed == made(SCHEMA, number)


def test_a_discriminator_names_the_branch_taken() -> None:
    def kind(extra: str) -> dict[str, Any]:
        properties = {"kind": {"type": "string"}, extra: {"type": "integer"}}
        return {"type": "object", "required": ["kind", extra], "properties": properties}

    mapping = {"c": "#/$defs/Cat", "d": "#/$defs/Dog"}
    root = {
        "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
        "$defs": {"Cat": kind("lives"), "Dog": kind("bones")},
    }
    for value in many(root, 20):
        assert errors(root, value) == []
        assert value["kind"] == ("c" if "lives" in value else "d")


def test_a_child_of_a_hierarchy_shows_its_own_name() -> None:
    base = {
        "type": "object",
        "required": ["@type"],
        "properties": {"@type": {"type": "string"}},
        "discriminator": {"propertyName": "@type", "mapping": {"Car": "#/$defs/Car"}},
    }
    car = {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"wheels": {"const": 4}}}]}
    values = Values(Plain({"$defs": {"Base": base, "Car": car}}))
    assert values.make({"$ref": "#/$defs/Car"}, Draw(1))["@type"] == "Car"
    assert values.make({"$ref": "#/$defs/Base"}, Draw(1))["@type"] == "Car"


def test_examples_are_given_only_when_they_are_valid() -> None:
    schema = {"type": "integer", "minimum": 5}
    values = Values(Plain(schema))
    assert values.example(Media(schema=schema, examples=("x", 3, 7))) == 7
    assert values.example(Media(schema=schema, examples=("x",))) is None
    assert values.example(Media(examples=({"a": 1},))) == {"a": 1}


def test_large_optional_parts_are_left_out_of_large_values() -> None:
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(30)}}
    lists = {"type": "array", "minItems": 60, "items": wide}
    schema = {"type": "array", "minItems": 60, "items": {"properties": {"of": lists}}}
    assert len(orjson.dumps(made(schema, optional=1.0))) < 1_000_000


def test_a_self_contained_schema_brings_its_own_definitions() -> None:
    values = Values(Plain({}))
    tool = {
        "type": "object",
        "required": ["pet"],
        "properties": {"pet": {"$ref": "#/$defs/Pet"}},
        "$defs": {
            "Pet": {"type": "object", "properties": {"id": {"const": 3}}, "required": ["id"]}
        },
    }
    assert values.make(tool, Draw(1), direction="request") == {"pet": {"id": 3}}


def test_a_reference_to_nothing_is_named() -> None:
    schema = {"type": "object", "properties": {"pet": {"$ref": "#/$defs/Gone"}}, "$defs": {}}
    assert made({**schema}) == {}
    with pytest.raises(NoInstance, match="Gone"):
        made({**schema, "required": ["pet"]})
