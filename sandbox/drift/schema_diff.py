"""Comparing two schemas: what changed in one object, and where to go on.

Every pair of components is compared once; what it contains is a link, not a copy, so recursive
and widely shared components cost what they weigh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.drift.body_fields import Follow, parts

Raw = tuple[str, str, Any, Any]
"""(id without its subject, pointer below this schema, old, new)."""


@dataclass(frozen=True, slots=True)
class Links:
    """What changed in one pair of schemas, and the pairs below it."""

    own: tuple[Raw, ...]
    below: tuple[tuple[str, Any, Any], ...]
    """(pointer, old schema, new schema) of the pairs to compare next."""


_BOUNDS = (
    ("maximum", "max"), ("minimum", "min"), ("maxLength", "max-length"),
    ("minLength", "min-length"), ("maxItems", "max-items"), ("minItems", "min-items"),
)  # fmt: skip


class Comparison:
    """Pairs of schemas of two documents, each compared once per direction."""

    def __init__(self, old: Follow, new: Follow, *, shared: bool = False) -> None:
        self._old = old
        self._new = new
        # Where the components are the same object, so is all that one schema object reaches.
        self._shared = shared
        self._known: dict[tuple[str, str, str], Links] = {}

    def walk(
        self, old: Any, new: Any, direction: str, pointer: str = ""
    ) -> Iterator[tuple[str, Raw]]:
        """(pointer, change) of everything below a pair, outermost first, each component once."""
        queue = [(pointer, old, new, 0)]
        seen: set[tuple[str | int, str | int]] = set()
        while queue:
            place, a, b, depth = queue.pop(0)
            if a is b and self._shared:
                continue
            names = (_reference(a), _reference(b))
            if names != ("", ""):
                # A component may stand beside a copy of itself that was edited in one place.
                pair = (names[0] or id(a), names[1] or id(b))
                if pair in seen:
                    continue
                seen.add(pair)
            links = self._links(a, b, direction, names)
            for raw in links.own:
                yield place + raw[1], raw
            if depth < 40:
                queue.extend((place + below, c, d, depth + 1) for below, c, d in links.below)

    def _links(self, a: Any, b: Any, direction: str, names: tuple[str, str]) -> Links:
        key = (*names, direction)
        if all(names) and key in self._known:
            return self._known[key]
        links = self._compare(a, b, direction)
        if all(names):
            self._known[key] = links
        return links

    def _compare(self, a: Any, b: Any, direction: str) -> Links:
        old, new = View(self._old, a), View(self._new, b)
        if old.types and new.types and not old.types & new.types:
            return Links(tuple(_types(old, new)), ())
        own = [*_types(old, new), *_limits(old, new), *_values(old, new)]
        fields, below = _properties(old, new, direction)
        own += fields
        for key, name in (("oneOf", "one-of"), ("anyOf", "any-of")):
            was, now = _alternatives(old.get(key)), _alternatives(new.get(key))
            if (was and now) or len(_without_null(was or now)) > 1:
                own += [
                    (f"{name}-removed", "", label, None)
                    for label in sorted(was.keys() - now.keys())
                ]
                own += [
                    (f"{name}-added", "", None, label) for label in sorted(now.keys() - was.keys())
                ]
            below += [(f"/{key}/{k}", was[k], now[k]) for k in was if k in now]
        if old.items is not None and new.items is not None:
            below.append(("/*", old.items, new.items))
        others = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(others[0], dict) and isinstance(others[1], dict):
            below.append(("/*", *others))
        if direction == "request" and new.closed and not old.closed and old.properties:
            own.append(("x-strict-unknown", "", None, None))
        return Links(tuple(own), tuple(below))


def _reference(node: Any) -> str:
    found = node.get("$ref") if isinstance(node, dict) else None
    return found if isinstance(found, str) else ""


class View:
    """One schema with its allOf parts merged, as the comparison needs it."""

    def __init__(self, follow: Follow, node: Any) -> None:
        self.parts = parts(follow, node)
        self.properties: dict[str, Any] = {}
        self.required: set[str] = set()
        for part in self.parts:
            found = part.get("properties")
            self.properties.update(found if isinstance(found, dict) else {})
            listed = part.get("required")
            self.required.update(listed if isinstance(listed, list) else ())
        self.items = self.get("items")
        self.closed = self.get("additionalProperties") is False

    def get(self, name: str) -> Any:
        return next((part[name] for part in self.parts if name in part), None)

    @property
    def types(self) -> frozenset[str]:
        """The JSON types admitted, null aside; empty when the schema does not say."""
        found = self.get("type")
        listed = found if isinstance(found, list) else [found] if isinstance(found, str) else []
        return frozenset(name for name in listed if name != "null")

    @property
    def nullable(self) -> bool:
        found = self.get("type")
        if isinstance(found, list) and "null" in found:
            return True
        if self.get("nullable") is True:
            return True
        options = [*(self.get("anyOf") or ()), *(self.get("oneOf") or ())]
        return any(isinstance(o, dict) and o.get("type") == "null" for o in options)


def _types(old: View, new: View) -> Iterator[Raw]:
    a, b = (old.types, old.get("format")), (new.types, new.get("format"))
    if a != b and (old.types or new.types):
        change = "type-changed"
        if a[0] == {"integer"} and b[0] == {"number"}:
            change = "type-generalized"
        elif a[0] == {"number"} and b[0] == {"integer"}:
            change = "type-specialized"
        elif a[0] == b[0] and b[1] is None:
            change = "type-generalized"
        elif a[0] and b[0] and a[0] < b[0]:
            change = "type-generalized"
        elif a[0] and b[0] and b[0] < a[0]:
            change = "type-specialized"
        yield change, "", _show_types(*a), _show_types(*b)
    if old.nullable != new.nullable:
        yield "became-nullable" if new.nullable else "became-not-nullable", "", None, None


def _show_types(types: frozenset[str], form: Any) -> str:
    name = "|".join(sorted(types)) or "any"
    return f"{name}/{form}" if form else name


def _limits(old: View, new: View) -> Iterator[Raw]:
    for key, name in _BOUNDS:
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if a is None:
            yield f"{name}-set", "", a, b
        elif b is None:
            yield f"{name}-unset", "", a, b
        elif isinstance(a, (int, float)) and isinstance(b, (int, float)):
            yield f"{name}-{'increased' if b > a else 'decreased'}", "", a, b
    a, b = old.get("pattern"), new.get("pattern")
    if a != b:
        change = "added" if a is None else "removed" if b is None else "changed"
        yield f"pattern-{change}", "", a, b


def _values(old: View, new: View) -> Iterator[Raw]:
    a, b = old.get("enum"), new.get("enum")
    if isinstance(a, list) and isinstance(b, list):
        for value in a:
            if value not in b:
                yield "enum-value-removed", "", value, None
        for value in b:
            if value not in a:
                yield "enum-value-added", "", None, value
    elif isinstance(b, list) and a is None:
        yield "became-enum", "", None, b
    before, after = old.get("default"), new.get("default")
    if before != after:
        change = "added" if before is None else "removed" if after is None else "changed"
        yield f"default-value-{change}", "", before, after


def _alternatives(options: Any) -> dict[str, Any]:
    """The members of a oneOf or anyOf by a label of their own."""
    made: dict[str, Any] = {}
    for option in options or ():
        label = _label(option)
        made[label if label not in made else f"{label} {len(made)}"] = option
    return made


def _without_null(options: dict[str, Any]) -> list[Any]:
    """The members that are more than `null`, which has a finding of its own."""
    return [each for each in options.values() if each != {"type": "null"}]


def _label(option: Any) -> str:
    if not isinstance(option, dict):
        return str(option)
    return str(
        _reference(option).rpartition("/")[2]
        or option.get("title")
        or option.get("type")
        or sorted(option)
    )


def _properties(
    old: View, new: View, direction: str
) -> tuple[list[Raw], list[tuple[str, Any, Any]]]:
    own: list[Raw] = []
    below: list[tuple[str, Any, Any]] = []
    for name in old.properties:
        place = f"/{name}"
        if name not in new.properties:
            own.append((_removal_id(direction, name in old.required), place, name, None))
            continue
        if name in old.required and name not in new.required:
            own.append(("property-became-optional", place, None, None))
        elif name in new.required and name not in old.required:
            own.append(("property-became-required", place, None, None))
        below.append((place, old.properties[name], new.properties[name]))
    for name in new.properties:
        if name not in old.properties:
            own.append((_come(direction, name in new.required), f"/{name}", None, name))
    return own, below


def _removal_id(direction: str, required: bool) -> str:
    if direction == "request":
        return "request-property-removed"
    return f"response-{'required' if required else 'optional'}-property-removed"


def _come(direction: str, required: bool) -> str:
    kind = "required" if required else "optional"
    if direction == "request":
        return f"new-{kind}-request-property"
    return f"response-{kind}-property-added"
