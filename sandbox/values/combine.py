"""Which plan makes a node's values: choices first, then fixed values, then the types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final

from sandbox.errors import NoInstance
from sandbox.values.arrays import ArrayPlan
from sandbox.values.choices import ChoicePlan, GuardPlan
from sandbox.values.fixed import fixed_plan, fixed_values
from sandbox.values.keys import derive
from sandbox.values.nodes import Impossible, Node, Plan, Scalar
from sandbox.values.numbers import number_plan
from sandbox.values.objects import ObjectPlan
from sandbox.values.run import DEEP, Make, Run
from sandbox.values.strings import string_plan

_KINDS: Final[Mapping[str, str]] = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "patternProperties": "object",
    "minProperties": "object",
    "propertyNames": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "contains": "array",
    "uniqueItems": "array",
    "minLength": "string",
    "maxLength": "string",
    "pattern": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}
_NUMERIC_FORMATS: Final = frozenset(("int32", "int64", "float", "double", "decimal", "integer"))
_WHOLE: Final = {"multipleOf": 1}
_NULL_SHARE: Final = 8
"""One in so many nullable values is null."""


def plan(node: Node) -> Plan:
    """The plan for a node."""
    parts = node.parts
    if parts.impossible:
        return Impossible(parts.impossible)
    if parts.guards:
        if _WHOLE in parts.guards and _kinds(parts.flats) == ["integer"]:
            return Impossible(f"{node.label} is to be an integer and not a whole number")
        return GuardPlan(node)
    values = fixed_values(parts.flats)
    if values is not None:
        return fixed_plan(node, values)
    if parts.choices:
        return ChoicePlan(node)
    kinds = _kinds(parts.flats)
    if not kinds:
        return Impossible(f"no type is left for {node.label}")
    plans = [_of_kind(node, kind) for kind in kinds]
    return plans[0] if len(plans) == 1 else KindsPlan(kinds, plans)


def _kinds(flats: tuple[Mapping[str, Any], ...]) -> list[str]:
    """The types a value may have, in the order the document names them."""
    allowed: list[str] | None = None
    for flat in flats:
        named = flat.get("type")
        if named is None:
            continue
        each = [named] if isinstance(named, str) else list(named)
        allowed = each if allowed is None else _common(allowed, each)
    if allowed is not None:
        return list(dict.fromkeys(allowed))
    for flat in flats:
        for keyword in flat:
            if keyword in _KINDS:
                return [_KINDS[keyword]]
            if keyword == "format":
                return ["number" if flat["format"] in _NUMERIC_FORMATS else "string"]
    return ["string"]


def _common(left: list[str], right: list[str]) -> list[str]:
    """Types allowed by both lists; every integer is a number."""
    made = []
    for kind in left:
        if kind in right or (kind == "integer" and "number" in right):
            made.append(kind)
        elif kind == "number" and "integer" in right:
            made.append("integer")
    return made


def _of_kind(node: Node, kind: str) -> Plan:
    if kind == "object":
        return ObjectPlan(node)
    if kind == "array":
        return ArrayPlan(node)
    if kind == "string":
        return string_plan(node)
    if kind in ("integer", "number"):
        return number_plan(node, whole=kind == "integer")
    if kind == "boolean":
        return Scalar(_boolean(node))
    return Scalar(_null)


def _null(key: int, owner: int, run: Run) -> None:
    return None


def _boolean(node: Node) -> Make:
    word = node.name.lower()
    rare = any(part in word for part in ("delete", "archiv", "disabled", "suspend", "locked"))

    def make(key: int, owner: int, run: Run) -> bool:
        return key % 5 == 0 if rare else key % 2 == 0

    return make


class KindsPlan:
    """A value of one of several types: mostly the first named, sometimes null or another."""

    def __init__(self, kinds: list[str], plans: list[Plan]) -> None:
        order = sorted(range(len(kinds)), key=lambda index: kinds[index] == "null")
        self._plans = [plans[index] for index in order]
        self._null = "null" in kinds
        self.composite = self._plans[0].composite

    def needs(self) -> Iterable[Node]:
        return [need for each in self._plans for need in each.needs()]

    def height(self) -> float:
        return min(each.height() for each in self._plans)

    def why(self) -> str:
        return next((each.why() for each in self._plans if each.why()), "")

    def compile(self) -> Make:
        live = [each for each in self._plans if each.height() < inf]
        smallest = min(live, key=lambda each: each.height())
        makers = [(each.compile(), each.composite) for each in live]
        fallback = smallest.compile()
        first, main_composite = makers[0]
        null, others = self._null, len(makers)

        def make(key: int, owner: int, run: Run) -> Any:
            roll = key >> 32
            if null and roll % _NULL_SHARE == 0:
                return None
            try:
                if run.depth > DEEP and main_composite:
                    return fallback(key, owner, run)
                if others > 1 + null and roll % 64 > 48:
                    return makers[roll % (others - null)][0](derive(key, "kind"), owner, run)
                return first(key, owner, run)
            except NoInstance:
                return fallback(key, owner, run)

        return make
