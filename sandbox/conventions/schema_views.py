"""Readings of a schema: `allOf` merged, and one branch taken of each alternative."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.document import Schemas

_DEEPEST: Final = 6
_MOST_VIEWS: Final = 12
_CHECKED: Final = frozenset(
    (
        "enum const pattern format minLength maxLength minimum maximum exclusiveMinimum"
        " exclusiveMaximum multipleOf not"
    ).split()
)


@dataclass(slots=True)
class View:
    """One reading of a schema."""

    kind: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: Any = None
    extra: Any = None
    choices: tuple[Any, ...] = ()
    checked: bool = False
    format: str = ""
    most: int | None = None


def views(schemas: Schemas, schema: Any, depth: int = 0) -> list[View]:
    """The readings of a schema, one per combination of branches; at most twelve.

    Raises DocumentError for a `$ref` that leads nowhere.
    """
    resolved = schemas.resolve(schema)
    if not isinstance(resolved, dict) or depth > _DEEPEST:
        return [View()]
    kind = resolved.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), "null")
    choices = resolved.get("enum") or ([resolved["const"]] if "const" in resolved else ())
    found = [
        View(
            kind if isinstance(kind, str) else "",
            dict(resolved.get("properties") or {}),
            {name for name in resolved.get("required") or () if isinstance(name, str)},
            resolved.get("items"),
            resolved.get("additionalProperties"),
            tuple(choices),
            not _CHECKED.isdisjoint(resolved),
            str(resolved.get("format", "")),
            resolved.get("maxItems"),
        )
    ]
    for part in resolved.get("allOf") or ():
        found = _products(found, views(schemas, part, depth + 1))
    for keyword in ("oneOf", "anyOf"):
        branches = [
            view for part in resolved.get(keyword) or () for view in views(schemas, part, depth + 1)
        ]
        real = [view for view in branches if view.kind != "null"]
        found = _products(found, real) if real else found
    return found


def _products(left: list[View], right: list[View]) -> list[View]:
    return [_merge_views(a, b) for a in left for b in right][:_MOST_VIEWS]


def _merge_views(a: View, b: View) -> View:
    both = a.properties.keys() & b.properties.keys()
    shared = {name: {"allOf": [a.properties[name], b.properties[name]]} for name in both}
    return replace(
        a,
        kind=a.kind or b.kind,
        properties={**a.properties, **b.properties, **shared},
        required=a.required | b.required,
        items={"allOf": [a.items, b.items]} if a.items and b.items else a.items or b.items,
        extra=a.extra if a.extra is not None else b.extra,
        choices=tuple(c for c in a.choices if c in b.choices or not b.choices) or b.choices,
        checked=a.checked or b.checked,
        format=a.format or b.format,
        most=a.most if a.most is not None else b.most,
    )
