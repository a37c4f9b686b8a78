"""OpenAPI schema objects (3.0, 3.1, and 2.0 leftovers) become JSON Schema 2020-12.

`$ref`s stay as they are; only the schema at hand and its inline parts are converted. The
conversion is idempotent. What a validator would refuse (a `minLength` that is a text, a `required`
that is true) is dropped rather than fatal: one odd keyword must not cost an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

MAPS: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
ONES: Final = (
    "items",
    "additionalProperties",
    "not",
    "propertyNames",
    "contains",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
)

ANNOTATIONS: Final = frozenset(
    {"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"}
)
"""Keywords that say something about a value and check nothing."""

TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

INTEGER_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
"""The least and the greatest value of each format of integers."""

# Type names that are not JSON Schema's but are written anyway.
_MISNAMED: Final[Mapping[str, dict[str, Any]]] = {
    "file": {"type": "string", "format": "binary"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "map": {"type": "object"},
}

# Dropped: identity keywords would move the base URI under the document's own pointers.
_DROPPED: Final = frozenset(
    {
        "nullable",
        "x-nullable",
        "xml",
        "externalDocs",
        "example",
        "$id",
        "$schema",
        "$anchor",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveAnchor",
        "$recursiveRef",
        "$vocabulary",
        "id",
        "dependencies",
    }
)


def _natural(value: Any) -> bool:
    return _number(value) and value >= 0 and (isinstance(value, int) or value.is_integer())


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_SOUND: Final[Mapping[str, Callable[[Any], bool]]] = {
    "minLength": _natural,
    "maxLength": _natural,
    "minItems": _natural,
    "maxItems": _natural,
    "minProperties": _natural,
    "maxProperties": _natural,
    "minContains": _natural,
    "maxContains": _natural,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": lambda value: _number(value) and value > 0,
    "pattern": lambda value: isinstance(value, str),
    "format": lambda value: isinstance(value, str),
    "title": lambda value: isinstance(value, str),
    "description": lambda value: isinstance(value, str),
    "$comment": lambda value: isinstance(value, str),
    "contentEncoding": lambda value: isinstance(value, str),
    "contentMediaType": lambda value: isinstance(value, str),
    "enum": lambda value: isinstance(value, list),
    "examples": lambda value: isinstance(value, list),
    "required": _texts,
    "uniqueItems": lambda value: isinstance(value, bool),
    "readOnly": lambda value: isinstance(value, bool),
    "writeOnly": lambda value: isinstance(value, bool),
    "deprecated": lambda value: isinstance(value, bool),
    "$ref": lambda value: isinstance(value, str),
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_texts, value.values())),
}


def with_parts(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy of the schema with `change` made to each schema right inside it."""
    made = dict(schema)
    for key, value in schema.items():
        if key in MAPS:
            made[key] = {name: change(part) for name, part in value.items()}
        elif key in LISTS:
            made[key] = [change(part) for part in value]
        elif key in ONES:
            made[key] = change(value)
    return made


def convert(schema: Any, *, legacy: bool, home: str = "") -> Any:
    """One schema object as JSON Schema 2020-12. `legacy`: 3.0 rules (nullable, bare `$ref`).

    `home` is the `$ref` that leads to the outermost schema: what a recursive or dynamic
    reference inside it means, since documents use these for recursion only.
    """
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return True
    reference = schema.get("$ref")
    if legacy and isinstance(reference, str):
        return _reference(schema, reference)
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DROPPED:
            continue
        if key in MAPS:
            if isinstance(value, dict):
                made[key] = {
                    name: convert(part, legacy=legacy, home=home) for name, part in value.items()
                }
        elif key in LISTS:
            if isinstance(value, list) and value:
                made[key] = [convert(part, legacy=legacy, home=home) for part in value]
        elif key in ONES:
            _convert_one(made, key, value, legacy=legacy, home=home)
        elif (sound := _SOUND.get(key)) is None or sound(value):
            made[key] = value
    if home and ("$recursiveRef" in schema or "$dynamicRef" in schema):
        made["$ref"] = home
    _convert_type(made)
    _convert_bounds(made, schema)
    _convert_example(made, schema)
    if "required" in made:
        made["required"] = list(dict.fromkeys(made["required"]))
    if isinstance(name := made.get("discriminator"), str):
        made["discriminator"] = {"propertyName": name}
    if legacy and (schema.get("nullable") is True or schema.get("x-nullable") is True):
        return _nullable(made)
    return made


def _reference(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    """A 3.0 reference: siblings do not count, but a description beside it helps a reader."""
    made: dict[str, Any] = {"$ref": reference}
    for key in ("title", "description"):
        if isinstance(schema.get(key), str):
            made[key] = schema[key]
    return made


def _convert_one(made: dict[str, Any], key: str, value: Any, *, legacy: bool, home: str) -> None:
    if key == "items" and isinstance(value, list):
        made["prefixItems"] = [convert(part, legacy=legacy, home=home) for part in value] or [True]
    elif isinstance(value, dict | bool):
        made[key] = convert(value, legacy=legacy, home=home)


def _convert_type(made: dict[str, Any]) -> None:
    kind = made.get("type")
    if kind is None:
        made.pop("type", None)
    elif isinstance(kind, list):
        known = [name for name in kind if isinstance(name, str) and name in TYPES]
        made["type"] = list(dict.fromkeys(known))
        if not known:
            del made["type"]
    elif not isinstance(kind, str) or kind not in TYPES:
        del made["type"]
        for key, value in _MISNAMED.get(str(kind).lower(), {}).items():
            made.setdefault(key, value)
        if str(kind).lower() in TYPES:
            made["type"] = str(kind).lower()


def _convert_bounds(made: dict[str, Any], schema: dict[str, Any]) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in made:
            made[exclusive] = made.pop(bound)


def _convert_example(made: dict[str, Any], schema: dict[str, Any]) -> None:
    if "example" in schema and "examples" not in made:
        made["examples"] = [schema["example"]]


def _nullable(made: dict[str, Any]) -> dict[str, Any]:
    """`made` with null among its types, as 3.0.3 says: where a type stands beside `nullable`.

    Authors mean "or null" elsewhere too (beside an enum or an allOf). There the word is kept:
    requests may send null, but no value is made so, since strict readers would refuse it.
    """
    kind = made.get("type")
    if kind is not None:
        kinds = [kind] if isinstance(kind, str) else kind
        made["type"] = kinds if "null" in kinds else [*kinds, "null"]
    bare_enum = None not in made.get("enum", (None,))
    if kind is None or bare_enum or not _LIMITING.isdisjoint(made):
        made["nullable"] = True
    return made


_LIMITING: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "const"})
