"""Schemas that no value fits as they stand, read as their authors meant them; each is a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.document.external_files import HOME
from sandbox.document.overlaps import Overlaps
from sandbox.document.references import References, pointer
from sandbox.document.regular_expressions import enforceable
from sandbox.errors import DocumentError

MENDED: Final = (b'"oneOf"', b'"allOf"', b'"anyOf"', b'"pattern', b'"enum":[]', b'"items":[')
"""What stands in the compact JSON of every tree in which there may be something to mend."""

_DATA: Final = frozenset({"example", "examples", "default", "enum", "const", "value"})
_NAMED: Final = frozenset({"properties", "patternProperties", "schemas", "$defs", "definitions"})
"""Below these keys stand names, so that a property may be called "example"."""
_UNIONS: Final = ("anyOf", "oneOf")
_MENDABLE: Final = frozenset(
    {"oneOf", "allOf", "anyOf", "pattern", "patternProperties", "enum", "items"}
)
_STRUCTURE: Final = frozenset({"properties", "items", "allOf", *_UNIONS})
_DEPTH: Final = 8

_Properties = dict[str, Any]
_Place = tuple[Any, object] | None
"""(place above, key): where a node stands, spelt out only when there is a notice."""


def mend(references: References) -> list[tuple[str, str]]:
    """Mend the tree in place.

    Returns (JSON pointer, reason) of every schema that was changed or cannot be enforced.
    """
    notices: list[tuple[str, str]] = []
    overlaps = Overlaps(references)
    for node, place in _objects(references.tree):
        if _MENDABLE.isdisjoint(node):
            continue
        if isinstance(node.get("items"), list) and "type" not in node:
            _add_union(node, node.pop("items"))
            notices.append((_pointer(place), "a list of items without a type: read as anyOf"))
        if _widen(node, references):
            notices.append(
                (_pointer(place), "its parts exclude each other's properties: all are taken")
            )
        branches = node.get("oneOf")
        # A discriminator names the branch, whatever else would fit.
        if isinstance(branches, list) and "discriminator" not in node and overlaps.among(branches):
            _add_union(node, node.pop("oneOf"))
            notices.append(
                (_pointer(place), "alternatives of oneOf contain one another: read as anyOf")
            )
        if node.get("enum") == []:
            del node["enum"]
            notices.append((_pointer(place), "an empty enum admits nothing: it is left out"))
        for pattern in _patterns(node):
            if enforceable(pattern) is None:
                reason = f"the pattern {pattern[:60]!r} is not enforced: nothing here can read it"
                notices.append((_pointer(place), reason))
    return notices


def _add_union(node: dict[str, Any], branches: list[Any]) -> None:
    """Ask for one of the branches at least, beside what the schema asks for."""
    if "anyOf" in node:
        node["allOf"] = [*_list(node.get("allOf")), {"anyOf": branches}]
    else:
        node["anyOf"] = branches


def _pointer(place: _Place) -> str:
    keys: list[object] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return pointer(*reversed(keys))


def _objects(tree: dict[str, Any]) -> Iterator[tuple[dict[str, Any], _Place]]:
    """Every object that may be a schema, the outermost first; no data, no extensions."""
    stack: list[tuple[Any, _Place, bool]] = [(tree, None, False)]
    while stack:
        node, place, named = stack.pop()
        if type(node) is list:
            for number, item in enumerate(node):
                if type(item) is dict or type(item) is list:
                    stack.append((item, (place, number), False))
            continue
        if not named:
            yield node, place
        for key, item in node.items():
            if type(item) is not dict and type(item) is not list:
                continue
            if named or (key not in _DATA and (key[:2] != "x-" or key == HOME)):
                below = not named and (key in _NAMED or key == HOME)
                stack.append((item, (place, key), below))


def _patterns(node: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node.get("pattern"), str):
        yield node["pattern"]
    if isinstance(node.get("patternProperties"), dict):
        yield from node["patternProperties"]


def _widen(node: dict[str, Any], references: References) -> bool:
    """Let each closed part of a composition take the properties of the others.

    `additionalProperties: false` sees only the properties beside it: two parts that are closed
    in this way admit nothing but the empty object.
    """
    keys = [key for key in ("allOf", *_UNIONS) if isinstance(node.get(key), list)]
    if not keys:
        return False
    follow = _Parts(references)
    own = follow.properties({key: value for key, value in node.items() if key not in keys})
    names = {key: follow.all_properties(node[key]) for key in keys}
    whole = {name: it for each in names.values() for name, it in each.items()}
    changed = False
    for key in keys:
        others = [each for other, each in names.items() if other != key or key == "allOf"]
        extra = {**{name: it for each in others for name, it in each.items()}, **own}
        wider = [follow.widen(part, extra) for part in node[key]]
        if any(new is not old for new, old in zip(wider, node[key], strict=True)):
            node[key], changed = wider, True
    if missing := _missing(node, whole):
        node["properties"] = {**_mapping(node.get("properties")), **missing}
        changed = True
    return changed


class _Parts:
    """The properties of a schema's parts, and parts that take more of them."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._steps = 0

    def properties(self, schema: Any, depth: int = 0) -> _Properties:
        """The properties that a schema names, those of its parts included."""
        found = self._follow(schema)
        self._steps += 1
        if found is None or depth > _DEPTH or self._steps > 2_000:
            return {}
        made = {name: _sketch(part) for name, part in _mapping(found.get("properties")).items()}
        for key in ("allOf", *_UNIONS):
            for part in _list(found.get(key)):
                made = {**self.properties(part, depth + 1), **made}
        return made

    def all_properties(self, parts: list[Any]) -> _Properties:
        """The properties that any of the parts names."""
        return {name: it for part in parts for name, it in self.properties(part).items()}

    def widen(self, part: Any, extra: _Properties, depth: int = 0) -> Any:
        """The part, its closed objects taking these properties too; itself where it is open."""
        found = self._follow(part)
        if found is None or depth > _DEPTH or not extra:
            return part
        made = found
        if missing := _missing(found, extra):
            made = {**found, "properties": {**_mapping(found.get("properties")), **missing}}
        for key in ("allOf", *_UNIONS):
            inner = _list(found.get(key))
            wider = [self.widen(each, extra, depth + 1) for each in inner]
            if any(new is not old for new, old in zip(wider, inner, strict=True)):
                made = {**made, key: wider}
        return part if made is found else made

    def _follow(self, schema: Any) -> dict[str, Any] | None:
        try:
            found = self._references.follow(schema)
        except DocumentError:
            return None
        return found if isinstance(found, dict) else None


def _missing(schema: Mapping[str, Any], extra: _Properties) -> _Properties:
    """What a closed object does not take of these properties; nothing where it is open."""
    if schema.get("additionalProperties") is not False or "patternProperties" in schema:
        return {}
    own = _mapping(schema.get("properties"))
    return {name: part for name, part in extra.items() if name not in own}


def _sketch(schema: Any) -> Any:
    """A property's schema as it stands in another part: itself where it is simple, else open."""
    if isinstance(schema, dict) and _STRUCTURE.isdisjoint(schema):
        return schema
    return {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
