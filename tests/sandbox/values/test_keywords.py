"""Every keyword of 2020-12 that can shape a value, judged by another implementation."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import NoInstance
from tests.sandbox.values.plain import errors, made, many

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TEXT = {"type": "string"}
SATISFIABLE: list[Any] = [
    True,
    {},
    {"const": {"a": [1, None]}},
    {"enum": ["a", 1, None]},
    {"enum": ["long enough", "no"], "minLength": 5},
    {"type": "integer", "minimum": 5, "exclusiveMaximum": 6},
    {"type": "integer", "exclusiveMinimum": -3, "maximum": -2},
    {"type": "integer", "multipleOf": 7, "minimum": 50, "maximum": 60},
    {"allOf": [{"type": "integer", "multipleOf": 4}, {"multipleOf": 6}], "minimum": 1},
    {"type": "number", "minimum": 0.1, "maximum": 0.2},
    {"type": "number", "multipleOf": 0.01, "maximum": 3},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-9},
    {"type": "number", "minimum": 1e300},
    {"type": "integer", "minimum": 2**62},
    {"type": "string", "minLength": 30, "maxLength": 31},
    {"type": "string", "maxLength": 2},
    {"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"},
    {"type": "string", "pattern": "^(foo|bar)+[^a-z]$", "minLength": 12},
    {"type": "string", "pattern": "^\\S+@\\S+$", "maxLength": 9},
    {"type": "string", "pattern": "^(?=.*[0-9])[a-z0-9]{8}$"},
    {"type": "string", "pattern": "[0-9a-f]{40}"},
    {"type": "string", "format": "date-time", "pattern": "Z$"},
    {"type": ["string", "null"], "maxLength": 3},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True},
    {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    {"type": "array", "contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}},
    {"type": "array", "prefixItems": [{"const": 1}], "contains": {"const": 2}, "maxItems": 2},
    {"type": "array", "maxItems": 0},
    PERSON,
    {**PERSON, "additionalProperties": False, "minProperties": 1},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    {"type": "object", "patternProperties": {"^x-[a-z]{3}$": {"type": "null"}}, "minProperties": 2},
    {"type": "object", "propertyNames": {"pattern": "^[A-Z]{4}$"}, "minProperties": 2},
    {"type": "object", "required": ["undeclared"]},
    {"properties": {k: {"type": "integer"} for k in "abcdef"}, "maxProperties": 2},
    {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b", "c"]}, "required": ["a"]},
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": {"const": 1}}}},
    },
    {"allOf": [PERSON, {"properties": {"age": {"type": "integer"}}, "required": ["age"]}]},
    {"allOf": [{"maxLength": 5}, {"minLength": 4}], "type": "string"},
    {"allOf": [{"properties": {"a": {"minimum": 3}}}, {"properties": {"a": {"type": "integer"}}}]},
    {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    {
        "oneOf": [
            {"properties": {"a": {"type": "string"}}},
            {"properties": {"b": {"type": "string"}}},
        ],
        "type": "object",
    },
    {"oneOf": [{"type": "number"}, {"type": "integer"}]},
    {
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    },
    {"anyOf": [{"type": "null"}, PERSON]},
    {
        "anyOf": [{"required": ["name"]}, {"required": ["age"]}],
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    },
    {"anyOf": [{"minimum": 5}, {"maximum": 3}], "type": "integer", "oneOf": [{"multipleOf": 2}]},
    {"not": {"type": "string"}},
    {"type": "integer", "minimum": 1, "maximum": 3, "not": {"enum": [1, 3]}},
    {"not": {"required": ["a"]}, "type": "object", "properties": {"a": {}, "b": {}}},
    {"not": {"anyOf": [{"type": "object"}, {"type": "array"}]}},
    {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer"}},
        "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        "then": {"required": ["size"]},
        "else": {"properties": {"size": False}},
    },
    {"allOf": [PERSON], "unevaluatedProperties": False, "properties": {"id": {"type": "integer"}}},
    {"properties": {"gone": False, "here": True}, "required": ["here"]},
]
FORMATS = (
    "date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference"
    " iri iri-reference uri-template uuid json-pointer relative-json-pointer regex byte binary"
    " password int32 int64 float double"
).split()
UNSATISFIABLE: list[tuple[Any, str]] = [
    (False, "false"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "at least 3"),
    ({"type": "integer", "minimum": 3, "maximum": 2}, "at least 3"),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "no type"),
    ({"enum": [1, 2], "type": "string"}, "no listed value"),
    ({"type": "object", "required": ["a"], "properties": {"a": False}}, "required"),
    ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}}, "3"),
    ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "exactly one"),
    ({"type": "object", "additionalProperties": False, "minProperties": 1}, "fewer"),
]


@pytest.mark.parametrize("schema", SATISFIABLE, ids=lambda schema: str(schema)[:60])
def test_values_meet_their_schema(schema: Any) -> None:
    for wishes in ({}, {"optional": 1.0}, {"sparse": True}):
        for value in many(schema, 12, **wishes):
            assert errors(schema, value) == []


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_met(name: str) -> None:
    schema = {"type": "string", "format": name}
    for value in many(schema, 40):
        assert isinstance(value, str)
        assert errors(schema, value) == []


@pytest.mark.parametrize("name", ["int32", "int64", "float", "double"])
def test_numeric_formats_bound_numbers(name: str) -> None:
    for value in many({"type": "integer", "format": name}, 20):
        assert -(2**31) <= value < 2**31


@pytest.mark.parametrize(("schema", "reason"), UNSATISFIABLE, ids=lambda each: str(each)[:60])
def test_what_has_no_instance_says_why(schema: Any, reason: str) -> None:
    with pytest.raises(NoInstance, match=reason):
        made(schema)


def test_the_place_without_an_instance_is_named() -> None:
    inner = {"type": "object", "required": ["b"], "properties": {"b": {"enum": []}}}
    with pytest.raises(NoInstance) as caught:
        made({"type": "object", "required": ["a"], "properties": {"a": inner}})
    assert caught.value.pointer == "/a/b"


def test_an_impossible_optional_property_is_left_out() -> None:
    schema = {"properties": {"a": {"enum": []}, "b": {"type": "integer"}}}
    assert all(set(value) <= {"b"} for value in many(schema, 10, optional=1.0))
