"""Shapes: what a schema looks like on the surface, as far as inference needs it.

`allOf` is merged and the first non-null branch of `oneOf`/`anyOf` is taken. A shape guides guesses
about resources; it is never used to validate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.document import Schemas
from sandbox.document.discriminators import is_base
from sandbox.errors import DocumentError

_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """The surface of one schema."""

    type: str
    """object, array, string, integer, number, boolean, null or "" when anything goes."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """Property name → its schema as written."""
    required: frozenset[str] = frozenset()
    items: Any = None
    """The schema of array items, or None."""
    open: bool = True
    """Whether undeclared properties are welcome on purpose."""
    name: str = ""
    """The component's name when the schema was a reference."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """The other keywords: format, default, minimum, description, …"""


def shape(schemas: Schemas, schema: Any, depth: int = 0) -> Shape:
    """The shape of a schema as it stands in the document (references followed)."""
    name = _component(schema)
    try:
        resolved = schemas.resolve(schema)
    except DocumentError:  # a reference to nothing is no shape; whoever needs a value is told
        resolved = True
    if not isinstance(resolved, dict) or depth > _DEPTH:
        return Shape(type="", name=name)
    properties: dict[str, Any] = {}
    required: set[str] = set()
    keywords: dict[str, Any] = {}
    items = resolved.get("items")
    kind = _type(resolved)
    for part in _parts(resolved):
        inner = shape(schemas, part, depth + 1)
        properties.update(inner.properties)
        required |= inner.required
        items = items if items is not None else inner.items
        kind = kind or inner.type
        name = name or inner.name
        keywords.update(inner.keywords)
    keywords.update((key, said) for key, said in resolved.items() if key not in _STRUCTURE)
    if isinstance(schema, dict) and schema is not resolved:
        keywords.update((key, said) for key, said in schema.items() if key not in _STRUCTURE)
    own = resolved.get("properties")
    if isinstance(own, dict):
        properties.update(own)
    listed = resolved.get("required")
    if isinstance(listed, list):
        required.update(entry for entry in listed if isinstance(entry, str))
    if not kind and properties:
        kind = "object"
    if not kind and items is not None:
        kind = "array"
    extra = resolved.get("additionalProperties")
    return Shape(
        type=kind,
        properties=properties,
        required=frozenset(required),
        items=items,
        open=(extra is True or isinstance(extra, dict)) or not properties,
        name=name,
        keywords=keywords,
    )


_STRUCTURE = frozenset(
    {"$ref", "type", "properties", "required", "items", "allOf", "oneOf", "anyOf"}
)


def branches(schemas: Schemas, schema: Any) -> list[Any]:
    """The schemas of which a value is one or another, none of them null; [] for a single one."""
    found = schemas.resolve(schema)
    resolved = found if isinstance(found, dict) else {}
    if is_base(resolved):
        base = reference(schema)
        named = schemas.named_branches(resolved, base)
        return [b for b in named.branches if reference(b) != base] if named is not None else []
    listed = [resolved.get(keyword) for keyword in ("oneOf", "anyOf")]
    own = {key: value for key, value in resolved.items() if key not in ("oneOf", "anyOf")}
    some = [b for each in listed if isinstance(each, list) for b in each]
    real = [b for b in some if not (isinstance(b, dict) and b.get("type") == "null")]
    apart = own.keys() & {"properties", "required", "allOf"}
    return [{"allOf": [own, branch]} if apart else branch for branch in real]


def declared_properties(schemas: Schemas, schema: Any, depth: int = 2) -> Mapping[str, Any]:
    """Every property that any branch of a schema declares, those of the first branch first."""
    found = dict(shape(schemas, schema).properties)
    for branch in branches(schemas, schema) if depth else ():
        for name, inner in declared_properties(schemas, branch, depth - 1).items():
            found.setdefault(name, inner)
    return found


def reference(schema: Any) -> str:
    """The `$ref` of a schema, through a single-entry allOf too; "" when it has none."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return str(schema["$ref"])
    parts = schema.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and "properties" not in schema:
        return reference(parts[0])
    return ""


def _component(schema: Any) -> str:
    return reference(schema).rsplit("/", 1)[-1]


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), "null")
    return kind if isinstance(kind, str) else ""


def _parts(schema: Mapping[str, Any]) -> list[Any]:
    parts = schema.get("allOf")
    merged = list(parts) if isinstance(parts, list) else []
    for keyword in ("oneOf", "anyOf"):
        branches = schema.get(keyword)
        if isinstance(branches, list):
            real = [b for b in branches if not (isinstance(b, dict) and b.get("type") == "null")]
            merged.extend(real[:1])
    return merged
