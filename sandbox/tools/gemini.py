"""Gemini's schema language: an OpenAPI 3.0 subset with string enums, no references, no oneOf.

References are inlined; where one would repeat itself, or the whole would grow without measure,
the value travels as JSON text instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.tools.inputs import Schema, definition_name
from sandbox.tools.reshape import (
    TEXT,
    free,
    merge_all_of,
    small_bounds,
    types,
    value_types,
    with_full_branches,
)

DEPTH, NODES = 8, 2_000
_KEPT = {"description", "pattern", "minLength", "maxLength", "minItems", "maxItems"}
_BOUNDS = {"minimum", "maximum"}
_FORMATS = {"int32", "int64", "float", "double", "date-time"}
_HANDLED = {
    "type", "format", "enum", "const", "properties", "required", "items", "prefixItems", "anyOf",
    "oneOf", "allOf", "$ref", "$defs", "default",
}  # fmt: skip


def gemini(schema: Schema) -> tuple[Schema, tuple[str, ...]]:
    """The parameters in Gemini's form, and what it cannot say."""
    shaper = _Shaper(schema.get("$defs", {}))
    frame = {key: value for key, value in schema.items() if key not in ("$defs", "default")}
    frame.pop("additionalProperties", None)
    return shaper.keywords(frame, "", ()), tuple(shaper.losses)


class _Shaper:
    """One pass over one tool's schema; collects the losses on the way."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.losses: dict[str, None] = {}
        self._nodes = 0

    def lose(self, place: str, what: str) -> None:
        self.losses[f"{place.lstrip('/') or 'arguments'}: {what}"] = None

    def shape(self, node: Any, place: str, path: tuple[str, ...]) -> Schema:
        self._nodes += 1
        if not isinstance(node, dict) or free(node, self.definitions):
            self.lose(place, "free-form, carried as JSON text")
            return self._text(node)
        if len(path) > DEPTH or self._nodes > NODES:
            self.lose(place, "nested too deeply, carried as JSON text")
            return self._text(node)
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = definition_name(reference)
            if name is None or name in path or name not in self.definitions:
                self.lose(place, "recursive, carried as JSON text")
                return self._text(node)
            inner = {**self.definitions[name]}
            if node.get("description"):
                inner["description"] = node["description"]
            return self.shape(inner, place, (*path, name))
        whole = merge_all_of(node, self.definitions)
        if whole and "oneOf" in whole:
            self.lose(place, "oneOf is not enforced, forms may be mixed")
        whole = whole and with_full_branches(whole, self.definitions)
        if whole is None or free(whole, self.definitions):
            self.lose(place, "allOf of unions, carried as JSON text")
            return self._text(node)
        return self.keywords(whole, place, (*path, ""))

    def _text(self, node: Any) -> Schema:
        said = node.get("description", "") if isinstance(node, dict) else ""
        return {"type": "string", "description": f"{said} {TEXT}".strip()}

    def keywords(self, node: Schema, place: str, path: tuple[str, ...]) -> Schema:
        kinds = types(node) or value_types(node)
        plain = tuple(kind for kind in kinds if kind != "null")
        branches = node.get("anyOf", [])
        actual = [branch for branch in branches if types(branch) != ("null",)]
        if not branches and len(plain) > 1:
            rest = {key: value for key, value in node.items() if key != "type"}
            actual = [{**rest, "type": kind} for kind in plain]
        if actual:
            shaped = [self.shape(branch, place, path) for branch in actual]
            only = shaped[0] if len(shaped) == 1 else {"anyOf": shaped}
            if len(branches) > len(actual) or "null" in kinds:
                only = {**only, "nullable": True} if len(shaped) == 1 else only
            return only
        if kinds == ("null",):
            self.lose(place, "type null is not enforced")
        return self._single(node, plain[0] if plain else "string", "null" in kinds, place, path)

    def _single(
        self, node: Schema, kind: str, null: bool, place: str, path: tuple[str, ...]
    ) -> Schema:
        made: Schema = {"type": kind}
        keep = _KEPT | _BOUNDS if kind in ("integer", "number") else _KEPT
        made.update({key: value for key, value in node.items() if key in keep})
        if null:
            made["nullable"] = True
        if node.get("format") in _FORMATS:
            made["format"] = node["format"]
        elif "format" in node and kind == "string":
            self.lose(place, f"format {node['format']} is not enforced")
            made["description"] = f"{made.get('description', '')} ({node['format']})".strip()
        made.update(small_bounds(node))
        for key, value in node.items():
            closed = key == "additionalProperties" and not value
            if key not in keep and key not in _HANDLED and not closed:
                self.lose(place, f"{key} is not enforced")
        self._enum(node, made, place)
        if kind == "object":
            required = node.get("required", ())
            properties = dict(node.get("properties", {}))
            for key in required:
                properties.setdefault(key, {})
            made["properties"] = {
                key: self.shape(inner, f"{place}/{key}", path) for key, inner in properties.items()
            }
            if required:
                made["required"] = list(required)
        if kind == "array":
            listed = node.get("prefixItems")
            items = {"anyOf": listed} if listed else node.get("items", {})
            made["items"] = self.shape(items, f"{place}[]", path)
        return made

    def _enum(self, node: Schema, made: Schema, place: str) -> None:
        values = [node["const"]] if "const" in node else node.get("enum")
        if not isinstance(values, list):
            return
        texts = [value for value in values if isinstance(value, str) and value]
        if made["type"] == "string" and texts:
            made["enum"] = texts
            return
        self.lose(place, "enum of values that are not text is only described")
        listed = ", ".join(str(value) for value in values)
        made["description"] = f"{made.get('description', '')} One of {listed}.".strip()
