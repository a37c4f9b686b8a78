"""Does a value match a schema? Asked of single places while a value grows.

Compiling a validator for a place in a large document means compiling everything it reaches. This
judge walks along the value instead: keywords with sub-schemas here, all others by jsonschema-rs.
The last word on a finished value stays with the document's own compiled validator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sandbox.document.compiled_schema import compile_schema
from sandbox.values.parts import Anatomy
from sandbox.values.run import Schema

LOCAL: Final = frozenset(
    (
        "type const enum minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength"
        " maxLength pattern format minItems maxItems uniqueItems minProperties maxProperties"
        " dependentRequired"
    ).split()
)
"""Keywords that look at no sub-schema."""


def checker(*schemas: Mapping[str, Any]) -> Callable[[Any], bool]:
    """A compiled test of the local keywords of all the schemas."""
    local = [{key: flat[key] for key in flat.keys() & LOCAL} for flat in schemas]
    merged = local[0] if len(local) == 1 else {"allOf": local}
    return compile_schema(merged).is_valid


class Judge:
    """Matching of values against schemas of one document in one direction."""

    def __init__(self, anatomy: Anatomy, direction: str) -> None:
        self._anatomy = anatomy
        self._hidden = "writeOnly" if direction == "response" else "readOnly"
        self._local: dict[int, tuple[Any, Callable[[Any], bool]]] = {}

    def matches(self, schema: Schema, value: Any) -> bool:
        """Whether the value is an instance of the schema."""
        resolved = self._anatomy.resolve(schema)
        if isinstance(resolved, bool):
            return resolved
        known = self._local.get(id(resolved))
        if known is None:
            known = self._local[id(resolved)] = (resolved, checker(resolved))
        if not known[1](value):
            return False
        if isinstance(value, dict) and not self._object(resolved, value):
            return False
        if isinstance(value, list) and not self._array(resolved, value):
            return False
        return self._matches_combination(resolved, value)

    def _matches_combination(self, schema: Mapping[str, Any], value: Any) -> bool:
        matches = self.matches
        if "$ref" in schema and not matches({"$ref": schema["$ref"]}, value):
            return False
        if not all(matches(member, value) for member in schema.get("allOf", ())):
            return False
        if schema.get("anyOf") and not any(matches(member, value) for member in schema["anyOf"]):
            return False
        if schema.get("oneOf") and sum(matches(each, value) for each in schema["oneOf"]) != 1:
            return False
        if "not" in schema and matches(schema["not"], value):
            return False
        if "if" in schema:
            way = "then" if matches(schema["if"], value) else "else"
            return matches(schema.get(way, True), value)
        return True

    def _object(self, schema: Mapping[str, Any], value: dict[str, Any]) -> bool:
        properties = schema.get("properties") or {}
        for name in schema.get("required") or ():
            if name not in value and not self._is_hidden(properties.get(name, True)):
                return False
        patterns = schema.get("patternProperties") or {}
        rest = schema.get("additionalProperties", True)
        names = schema.get("propertyNames", True)
        for name, member in value.items():
            if names is not True and not self.matches(names, name):
                return False
            declared = name in properties
            if declared and not self.matches(properties[name], member):
                return False
            for pattern, each in patterns.items():
                if pattern_matches(pattern, name):
                    declared = True
                    if not self.matches(each, member):
                        return False
            if not declared and rest is not True and not self.matches(rest, member):
                return False
        dependents = schema.get("dependentSchemas") or {}
        return all(self.matches(each, value) for name, each in dependents.items() if name in value)

    def _is_hidden(self, schema: Schema) -> bool:
        resolved = self._anatomy.resolve(schema)
        return isinstance(resolved, Mapping) and resolved.get(self._hidden) is True

    def _array(self, schema: Mapping[str, Any], value: list[Any]) -> bool:
        first = schema.get("prefixItems") or ()
        if not all(self.matches(each, item) for each, item in zip(first, value, strict=False)):
            return False
        rest = schema.get("items", True)
        if rest is not True and not all(self.matches(rest, item) for item in value[len(first) :]):
            return False
        if "contains" in schema:
            count = sum(self.matches(schema["contains"], item) for item in value)
            most = schema.get("maxContains", len(value))
            return bool(schema.get("minContains", 1) <= count <= most)
        return True


def pattern_matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a property name."""
    return _finder(pattern)(text)


@lru_cache(maxsize=1024)
def _finder(pattern: str) -> Callable[[Any], bool]:
    return checker({"pattern": pattern})
