"""Schemas of calls as a grammar is made of them: closed, and without what cannot be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# One line of JSON, spelt as our own trajectories spell it: no freedom that a small model can
# get lost in, and no argument that the schema does not name.
STYLE: Final = {
    "whitespace_flexible": False,
    "item_separator": ",",
    "key_separator": ":",
    "lenient": True,
}
_BY: Final = frozenset({"allOf", "anyOf", "oneOf", "$ref", "patternProperties"})
"""What an object may take its properties from, so that it cannot be closed here."""
_MOST_NAMES: Final = 6
"""Properties of an object that may have any: a small model does not know when to stop."""


def close(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of an object, and of objects in it, that admits named arguments only."""
    closed = {"type": "object", **schema}
    if _BY.isdisjoint(schema):
        closed.setdefault("additionalProperties", False)
    given = schema.get("properties")
    if isinstance(given, Mapping):
        closed["properties"] = {name: _close_inner(part) for name, part in given.items()}
    return closed


def _close_inner(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    if part.get("properties"):
        return close(part)
    if part.get("type") == "object" and _BY.isdisjoint(part):
        most = max(_MOST_NAMES, part.get("minProperties") or 0)
        part = {**part, "maxProperties": min(most, part.get("maxProperties") or most)}
    return {**part, "items": _close_inner(part["items"])} if "items" in part else part


def compilable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object as far as llguidance can compile it: the same one, or one without
    patterns that it cannot read and without what stands beside a `$ref`, or one in which the values
    are free that it still cannot compile."""
    if _compiles(schema):
        return schema
    plain: dict[str, Any] = _without_patterns(schema)
    if _compiles(plain):
        return plain
    freed: dict[str, Any] = _freed(plain, plain.get("$defs") or {})
    return freed


def _without_patterns(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_patterns(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    if isinstance(part.get("$ref"), str):
        return {name: part[name] for name in ("$ref", "$defs") if name in part}
    return {
        name: _without_patterns(each)
        for name, each in part.items()
        if name != "pattern" or _compiles({"type": "string", "pattern": each})
    }


def _freed(part: Any, defs: Any) -> Any:
    """A schema with its smallest parts left free that keep it from being compiled."""
    if not isinstance(part, Mapping) or _compiles({**part, "$defs": defs}):
        return part
    given = part.get("properties")
    if isinstance(given, Mapping):
        freed = {**part, "properties": {name: _freed(each, defs) for name, each in given.items()}}
        if _compiles({**freed, "$defs": defs}):
            return freed
    return {"type": "object"} if part.get("type") == "object" else {}


def _compiles(schema: Mapping[str, Any]) -> bool:
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_json_schema(dict(schema), overrides=STYLE)
    except (ValueError, RuntimeError, TypeError):
        return False
    return not LLMatcher.validate_grammar(grammar)
