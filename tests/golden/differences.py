"""Two versions of a document for every pair of little schemas and of little operations.

Each pair is a property of a body, of a reply and a parameter of one document in two versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from sandbox import Document

_TEXT: Final = {"type": "string"}
_SCHEMAS: Final[tuple[Any, ...]] = (
    True,
    {},
    _TEXT,
    {"type": ["string", "null"]},
    {"type": "string", "format": "date"},
    {"type": "string", "enum": ["a", "b"], "default": "a"},
    {"type": "string", "enum": ["b", "c"], "default": "c"},
    {"type": "string", "pattern": "^a", "minLength": 1, "maxLength": 4},
    {"type": "string", "pattern": "^b", "minLength": 2, "maxLength": 3},
    {"type": "integer", "minimum": 1, "exclusiveMaximum": 9},
    {"type": "number", "minimum": 0, "exclusiveMaximum": 12, "multipleOf": 2},
    {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True},
    {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
    {"type": "array"},
    {"type": "object", "required": ["a"], "properties": {"a": _TEXT, "b": {"type": "integer"}}},
    {"type": "object", "required": ["b"], "properties": {"b": {"type": "number"}, "c": _TEXT}},
    {"type": "object", "properties": {"a": _TEXT}, "additionalProperties": False},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {"type": "object", "additionalProperties": _TEXT},
    {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
    {"oneOf": [{"$ref": "#/components/schemas/Dog"}, {"type": "null"}]},
    {"anyOf": [_TEXT, {"type": "integer"}]},
    {"anyOf": [{"type": "integer"}, {"title": "Size", "type": "object"}]},
    {"allOf": [{"$ref": "#/components/schemas/Cat"}, {"required": ["tail"]}]},
    {"$ref": "#/components/schemas/Cat"},
    {"$ref": "#/components/schemas/Dog"},
)
_COMPONENTS: Final = {
    "Cat": {"type": "object", "properties": {"tail": {"type": "integer"}, "next": _TEXT}},
    "Dog": {
        "type": "object",
        "required": ["tail"],
        "properties": {"tail": _TEXT, "next": {"$ref": "#/components/schemas/Dog"}},
    },
}
_OPERATIONS: Final[tuple[dict[str, Any], ...]] = (
    {"operationId": "one", "deprecated": True, "tags": ["x"]},
    {"operationId": "two", "parameters": [{"name": "q", "in": "query", "schema": _TEXT}]},
    {"parameters": [{"name": "q", "in": "query", "required": True, "schema": _TEXT}]},
    {"parameters": [{"name": "q", "in": "header", "schema": _TEXT}], "security": [{"key": []}]},
    {"requestBody": {"content": {"application/json": {"schema": _TEXT}}}, "security": []},
    {"requestBody": {"required": True, "content": {"text/plain": {"schema": _TEXT}}}},
    {"responses": {"201": {"description": "", "content": {"text/plain": {"schema": _TEXT}}}}},
    {"responses": {"200": {"description": "", "headers": {"ETag": {"schema": _TEXT}}}}},
    {"responses": {"200": {"description": ""}, "404": {"description": ""}}},
)


def versions() -> Iterator[tuple[str, list[Document]]]:
    """A name and two versions of a document, in which an old schema becomes every new one."""
    for number, old in enumerate(_SCHEMAS):
        pairs = [({"post": _holding(old)}, {"post": _holding(new)}) for new in _SCHEMAS]
        yield f"schema {number}", _documents(pairs)
    every: Any = product(({"get": each} for each in _OPERATIONS), repeat=2)
    moved = [({"get": each}, {"put": each}) for each in _OPERATIONS]
    yield "operations", _documents([*every, *moved, ({"get": {}}, {})])


def _holding(schema: Any) -> dict[str, Any]:
    """An operation that has a schema in every place that may hold one."""
    body = {"content": {"application/json": {"schema": {"properties": {"p": schema}}}}}
    content = {"application/json": {"schema": {"required": ["p"], "properties": {"p": schema}}}}
    return {
        "parameters": [{"name": "q", "in": "query", "schema": schema}],
        "requestBody": body,
        "responses": {"200": {"description": "", "content": content}},
    }


def _documents(pairs: Sequence[tuple[Any, Any]]) -> list[Document]:
    """Two documents with a path for each pair."""
    return [
        Document.from_tree(
            {
                "openapi": "3.1.0",
                "info": {"title": "t", "version": "1"},
                "paths": {f"/p{number}": pair[side] for number, pair in enumerate(pairs)},
                "components": {"schemas": _COMPONENTS},
            },
            source="t",
        )
        for side in (0, 1)
    ]
