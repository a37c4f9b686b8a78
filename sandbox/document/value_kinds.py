"""Which kinds of JSON value a schema admits: what turns "5" in a query into 5 or keeps it text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox import exact_json
from sandbox.errors import DocumentError

if TYPE_CHECKING:
    from sandbox.document.schemas import Schemas

ALL: Final = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,400})")
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})\.0+")
"""An integer to JSON Schema, whatever the zeros."""
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_OBJECT: Final = frozenset({"object"})
_OBJECT_KEYS: Final = ("properties", "additionalProperties", "patternProperties", "required")


class Shape:
    """A schema seen by a text decoder. Parts are made when asked, so recursion costs nothing."""

    __slots__ = ("_items", "_known_parts", "_properties", "kinds", "schema", "schemas")

    def __init__(self, schemas: Schemas, schema: Any) -> None:
        self.schemas = schemas
        self.schema = schema
        self.kinds = _kinds(schemas, schema, 0) or ALL
        self._items: Shape | None = None
        self._known_parts: list[dict[str, Any]] | None = None
        self._properties: dict[str, Shape] = {}

    @property
    def free(self) -> bool:
        """Whether the schema says nothing about kinds: text then stays text."""
        return self.kinds == ALL

    def items(self) -> Shape:
        """The shape of an array's items."""
        if self._items is None:
            found = [part["items"] for part in self.parts() if "items" in part]
            self._items = self.schemas.shape(found[0] if found else True)
        return self._items

    def property(self, name: str) -> Shape:
        """The shape of one property of an object."""
        known = self._properties.get(name)
        if known is None:
            schema = self.property_schema(name)
            known = self.schemas.shape(schema)
            if schema is not True and len(self._properties) < 1000:
                self._properties[name] = known
        return known

    def property_schema(self, name: str) -> Any:
        """The schema of one property, or True where the schema says nothing about it."""
        for part in self.parts():
            if name in part.get("properties", {}):
                return part["properties"][name]
        for part in self.parts():
            if isinstance(part.get("additionalProperties"), dict):
                return part["additionalProperties"]
        return True

    def scalar(self, text: str) -> Any:
        """A text as the first of boolean, integer, number, null, string that fits; else text."""
        kinds = self.kinds
        if kinds == ALL:
            return text
        if text in ("true", "false") and "boolean" in kinds:
            return text == "true"
        if ("integer" in kinds or "number" in kinds) and _INTEGER.fullmatch(text):
            return int(text) if text != "-0" else 0
        if "integer" in kinds and "number" not in kinds and _WHOLE.fullmatch(text):
            return int(text.partition(".")[0])
        if "number" in kinds and _NUMBER.fullmatch(text):
            return float(text)
        if text in ("null", "") and "null" in kinds and "string" not in kinds:
            return None
        if kinds == _OBJECT and text.startswith("{"):
            return _parse_item(text)
        return text

    def parts(self) -> list[dict[str, Any]]:
        """The schema and the members of its compositions that speak of the same value."""
        if self._known_parts is None:
            self._known_parts = _parts(self.schemas, self.schema, 0)
        return self._known_parts


def _parse_item(text: str) -> Any:
    """An object as it is written inside a list of objects: as JSON; else the text."""
    try:
        return exact_json.loads(text)
    except ValueError:
        return text


def _parts(schemas: Schemas, schema: Any, depth: int) -> list[dict[str, Any]]:
    """The schema and its members that speak of the same value, flattened."""
    if depth > 12:
        return []
    try:
        made = schemas.resolve(schema)
    except DocumentError:
        return []
    if not isinstance(made, dict):
        return []
    found = [made]
    for key in ("allOf", "anyOf", "oneOf"):
        for member in made.get(key, ()):
            found.extend(_parts(schemas, member, depth + 1))
    return found


def _kinds(schemas: Schemas, schema: Any, depth: int) -> frozenset[str]:
    """The kinds a schema admits; empty when it does not say."""
    if depth > 12:
        return frozenset()
    try:
        made = schemas.resolve(schema)
    except DocumentError:
        return frozenset()
    if not isinstance(made, dict):
        return frozenset()
    found = _own_kinds(made)
    for member in made.get("allOf", ()):
        found = _narrow(found, _kinds(schemas, member, depth + 1))
    for key in ("anyOf", "oneOf"):
        members = [_kinds(schemas, member, depth + 1) for member in made.get(key, ())]
        if members and all(members):
            found = _narrow(found, frozenset().union(*members))
    return found


def _own_kinds(made: dict[str, Any]) -> frozenset[str]:
    kind = made.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(kind)
    if "const" in made:
        return frozenset({_kind_of(made["const"])})
    if "enum" in made:
        return frozenset(map(_kind_of, made["enum"]))
    if any(key in made for key in _OBJECT_KEYS):
        return frozenset({"object"})
    if "items" in made or "prefixItems" in made:
        return frozenset({"array"})
    return frozenset()


def _narrow(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    if not first or not second:
        return first or second
    both = first & second
    if not both and "number" in first | second and "integer" in first | second:
        return frozenset({"integer"})
    return both or first


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
