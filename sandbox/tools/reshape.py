"""Schemas in the smaller languages of strict mode and Gemini, and values back out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import exact_json
from sandbox.document.json_schema import INTEGER_BOUNDS
from sandbox.tools.inputs import Schema, follow_reference

_SHAPED = (
    "type", "properties", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "items",
    "prefixItems", "pattern", "format", "minimum", "maximum", "minLength", "maxLength",
)  # fmt: skip
NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
TEXT = "JSON text."
"""How a value is described that a dialect cannot type and that travels as a string of JSON."""


def free(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether a schema is a free-form object or anything at all, which these forms cannot type."""
    schema = follow_reference(schema, definitions) if isinstance(schema, dict) else schema
    if not isinstance(schema, dict):
        return schema is not False
    if not any(key in schema for key in _SHAPED):
        return True
    kinds = types(schema)
    united = any(schema.get(key) for key in ("anyOf", "oneOf", "allOf", "properties"))
    return "object" in kinds and not united and "enum" not in schema and "const" not in schema


def types(schema: Any) -> tuple[str, ...]:
    """The `type` keyword as a tuple; inferred from `properties` and `items` when missing."""
    if not isinstance(schema, dict):
        return ()
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, list):
        return tuple(kind)
    if "properties" in schema:
        return ("object",)
    return ("array",) if "items" in schema or "prefixItems" in schema else ()


def value_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of the values of a `const` or `enum`."""
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    return tuple(dict.fromkeys(names[type(value)] for value in values if type(value) in names))


def merge_all_of(schema: Schema, definitions: Mapping[str, Any], depth: int = 0) -> Schema | None:
    """A schema with its `allOf` folded in; None when a part has no keywords that can be folded."""
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    if depth > 8:
        return None
    whole: Schema = {}
    for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
        inner = follow_reference(part, definitions) if isinstance(part, dict) else {}
        inner = merge_all_of(inner, definitions, depth + 1) if isinstance(inner, dict) else {}
        if inner is None or any(key in whole and key in inner for key in ("anyOf", "oneOf")):
            return None
        properties = {**whole.get("properties", {})}
        for name, schema_of_it in inner.get("properties", {}).items():
            properties[name] = _both(properties.get(name), schema_of_it)
        required = [*whole.get("required", ()), *inner.get("required", ())]
        whole = {**whole, **inner}
        if properties:
            whole["properties"] = properties
        if required:
            whole["required"] = list(dict.fromkeys(required))
    return whole


def _both(one: Any, other: Any) -> Any:
    """A property that two parts describe; where both have a structure, the later one."""
    if not one or one == other:
        return other
    if not other:
        return one
    plain = _STRUCTURE.isdisjoint(one) and _STRUCTURE.isdisjoint(other)
    return {"allOf": [one, other]} if plain else other


_STRUCTURE = frozenset({"properties", "items", "allOf", "anyOf", "oneOf", "$ref"})


def with_full_branches(schema: Schema, definitions: Mapping[str, Any]) -> Schema | None:
    """A schema whose `anyOf` says everything: what stands beside it is in each branch.

    None where a branch cannot be joined. A schema without alternatives comes back as it is.
    """
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key)
        if not branches:
            continue
        apart = (key, "description", "default")
        beside = {name: value for name, value in schema.items() if name not in apart}
        branches = [each for each in branches if isinstance(each, dict)] or [{}]
        if beside:
            joined = [merge_all_of({"allOf": [beside, each]}, definitions) for each in branches]
            if None in joined:
                return None
            branches = joined
        said = {"description": schema["description"]} if "description" in schema else {}
        return {**said, "anyOf": branches}
    return schema


def small_bounds(schema: Schema) -> dict[str, int]:
    """The bounds that the format of a small integer implies, where the schema names none."""
    name = schema.get("format")
    if name not in _SMALL or "integer" not in types(schema):
        return {}
    bounds = zip(("minimum", "maximum"), INTEGER_BOUNDS[name], strict=True)
    return {key: bound for key, bound in bounds if key not in schema}


_SMALL = INTEGER_BOUNDS.keys() - {"int32", "int64", "uint64"}


def nullable(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether null itself is a value of the schema, as far as its keywords say so openly."""
    schema = follow_reference(schema, definitions) if isinstance(schema, dict) else schema
    if not isinstance(schema, dict):
        return False
    if "null" in types(schema) or None in schema.get("enum", ()):
        return True
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return any(
        branch == {"type": "null"} or (isinstance(branch, dict) and "null" in types(branch))
        for branch in branches
    )


def restore(arguments: Mapping[str, Any], schema: Schema, *, absent_nulls: bool) -> dict[str, Any]:
    """Arguments of a reshaped tool in the form of its original schema.

    JSON text becomes the object it stands for where the original is free-form; with
    `absent_nulls`, null in an optional field is the field left out. Text that is no JSON stays,
    for the validator to refuse.
    """
    definitions = schema.get("$defs", {})

    def walk(value: Any, node: Any) -> Any:
        if isinstance(value, str):
            return _from_text(value, node, definitions)
        if isinstance(value, dict):
            needed = set(_required_names(node, definitions))
            return {
                key: walk(inner, _property(node, key, definitions))
                for key, inner in value.items()
                if not (absent_nulls and inner is None)
                or (key in needed and nullable(_property(node, key, definitions), definitions))
            }
        if isinstance(value, list):
            inner = next(_find_keyword(node, "items", definitions), False)
            return [walk(item, inner) for item in value]
        return value

    made: dict[str, Any] = walk(dict(arguments), schema)
    return made


def _from_text(text: str, node: Any, definitions: Mapping[str, Any]) -> Any:
    """The value of a JSON text where the schema is free-form, or takes structures but no text."""
    kinds = {
        kind for view in _views(node, definitions) for kind in types(view) or value_types(view)
    }
    if not free(node, definitions) and ("string" in kinds or kinds.isdisjoint({"object", "array"})):
        return text
    try:
        return exact_json.loads(text)
    except ValueError:
        return text


def _views(node: Any, definitions: Mapping[str, Any], depth: int = 0) -> Iterator[Schema]:
    """A schema and every branch of it, references followed."""
    node = follow_reference(node, definitions) if isinstance(node, dict) else node
    if not isinstance(node, dict) or depth > 8:
        return
    yield node
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(keyword, ()):
            yield from _views(branch, definitions, depth + 1)


def _find_keyword(node: Any, keyword: str, definitions: Mapping[str, Any]) -> Iterator[Any]:
    return (view[keyword] for view in _views(node, definitions) if keyword in view)


def _property(node: Any, key: str, definitions: Mapping[str, Any]) -> Any:
    held = _find_keyword(node, "properties", definitions)
    return next((properties[key] for properties in held if key in properties), False)


def _required_names(node: Any, definitions: Mapping[str, Any]) -> Iterator[str]:
    for names in _find_keyword(node, "required", definitions):
        yield from names
