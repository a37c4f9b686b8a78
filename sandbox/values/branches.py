"""Branches of a choice compared: which exclude each other, which hide behind another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.document.json_schema import ANNOTATIONS
from sandbox.values.parts import Parts
from sandbox.values.run import Schema


def disjoint(left: Parts, right: Parts) -> bool:
    """Whether no value can match both, as far as types and required constants tell."""
    if left.impossible or right.impossible:
        return True
    one, two = _types(left), _types(right)
    if one is not None and two is not None and not one & two:
        return True
    if one != {"object"} and two != {"object"}:
        return False
    first, second = _constants(left), _constants(right)
    return any(first[name].isdisjoint(second[name]) for name in first.keys() & second.keys())


# Keywords of an object that only names properties and asks for some of them.
_NAMING: Final = ANNOTATIONS | {"type", "properties", "required", "example", "format"}


def swallows(wide: Parts, narrow: Parts) -> bool:
    """Whether whatever matches `narrow` matches `wide` too, as far as their properties tell."""
    if wide.choices or wide.guards or wide.impossible or not wide.flats:
        return False
    known: dict[str, list[Schema]] = {}
    asked: set[str] = set()
    for flat in narrow.flats:
        asked.update(flat.get("required") or ())
        for name, schema in (flat.get("properties") or {}).items():
            known.setdefault(name, []).append(schema)
    kinds = _types(narrow)
    for flat in wide.flats:
        if not flat.keys() <= _NAMING or "properties" not in flat:
            return False
        if kinds is not None and flat.get("type") not in (None, *kinds):
            return False
        if kinds is None and "type" in flat:
            return False
        if not set(flat.get("required") or ()) <= asked:
            return False
        if any(schema not in known.get(name, ()) for name, schema in flat["properties"].items()):
            return False
    return True


def _types(parts: Parts) -> set[str] | None:
    made: set[str] | None = None
    for flat in parts.flats:
        named = flat.get("type")
        if named is None:
            continue
        each = {named} if isinstance(named, str) else set(named)
        if "number" in each:
            each = each | {"integer"}
        made = each if made is None else made & each
    return made


def _constants(parts: Parts) -> dict[str, set[str]]:
    """Required properties with few possible values, as text (types apart)."""
    required = {name for flat in parts.flats for name in flat.get("required") or ()}
    made: dict[str, set[str]] = {}
    for flat in parts.flats:
        for name, schema in (flat.get("properties") or {}).items():
            if name not in required or not isinstance(schema, Mapping):
                continue
            values = [schema["const"]] if "const" in schema else schema.get("enum")
            if values:
                made[name] = {repr(value) for value in values}
    return made
