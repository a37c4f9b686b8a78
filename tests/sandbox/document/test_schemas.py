"""Schemas: 3.0 rules become 2020-12, references are followed lazily, bundles stand alone."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import Document, Schemas
from sandbox.document.json_schema import convert
from sandbox.errors import DocumentError


def schemas(version: str = "3.1.0", **components: Any) -> Schemas:
    tree = {"openapi": version, "paths": {}, "components": {"schemas": components}}
    return Document.from_tree(tree, source="test").schemas


def ref(name: str, **beside: Any) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", **beside}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a"], "nullable": True},
        ),
        ({"nullable": True, "allOf": [ref("A")]}, {"nullable": True, "allOf": [ref("A")]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"example": 5}, {"examples": [5]}),
        (ref("A", description="d", nullable=True), ref("A", description="d")),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"type": "Integer"}, {"type": "integer"}),
        (
            {"type": "array", "items": [{"type": "string"}]},
            {"type": "array", "prefixItems": [{"type": "string"}]},
        ),
        ({"discriminator": "kind"}, {"discriminator": {"propertyName": "kind"}}),
        ({"required": True, "minLength": "3", "pattern": 5, "enum": "a"}, {}),
        ({"required": ["a", "a"]}, {"required": ["a"]}),
        (
            {"properties": {"nullable": {"type": "string"}, "$ref": {"example": 1}}},
            {"properties": {"nullable": {"type": "string"}, "$ref": {"examples": [1]}}},
        ),
        ("nonsense", True),
    ],
)
def test_rules_of_3_0_become_those_of_2020_12(before: Any, after: Any) -> None:
    made = convert(before, legacy=True)
    assert made == after
    assert convert(made, legacy=True) == made


def test_nullable_without_a_type_admits_null_in_requests_alone() -> None:
    made = schemas("3.0.0", A={"type": "object"})
    for raw in (
        {"nullable": True, "allOf": [ref("A")]},
        {"type": "string", "nullable": True, "enum": ["a"]},
    ):
        assert made.validator(raw, "request").is_valid(None)
        assert not made.validator(raw, "response").is_valid(None)
        assert not made.validator(raw, "request").is_valid(5)


def test_nullable_means_nothing_in_3_1() -> None:
    assert convert({"type": "string", "nullable": True}, legacy=False) == {"type": "string"}


def test_resolve_follows_chains_and_joins_siblings_in_3_1() -> None:
    new = schemas(A=ref("B"), B={"type": "string", "maxLength": 3})
    assert new.resolve(ref("A", minLength=1)) == {"type": "string", "maxLength": 3, "minLength": 1}
    assert new.resolve(ref("A", maxLength=9)) == {
        "maxLength": 9,
        "allOf": [{"type": "string", "maxLength": 3}],
    }
    old = schemas("3.0.0", A=ref("B"), B={"type": "string", "nullable": True})
    assert old.resolve(ref("A", minLength=1)) == {"type": ["string", "null"]}


def test_what_was_resolved_may_be_resolved_again() -> None:
    made = schemas("3.0.0", A={"properties": {"x": {"nullable": True, "type": "string"}}})
    once = made.resolve(ref("A"))
    assert isinstance(once, dict)
    assert made.resolve(once) is once
    assert made.resolve(once["properties"]["x"]) == {"type": ["string", "null"]}


@pytest.mark.parametrize("name", ["Missing", "Loop", "Far"])
def test_references_to_nothing_name_themselves(name: str) -> None:
    made = schemas(Loop=ref("Pool"), Pool=ref("Loop"), Far={"$ref": "other.yaml#/A"})
    with pytest.raises(DocumentError, match=r"\$ref"):
        made.resolve(ref(name))
    assert made.dangling_in({"items": [ref(name)]})


def test_a_bundle_reaches_everything_and_nothing_else() -> None:
    made = schemas(
        A={"properties": {"b": ref("B"), "x": {"$ref": "#/components/schemas/B/not"}}},
        B={"properties": {"a": ref("A")}, "not": {"type": "null"}},
        C={},
    )
    bundle = made.bundle(ref("A"))
    assert isinstance(bundle, dict)
    assert len(bundle["$defs"]) == 3 and {"A", "B"} < set(bundle["$defs"])
    jsonschema.Draft202012Validator.check_schema(bundle)
    assert not jsonschema.Draft202012Validator(bundle).is_valid({"b": {"a": {"x": 1}}})


def test_bundles_do_not_depend_on_what_was_bundled_before() -> None:
    parts: dict[str, Any] = {"A": {"items": ref("B")}, "B": {"type": "string"}}
    first, second = schemas(**parts), schemas(**parts)
    second.bundle(ref("B"))
    assert first.bundle(ref("A")) == second.bundle(ref("A"))


def test_read_only_is_required_in_responses_alone() -> None:
    made = schemas(
        Id={"type": "integer", "readOnly": True},
        A={
            "type": "object",
            "required": ["id", "pw"],
            "properties": {
                "id": {"allOf": [ref("Id")]},
                "pw": {"type": "string", "writeOnly": True},
            },
        },
    )
    assert made.validator(ref("A"), "request").is_valid({"pw": "x"})
    assert not made.validator(ref("A"), "request").is_valid({"id": 1})
    assert made.validator(ref("A"), "response").is_valid({"id": 1})
    assert not made.validator(ref("A"), "response").is_valid({"pw": "x"})


def test_recursive_references_mean_their_component() -> None:
    made = schemas(
        Tree={
            "$recursiveAnchor": True,
            "type": "object",
            "additionalProperties": False,
            "properties": {"kids": {"items": {"$recursiveRef": "#"}}},
        }
    )
    assert made.validator(ref("Tree")).is_valid({"kids": [{"kids": []}]})
    assert not made.validator(ref("Tree")).is_valid({"kids": [{"x": 1}]})


def test_a_pattern_of_another_dialect_is_not_checked() -> None:
    made = schemas(A={"type": "string", "pattern": "^(?P<x>[a-z", "maxLength": 2})
    assert made.validator(ref("A")).is_valid("AB") and not made.validator(ref("A")).is_valid("ABC")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-02-29T12:00:00Z", "2024-02-30T12:00:00Z"),
        ("date", "2024-02-29", "29.2."),
        ("email", "a@b.test", "a"),
        ("uuid", "6b3e6ba1-9c31-4a4b-8d41-9e7ed7a5b9a0", "6b3e"),
        ("uri", "https://x.test", "no uri"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
    ],
)
def test_formats_are_checked(name: str, good: str, bad: str) -> None:
    validator = schemas().validator({"type": "string", "format": name})
    assert validator.is_valid(good) and not validator.is_valid(bad)


def test_unknown_formats_are_not_an_error() -> None:
    assert schemas().validator({"type": "string", "format": "petname"}).is_valid("x")


def test_all_violations_are_told_with_pointers() -> None:
    validator = schemas().validator(
        {
            "required": ["a/b"],
            "properties": {"x~": {"type": "integer"}, "l": {"items": {"maximum": 3}}},
            "additionalProperties": False,
        }
    )
    problems = validator.problems({"x~": "1", "l": [1, 5, 9], "u": 1, "v": 2})
    assert {(p.pointer, p.keyword) for p in problems} == {
        ("/a~1b", "required"),
        ("/x~0", "type"),
        ("/l/1", "maximum"),
        ("/l/2", "maximum"),
        ("/u", "additionalProperties"),
        ("/v", "additionalProperties"),
    }


def test_the_nearest_alternative_is_explained() -> None:
    validator = schemas().validator(
        {
            "oneOf": [
                {"properties": {"kind": {"const": "cat"}, "claws": {"type": "integer"}}},
                {
                    "properties": {"kind": {"const": "dog"}, "bark": {"type": "string"}},
                    "required": ["bark"],
                },
                {"type": "null"},
            ]
        }
    )
    assert [(p.pointer, p.keyword) for p in validator.problems({"kind": "dog", "bark": 5})] == [
        ("/bark", "type")
    ]
    kinds = schemas().validator({"anyOf": [{"type": "string"}, {"type": "integer"}]})
    assert kinds.problems([])[0].expected == ["string", "integer"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["string", "object", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "nullable",
                    "enum",
                    "required",
                    "properties",
                    "items",
                    "allOf",
                    "anyOf",
                    "not",
                    "minimum",
                    "exclusiveMinimum",
                    "pattern",
                    "format",
                    "maxLength",
                    "$ref",
                    "const",
                    "additionalProperties",
                    "prefixItems",
                    "discriminator",
                    "example",
                    "if",
                    "$defs",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING, st.booleans())
def test_whatever_stands_there_becomes_a_schema_that_compiles(raw: Any, legacy: bool) -> None:
    made = schemas("3.0.0" if legacy else "3.1.0")
    try:
        validator = made.validator(raw)
    except DocumentError:
        return
    validator.problems({"a": 1})
    jsonschema.Draft202012Validator.check_schema(made.bundle(raw))
