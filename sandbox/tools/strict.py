"""OpenAI's strict mode: every property required, nothing else admitted, a subset of JSON Schema.

Limits as published: 10 levels of objects, 5,000 properties, 1,000 enum values. A tool beyond them
is offered without strict mode rather than not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.tools.inputs import Schema, children, follow_reference, prune_definitions
from sandbox.tools.reshape import (
    NUMERIC,
    TEXT,
    free,
    merge_all_of,
    nullable,
    small_bounds,
    types,
    value_types,
    with_full_branches,
)

LEVELS, PROPERTIES, ENUM_VALUES, NODES = 10, 5_000, 1_000, 10_000
_KEPT = {"type", "description", "enum", "const", "pattern", "minItems", "maxItems", *NUMERIC}
_FORMATS = {
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
}  # fmt: skip
_HANDLED = {
    "properties", "required", "additionalProperties", "items", "prefixItems", "anyOf", "oneOf",
    "allOf", "$ref", "$defs", "format",
}  # fmt: skip


def strict(schema: Schema) -> tuple[Schema, tuple[str, ...]]:
    """The parameters in strict form, and what strict mode cannot say."""
    shaper = _Shaper(schema.get("$defs", {}))
    frame = {key: value for key, value in schema.items() if key != "$defs"}
    made = shaper.shape(frame, "")
    made.setdefault("properties", {})
    made.setdefault("required", [])
    definitions = {
        name: shaper.shape(inner, f"$defs/{name}") for name, inner in shaper.definitions.items()
    }
    whole = prune_definitions({**made, "$defs": definitions}) if definitions else made
    return whole, tuple(shaper.losses)


def too_large(schema: Schema) -> str | None:
    """Why strict mode would refuse the schema for its size, or None."""
    definitions = schema.get("$defs", {})
    properties = values = 0
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            properties += len(node.get("properties", ()))
            values += len(node.get("enum", ()))
            waiting.extend(children(node))
    if properties > PROPERTIES:
        return f"{properties} properties, strict mode takes {PROPERTIES}"
    if values > ENUM_VALUES:
        return f"{values} enum values, strict mode takes {ENUM_VALUES}"
    if _levels(schema, definitions, ()) > LEVELS:
        return f"more than {LEVELS} levels of nesting"
    return None


def _levels(node: Any, definitions: Mapping[str, Any], path: tuple[str, ...]) -> int:
    """Levels of nested objects; a recursive reference counts once. Stops just past the limit."""
    if not isinstance(node, dict) or len(path) > LEVELS + 1:
        return len(path)
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in path:
            return len(path)
        return _levels(follow_reference(node, definitions), definitions, (*path, reference))
    deeper = (*path, "") if "properties" in node else path
    inner = (
        _levels(child, definitions, deeper)
        for key in ("properties", "anyOf", "items")
        for child in _subschemas(node, key)
    )
    return max([sum(1 for step in deeper if not step), *inner])


def _subschemas(node: Schema, key: str) -> list[Any]:
    value = node.get(key)
    if key == "properties" and isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


class _Shaper:
    """One pass over one tool's schema; collects the losses on the way."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.losses: dict[str, None] = {}
        self._nodes = self._depth = 0

    def lose(self, place: str, what: str) -> None:
        self.losses[f"{place.lstrip('/') or 'arguments'}: {what}"] = None

    def shape(self, node: Any, place: str) -> Schema:
        self._nodes += 1
        if self._depth > 2 * LEVELS or self._nodes > NODES:
            self.lose(place, "nested too deeply, carried as JSON text")
            return self._text(node)
        self._depth += 1
        try:
            return self._shape(node, place)
        finally:
            self._depth -= 1

    def _shape(self, node: Any, place: str) -> Schema:
        if place and free(node, self.definitions):
            self.lose(place, "free-form, carried as JSON text")
            return self._text(node)
        if not isinstance(node, dict):
            return self._text(node)
        if "$ref" in node:
            return self._reference(node)
        whole = merge_all_of(node, self.definitions)
        if whole and "oneOf" in whole:
            self.lose(place, "oneOf is not enforced, forms may be mixed")
        whole = whole and with_full_branches(whole, self.definitions)
        if whole is None:
            self.lose(place, "allOf of unions, carried as JSON text")
            return self._text(node)
        if place and free(whole, self.definitions):
            return self._text(whole)
        return self._keywords(whole, place)

    def _text(self, node: Any) -> Schema:
        said = node.get("description", "") if isinstance(node, dict) else ""
        return {"type": "string", "description": f"{said} {TEXT}".strip()}

    def _reference(self, node: Schema) -> Schema:
        bare = {"$ref": node["$ref"]}
        said = node.get("description")
        return {"anyOf": [bare], "description": said} if said else bare

    def _keywords(self, node: Schema, place: str) -> Schema:
        made: Schema = {key: value for key, value in node.items() if key in _KEPT}
        said = [made.pop("description", "")]
        if "type" not in made and ("const" in made or "enum" in made):
            made["type"] = _value_type(made)
        if node.get("format") in _FORMATS:
            made["format"] = node["format"]
        elif "format" in node and "string" in types(node):
            said.append(f"({node['format']})")
            self.lose(place, f"format {node['format']} is not enforced")
        made.update(small_bounds(node))
        for key, value in node.items():
            if key in _KEPT or key in _HANDLED:
                continue
            if isinstance(value, str | int | float | bool):
                said.append(f"({key} {value})")
            self.lose(place, f"{key} is not enforced")
        if "object" in types(node):
            self._object(node, made, place)
        if "array" in types(node):
            made["items"] = self._items(node, place)
        if branches := node.get("anyOf"):
            made["anyOf"] = [
                self.shape(branch, f"{place}/{index}") for index, branch in enumerate(branches)
            ]
        text = " ".join(filter(None, said))
        return {**made, "description": text} if text else made

    def _object(self, node: Schema, made: Schema, place: str) -> None:
        required = node.get("required", ())
        properties = dict(node.get("properties", {}))
        for key in required:
            properties.setdefault(key, {})
        if node.get("additionalProperties", False) is not False:
            self.lose(place, "further properties cannot be sent")
        made["properties"] = {
            key: self._property(inner, f"{place}/{key}", optional=key not in required)
            for key, inner in properties.items()
        }
        made["required"] = list(properties)
        made["additionalProperties"] = False

    def _items(self, node: Schema, place: str) -> Schema:
        listed = node.get("prefixItems")
        if isinstance(listed, list) and listed:
            self.lose(place, "order of differing items is not enforced")
            return {"anyOf": [self.shape(item, f"{place}[]") for item in listed]}
        return self.shape(node.get("items", {}), f"{place}[]")

    def _property(self, inner: Any, place: str, *, optional: bool) -> Schema:
        shaped = self.shape(inner, place)
        if not optional:
            return shaped
        if nullable(inner, self.definitions):
            self.lose(place, "null means left out")
            return shaped
        return _or_null(shaped)


def _value_type(node: Schema) -> str | list[str]:
    """The type of a const or enum that names none; strict mode wants one."""
    kinds = value_types(node)
    return kinds[0] if len(kinds) == 1 else list(kinds)


def _or_null(schema: Schema) -> Schema:
    """The schema with null beside it, which strict mode reads as an optional value."""
    if isinstance(schema.get("type"), str) and "const" not in schema:
        made = {**schema, "type": [schema["type"], "null"]}
        if "enum" in schema:
            made["enum"] = [*schema["enum"], None]
        return made
    if set(schema) <= {"anyOf", "description"} and "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
