"""The flat text form α-UMi was trained on: `{Name, function, input: {argument: "type, text"}}`.

The published rows lost which arguments are required; here each text says so after the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.tools.inputs import Schema, follow_reference
from sandbox.tools.reshape import merge_all_of, types

_DEPTH = 2
_VALUES = 12


def inputs(schema: Schema) -> tuple[dict[str, str], tuple[str, ...]]:
    """Argument → "type, required|optional. description", and what the text does not say."""
    definitions = schema.get("$defs", {})
    required = schema.get("required", ())
    made: dict[str, str] = {}
    losses: list[str] = []
    for name, inner in schema.get("properties", {}).items():
        need = "required" if name in required else "optional"
        said = _description(inner, definitions)
        made[name] = f"{phrase(inner, definitions)}, {need}" + (f". {said}" if said else "")
        if _needs_cutting(inner, definitions, 0):
            losses.append(f"{name}: inner structure below {_DEPTH} levels is left out")
    return made, tuple(losses)


def phrase(
    node: Any, definitions: Mapping[str, Any], depth: int = 0, within: frozenset[int] = frozenset()
) -> str:
    """A schema as a short type: `integer 1..100`, `array of {id: string, qty?: integer}`.

    `within` are the nodes that it is a branch or an item of.
    """
    node = follow_reference(node, definitions) if isinstance(node, dict) else node
    if not isinstance(node, dict) or id(node) in within:
        return "any"
    within |= {id(node)}
    for keyword in ("anyOf", "oneOf"):
        if node.get(keyword):
            forms = [phrase(branch, definitions, depth, within) for branch in node[keyword]]
            return " or ".join(dict.fromkeys(forms))
    if node.get("allOf"):
        node = merge_all_of(node, definitions) or {}
    if "const" in node:
        return f"{node['const']!s}"
    if isinstance(node.get("enum"), list):
        return _one_of(node["enum"])
    kinds = types(node)
    return " or ".join(_kind(kind, node, definitions, depth, within) for kind in kinds) or "any"


def _one_of(values: list[Any]) -> str:
    more = "|…" if len(values) > _VALUES else ""
    return "|".join(str(value) for value in values[:_VALUES]) + more


def _kind(
    kind: str, node: Schema, definitions: Mapping[str, Any], depth: int, within: frozenset[int]
) -> str:
    if kind == "array":
        return f"array of {phrase(node.get('items', True), definitions, depth, within)}"
    if kind == "object" and node.get("properties") and depth < _DEPTH:
        required = node.get("required", ())
        inner = [
            f"{key}{'' if key in required else '?'}: {phrase(value, definitions, depth + 1)}"
            for key, value in node["properties"].items()
        ]
        return "{" + ", ".join(inner) + "}"
    if kind in ("integer", "number"):
        return f"{kind}{_range(node)}"
    if kind == "string" and node.get("format"):
        return f"string ({node['format']})"
    return kind


def _range(node: Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is None and high is None:
        return ""
    return f" {'' if low is None else low}..{'' if high is None else high}"


def _description(node: Any, definitions: Mapping[str, Any]) -> str:
    if not isinstance(node, dict):
        return ""
    said = node.get("description") or (follow_reference(node, definitions) or {}).get("description")
    return said if isinstance(said, str) else ""


def _needs_cutting(
    node: Any, definitions: Mapping[str, Any], depth: int, within: frozenset[int] = frozenset()
) -> bool:
    node = follow_reference(node, definitions) if isinstance(node, dict) else node
    if not isinstance(node, dict) or id(node) in within:
        return False
    properties = node.get("properties")
    if isinstance(properties, dict) and properties:
        if depth >= _DEPTH:
            return True
        return any(_needs_cutting(inner, definitions, depth + 1) for inner in properties.values())
    items, within = node.get("items"), within | {id(node)}
    return isinstance(items, dict) and _needs_cutting(items, definitions, depth, within)
