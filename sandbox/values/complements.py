"""What does not match a schema, written as schemas: De Morgan over its keywords."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.values.run import Schema

_TYPES: Final = ("object", "array", "string", "number", "boolean", "null")
_IGNORED: Final = frozenset(
    "then else minContains maxContains title description $comment example examples default"
    " deprecated readOnly writeOnly $defs discriminator contentEncoding contentMediaType".split()
)


_DEPENDENT: Final[Mapping[str, tuple[str, ...]]] = {
    "additionalProperties": ("properties", "patternProperties"),
    "items": ("prefixItems",),
    "contains": ("minContains", "maxContains"),
}


def complements(schema: Mapping[str, Any]) -> list[Schema] | None:
    """Branches of which one holds for whatever does not match; None: only trying can tell.

    A value fails a schema by failing one of its keywords, so there is a branch for each.
    """
    keys = [key for key in schema if key not in _IGNORED and not key.startswith("x-")]
    if any(key.startswith("unevaluated") for key in keys) or _is_group(schema):
        return None
    made: list[Schema] = []
    for key in keys:
        write = _KEYWORDS.get(key)
        if key == "if":
            made += _conditional(schema)
        elif key in _DEPENDENT and any(other in schema for other in _DEPENDENT[key]):
            made.append(_with_context(key, schema))
        elif write is not None:
            made.extend(write(schema[key]))
        elif len(keys) == 1:
            return None
        else:
            made.append({"not": {key: schema[key]}, **_same_type(key, schema)})
    return made


def _with_context(key: str, schema: Mapping[str, Any]) -> Schema:
    """The refusal of a keyword that other keywords give its meaning, these kept without force."""
    kept: dict[str, Any] = {key: schema[key]}
    for other in _DEPENDENT[key]:
        value = schema.get(other)
        if isinstance(value, Mapping):
            kept[other] = dict.fromkeys(value, True)
        elif isinstance(value, list):
            kept[other] = [True] * len(value)
        elif value is not None:
            kept[other] = value
    return {"not": kept, **_same_type("", schema)}


def _is_group(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is one keyword with its context, as `_with_context` writes it."""
    for key, others in _DEPENDENT.items():
        if key in schema and schema.keys() <= {key, *others} and len(schema) > 1:
            values = [schema[other] for other in others if other in schema]
            return all(_forceless(value) for value in values)
    return False


def _forceless(value: Any) -> bool:
    members = value.values() if isinstance(value, Mapping) else value
    return isinstance(value, int) or all(member is True for member in members)


def _same_type(key: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": schema["type"]} if "type" in schema else {}


def _conditional(schema: Mapping[str, Any]) -> list[Schema]:
    held = {"allOf": [schema["if"], {"not": schema.get("then", True)}]}
    failed = {"allOf": [{"not": schema["if"]}, {"not": schema.get("else", True)}]}
    return [held, failed]


def _one(branches: Any) -> list[Schema]:
    """Not exactly one: none, or some two."""
    none: Schema = {"allOf": [{"not": branch} for branch in branches]}
    few = branches[:5]
    return [none, *({"allOf": [one, two]} for at, one in enumerate(few) for two in few[at + 1 :])]


def _type(refused: Any) -> list[Schema]:
    names = [refused] if isinstance(refused, str) else list(refused)
    left = [name for name in _TYPES if name not in names]
    if "integer" in names and "number" in left:
        whole = {"type": "number", "not": {"multipleOf": 1}}
        return [{"type": [name for name in left if name != "number"]}, whole]
    return [{"type": left}] if left else []


def _require_each(names: Any) -> list[Schema]:
    return [{"type": "object", "properties": {name: False}} for name in names]


def _properties(properties: Any) -> list[Schema]:
    return [
        {"type": "object", "required": [name], "properties": {name: {"not": schema}}}
        for name, schema in properties.items()
    ]


def _below(kind: str, keyword: str) -> Callable[[Any], list[Schema]]:
    return lambda bound: [{"type": kind, keyword: bound - 1}] if bound > 0 else []


def _above(kind: str, keyword: str) -> Callable[[Any], list[Schema]]:
    return lambda bound: [{"type": kind, keyword: bound + 1}]


def _number(keyword: str) -> Callable[[Any], list[Schema]]:
    return lambda bound: [{"type": "number", keyword: bound}]


_KEYWORDS: Final[Mapping[str, Callable[[Any], list[Schema]]]] = {
    "type": _type,
    "minimum": _number("exclusiveMaximum"),
    "maximum": _number("exclusiveMinimum"),
    "exclusiveMinimum": _number("maximum"),
    "exclusiveMaximum": _number("minimum"),
    "minLength": _below("string", "maxLength"),
    "maxLength": _above("string", "minLength"),
    "minItems": _below("array", "maxItems"),
    "maxItems": _above("array", "minItems"),
    "minProperties": _below("object", "maxProperties"),
    "maxProperties": _above("object", "minProperties"),
    "required": _require_each,
    "properties": _properties,
    "items": lambda schema: [{"type": "array", "contains": {"not": schema}}],
    "not": lambda schema: [schema],
    "anyOf": lambda branches: [{"allOf": [{"not": branch} for branch in branches]}],
    "oneOf": _one,
    "allOf": lambda branches: [{"not": branch} for branch in branches],
    "$ref": lambda reference: [{"not": {"$ref": reference}}],
}
