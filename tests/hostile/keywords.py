"""Patterns of every bad kind, and every keyword with values of the wrong type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

PATTERNS = [
    "^a{1000000}$", "^(a{1000}){1000}$", "^(((a{99}){99}){99}){99}$", "(a+)+$", "^(a|a)*b$",
    "(?=(a+)+)b", "[", "(", "*", "\\", "(?P<n>", "^(?<y>a)\\k<z>$", "\\p{Nope}", "[z-a]", "a{5,2}",
    "\ud800", "[\ud800-\udfff]", "\x00", "(" * 5000, "(?:" * 400 + "a" + ")" * 400, "[^\\s\\S]",
    "$^a", "a" * 200_000, "|" * 50_000, "^\\d{99999999999}$", "(?!)", "\\u{110000}",
    "^[\\x00-\\x08]+$",
]  # fmt: skip


def patterns() -> Iterator[tuple[str, Any]]:
    """(name, schema)."""
    for pattern in PATTERNS:
        yield f"pattern {pattern[:24]!a}", {"type": "string", "pattern": pattern}
        yield (
            f"patternProperties {pattern[:24]!a}",
            {
                "type": "object",
                "minProperties": 1,
                "patternProperties": {pattern: {"type": "string"}},
            },
        )


def wrong_types() -> Iterator[tuple[str, Any]]:
    """(name, schema)."""
    for word in (
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "minimum",
        "minLength",
        "pattern",
        "format",
        "additionalProperties",
        "not",
        "nullable",
        "readOnly",
        "discriminator",
        "xml",
        "$ref",
        "$defs",
        "const",
        "default",
        "examples",
        "title",
        "description",
    ):
        odds: tuple[Any, ...] = (None, 7, "x", [], {}, [None], [[]], {"": None}, True)
        for odd in odds:
            yield f"{word} is {json.dumps(odd)}", {word: odd}
            yield (
                f"{word} is {json.dumps(odd)} inside",
                {"type": "object", "required": ["a"], "properties": {"a": {word: odd}}},
            )
