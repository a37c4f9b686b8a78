"""Whether one alternative of a schema contains another, so that `oneOf` could never choose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.document.references import References
from sandbox.errors import DocumentError

_DEPTH: Final = 8
_STEPS: Final = 100_000
"""Comparisons per document; what is beyond them counts as different."""
_MOST_VALUES: Final = 10_000
_UNIONS: Final = ("anyOf", "oneOf")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_BOUNDS: Final = (*((key, 1) for key in _LOWER), *((key, -1) for key in _UPPER))
_SAME: Final = (
    "pattern", "format", "multipleOf", "uniqueItems", "not", "if", "patternProperties", "contains",
    "propertyNames", "prefixItems", "dependentRequired", "dependentSchemas",
    "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip
"""Keywords that are only compared for equality."""
_NAMES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}

_Schema = Mapping[str, Any]


class Overlaps:
    """Comparisons of the alternatives of one document's schemas."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._steps = 0

    def among(self, branches: Sequence[Any]) -> bool:
        """Whether some branch has no plain value of its own: all that it takes, another does."""
        try:
            return any(
                self._fits(left, right, 0)
                for at, left in enumerate(branches)
                for number, right in enumerate(branches)
                if at != number
            )
        except (TypeError, ValueError, AttributeError, RecursionError):
            return False  # keywords of a wrong type: they are dropped later

    def _fits(self, left: Any, right: Any, depth: int) -> bool:
        """Whether every value made only of what `left` names is a value of `right` too."""
        self._steps += 1
        if depth > _DEPTH or self._steps > _STEPS:
            return False
        one = self._whole(left)
        parts = self._parts(right, 0)
        if one is None or parts is None:
            return False
        for key in _UNIONS:
            if branches := one.get(key):
                rest = {name: value for name, value in one.items() if name != key}
                joined = ({"allOf": [rest, branch]} for branch in branches)
                return all(self._fits(each, right, depth + 1) for each in joined)
        return all(self._fits_part(one, part, depth) for part in parts)

    def _fits_part(self, one: _Schema, part: _Schema, depth: int) -> bool:
        kinds = _kinds(one)
        if (wanted := _kinds(part)) and not (kinds and kinds <= wanted):
            return False
        if "enum" in part or "const" in part:
            values, others = _values(one), _values(part) or []
            if values is None or len(values) * len(others) > _MOST_VALUES:
                return False
            if any(value not in others for value in values):
                return False
        if any(key in part and part[key] != one.get(key) for key in _SAME):
            return False
        bounds = ((key, sign) for key, sign in _BOUNDS if key in part)
        if any(_narrow(one, key, sign) < _narrow(part, key, sign) for key, sign in bounds):
            return False
        if not all(
            any(self._fits(one, branch, depth + 1) for branch in part[key])
            for key in _UNIONS
            if part.get(key)
        ):
            return False
        if not (kinds and "object" not in kinds) and not self._fits_object(one, part, depth):
            return False
        if "items" not in part or (kinds and "array" not in kinds):
            return True
        return self._fits(one.get("items", True), part["items"], depth + 1)

    def _fits_object(self, one: _Schema, part: _Schema, depth: int) -> bool:
        if not set(part.get("required", ())) <= set(one.get("required", ())):
            return False
        known, further = part.get("properties", {}), part.get("additionalProperties", True)
        return all(
            self._fits(inner, known.get(name, further), depth + 1)
            for name, inner in one.get("properties", {}).items()
        )

    def _parts(self, schema: Any, depth: int) -> list[dict[str, Any]] | None:
        """The schema and the members of its `allOf`, each without `allOf`; None if it is closed."""
        try:
            found = self._references.follow(schema)
        except DocumentError:
            return None
        if found is True or found == {}:
            return []
        if not isinstance(found, dict) or depth > _DEPTH:
            return None
        made = [{key: value for key, value in found.items() if key != "allOf"}]
        for member in found.get("allOf") or ():
            inner = self._parts(member, depth + 1)
            if inner is None:
                return None
            made += inner
        return made

    def _whole(self, schema: Any) -> dict[str, Any] | None:
        """The schema with its `allOf` folded in, as far as keywords do not meet."""
        parts = self._parts(schema, 0)
        if parts is None:
            return None
        whole: dict[str, Any] = {}
        for part in parts:
            properties = {**part.get("properties", {}), **whole.get("properties", {})}
            required = [*whole.get("required", ()), *part.get("required", ())]
            whole = {**part, **whole, "properties": properties, "required": required}
        return whole


def _kinds(schema: _Schema) -> frozenset[str]:
    """The kinds of value of a schema, null left aside where there are others; () = any."""
    kind = schema.get("type")
    if isinstance(kind, str | list):
        kinds = {kind} if isinstance(kind, str) else set(kind)
    elif (values := _values(schema)) is not None:
        kinds = {_NAMES.get(type(value), "object") for value in values if value is not None}
    else:
        kinds = {"object"} if schema.get("properties") else set()
    if "number" in kinds:
        kinds.add("integer")
    return frozenset(kinds - {"null"} or kinds)


def _values(schema: _Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def _narrow(schema: _Schema, key: str, sign: int) -> float:
    """How narrow a bound is; a schema without it is the widest."""
    value = schema.get(key)
    return sign * value if isinstance(value, int | float) else float("-inf")
