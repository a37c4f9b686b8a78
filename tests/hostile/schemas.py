"""Schemas that cost more than they weigh, or that nothing fits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.hostile.frames import Json, chain, nested, ref


def _doubled(keyword: str, schema: Json) -> Json:
    return {keyword: [schema, schema]}


def _two_members(keyword: str, schema: Json) -> Json:
    return {keyword: [{"properties": {"a": schema}}, {"properties": {"b": schema}}]}


def _single(keyword: str, schema: Any) -> Json:
    return {keyword: [schema]}


def schemas() -> Iterator[tuple[str, Any, Json]]:
    """(name, schema, components)."""
    for key in ("allOf", "anyOf", "oneOf"):
        yield f"doubling {key}", ref("S0"), chain(40, partial(_doubled, key))
        yield f"doubling {key} of properties", ref("S0"), chain(40, partial(_two_members, key))
        yield (
            f"wide {key}",
            {key: [{"properties": {f"p{n}": {"type": "string"}}} for n in range(3000)]},
            {},
        )
        yield f"deep {key}", nested(120, partial(_single, key)), {}
        yield f"endless {key}", ref("A"), {"schemas": {"A": {key: [ref("A")]}}}
        yield (
            f"endless {key} in a circle",
            ref("A"),
            {"schemas": {"A": {key: [ref("B"), ref("A")]}, "B": {key: [ref("A"), ref("B")]}}},
        )
        yield f"empty {key}", {key: []}, {}
        odds: tuple[Any, ...] = (None, 7, "x", {}, [None], [7], ["x"], [[]], [[{}]])
        for odd in odds:
            yield f"{key} of {odd!r}", {key: odd}, {}
    for count in (10**6, 10**10, 10**18, 10**30, 10**400 // 10**90):
        yield (
            f"minItems 10^{len(str(count)) - 1}",
            {"type": "array", "minItems": count, "items": {"type": "string"}},
            {},
        )
        yield (
            f"minProperties 10^{len(str(count)) - 1}",
            {"type": "object", "minProperties": count},
            {},
        )
        yield f"minLength 10^{len(str(count)) - 1}", {"type": "string", "minLength": count}, {}
        yield (
            f"maxItems and minItems 10^{len(str(count)) - 1}",
            {"type": "array", "minItems": count, "maxItems": count, "uniqueItems": True},
            {},
        )
        yield (
            f"minContains {len(str(count)) - 1}",
            {"type": "array", "contains": {"const": 1}, "minContains": count},
            {},
        )
    yield (
        "nested minItems",
        nested(8, lambda inner: {"type": "array", "minItems": 100, "items": inner}),
        {},
    )
    yield (
        "nested minProperties",
        nested(
            8, lambda inner: {"type": "object", "minProperties": 60, "additionalProperties": inner}
        ),
        {},
    )
    yield (
        "nested required",
        ref("S0"),
        chain(
            24,
            lambda to: {"type": "object", "required": ["a", "b"], "properties": {"a": to, "b": to}},
        ),
    )
    yield (
        "nested tuples",
        ref("S0"),
        chain(24, lambda to: {"type": "array", "prefixItems": [to, to], "minItems": 2}),
    )
    yield "huge enum", {"enum": [f"value {n}" for n in range(200_000)]}, {}
    yield (
        "huge enums in oneOf",
        {"oneOf": [{"enum": list(range(k, 20_000 + k))} for k in range(8)]},
        {},
    )
    yield "deep enum", {"enum": [nested(200, lambda inner: [inner])]}, {}
    yield "deep const", {"const": nested(200, lambda inner: {"a": inner})}, {}
    yield "deep default", {"type": "object", "default": nested(220, lambda inner: [inner])}, {}
    yield (
        "many properties",
        {
            "type": "object",
            "required": [f"p{n}" for n in range(20_000)],
            "properties": {f"p{n}": {"type": "string"} for n in range(20_000)},
        },
        {},
    )
    yield (
        "deep properties",
        nested(80, lambda inner: {"type": "object", "required": ["a"], "properties": {"a": inner}}),
        {},
    )
    yield (
        "required without end",
        ref("A"),
        {"schemas": {"A": {"type": "object", "required": ["a"], "properties": {"a": ref("A")}}}},
    )
    yield (
        "items without end",
        ref("A"),
        {"schemas": {"A": {"type": "array", "minItems": 1, "items": ref("A")}}},
    )
    yield "reference to itself", ref("A"), {"schemas": {"A": ref("A")}}
    yield "references in a circle", ref("A"), {"schemas": {"A": ref("B"), "B": ref("A")}}
    yield "long chain of references", ref("S0"), chain(2000, lambda to: to)
    yield "not itself", ref("A"), {"schemas": {"A": {"not": ref("A")}}}
    yield (
        "if itself",
        ref("A"),
        {"schemas": {"A": {"if": ref("A"), "then": ref("A"), "else": ref("A")}}},
    )
    yield (
        "unevaluated itself",
        ref("A"),
        {"schemas": {"A": {"unevaluatedProperties": ref("A"), "allOf": [ref("A")]}}},
    )
    yield "nothing fits", {"allOf": [{"type": "string"}, {"type": "integer"}]}, {}
    yield "bounds crossed", {"type": "integer", "minimum": 5, "maximum": 1}, {}
    yield "multiples without common", {"type": "number", "multipleOf": 1e-300, "minimum": 1e300}, {}
    yield (
        "multiples of many",
        {"allOf": [{"type": "integer", "multipleOf": n} for n in range(2, 400)]},
        {},
    )
    yield (
        "bounds of 400 digits",
        {"type": "integer", "minimum": 10**300, "maximum": 10**300 + 3},
        {},
    )
    yield (
        "uniqueItems of few",
        {"type": "array", "minItems": 50, "uniqueItems": True, "items": {"type": "boolean"}},
        {},
    )
    yield "contains never", {"type": "array", "contains": False, "minItems": 1}, {}
    yield (
        "propertyNames never",
        {"type": "object", "minProperties": 3, "propertyNames": {"maxLength": 0}},
        {},
    )
    yield (
        "dependentRequired circle",
        {
            "type": "object",
            "minProperties": 1,
            "dependentRequired": {f"p{n}": [f"p{n + 1}"] for n in range(5000)},
        },
        {},
    )
    yield (
        "__proto__ and constructor",
        {
            "type": "object",
            "required": ["__proto__", "constructor", "__class__"],
            "properties": {"__proto__": {"type": "string"}, "__class__": {"type": "integer"}},
        },
        {},
    )
    yield (
        "property names of control characters",
        {
            "type": "object",
            "required": ["\x00", "\x1b[2J", "\u202e", "a\nb", ""],
            "properties": {"\x00": {"type": "string"}, "": {"type": "string"}},
        },
        {},
    )
