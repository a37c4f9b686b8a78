"""const and enum: values the document lists."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import orjson

from sandbox.values.nodes import Impossible, Node, Plan, Scalar
from sandbox.values.parts import Choice
from sandbox.values.run import Make, Run


def fixed_values(flats: tuple[Mapping[str, Any], ...]) -> list[Any] | None:
    """The listed values, or None where the members list none."""
    for flat in flats:
        if "const" in flat:
            return [flat["const"]]
    lists = [flat["enum"] for flat in flats if isinstance(flat.get("enum"), list)]
    return min(lists, key=len) if lists else None


def fixed_plan(node: Node, values: list[Any]) -> Plan:
    """One of the values that all of the node's conditions admit."""
    matches = node.graph.judge.matches
    for flat in node.parts.flats:
        values = [value for value in values if matches(flat, value)]
    for choice in node.parts.choices:
        values = [value for value in values if _takes_branch(node, choice, value)]
    if not values:
        return Impossible(f"no listed value of {node.label} meets its other conditions")
    return Scalar(_maker(values))


def _takes_branch(node: Node, choice: Choice, value: Any) -> bool:
    hits = sum(node.graph.judge.matches(branch, value) for branch in choice.branches)
    return choice.optional or (hits == 1 if choice.exclusive else hits > 0)


def _maker(values: list[Any]) -> Make:
    some = [value for value in values if value is not None] or values
    nullable = len(some) < len(values)
    count, plain = len(some), all(not isinstance(value, (dict, list)) for value in some)

    def make(key: int, owner: int, run: Run) -> Any:
        if nullable and (key >> 32) % 8 == 0:
            return None
        value = some[key % count]
        return value if plain else deepcopy(value)

    return make


def canonical(value: Any) -> bytes:
    """Bytes that are equal exactly for values equal in JSON's sense (1 and 1.0 are)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
