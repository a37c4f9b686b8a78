"""Fields of a JSON body as its schema declares them, and editing one of them by path copying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.errors import DocumentError

Node = dict[str, Any]
Follow = Callable[[Any], Any]

ITEM = "*"
"""The pointer part that means every item of a list."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property somewhere in a body."""

    parents: tuple[str, ...]
    """Property names down to the object that holds it; "*" for the items of a list."""
    name: str
    schema: Node
    """Its schema with references followed."""
    required: bool
    siblings: tuple[str, ...]
    """All property names of the same object, itself included."""

    @property
    def pointer(self) -> str:
        """JSON pointer of the value, "*" for list items."""
        return "".join(f"/{part}" for part in (*self.parents, self.name))


def fields(follow: Follow, schema: Any, *, direction: str, depth: int = 3) -> Iterator[Field]:
    """The properties that a body may carry, outermost first, down to `depth` objects.

    Properties that the direction hides (readOnly in requests, writeOnly in replies) and those
    that discriminate between alternatives are left out.
    """
    level: list[tuple[tuple[str, ...], Any, tuple[int, ...]]] = [((), schema, ())]
    for _ in range(depth + 1):
        deeper = []
        for parents, node, seen in level:
            for found, inner in _declared_fields(follow, node, parents, direction):
                if inner is not None and id(inner) not in seen:
                    deeper.append(((*found.parents, found.name), found.schema, (*seen, id(inner))))
                yield found
            items = _items(follow, node)
            if items is not None:
                deeper.append(((*parents, ITEM), items, seen))
        level = deeper


def object_of(follow: Follow, schema: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """(properties, required names) of an object schema, its allOf parts included."""
    properties: dict[str, Any] = {}
    required: set[str] = set()
    for part in parts(follow, schema):
        properties.update(part.get("properties") or {})
        listed = part.get("required")
        required.update(listed if isinstance(listed, list) else ())
    return properties, frozenset(required)


def parts(follow: Follow, schema: Any, depth: int = 0) -> list[Node]:
    """The schemas that speak of the same value: itself, its allOf, a lone non-null alternative."""
    try:
        made = follow(schema)
    except DocumentError:
        return []
    if not isinstance(made, dict) or depth > 8:
        return []
    found = [made]
    for part in made.get("allOf") or ():
        found.extend(parts(follow, part, depth + 1))
    lone = _lone(follow, made)
    if lone is not None:
        found.extend(parts(follow, made[lone[0]][lone[1]], depth + 1))
    return found


def kind_of(follow: Follow, schema: Any) -> str:
    """The JSON type of a schema, null aside; "" when it does not say or says several."""
    for part in parts(follow, schema):
        kind = part.get("type")
        if isinstance(kind, list):
            named = [name for name in kind if name != "null"]
            kind = named[0] if len(named) == 1 else None
        if isinstance(kind, str):
            return kind
        if "properties" in part:
            return "object"
    return ""


def keyword(follow: Follow, schema: Any, name: str) -> Any:
    """The value of a keyword in any part of a schema, or None."""
    return next((part[name] for part in parts(follow, schema) if name in part), None)


def edit_at(
    follow: Follow, schema: Any, parents: tuple[str, ...], name: str, change: Callable[[Node], Node]
) -> Any:
    """The schema with the object that declares a property rewritten, references isolated.

    `change` receives each part that names the property, in `properties` or in `required`.
    """
    if parents:
        head, rest = parents[0], parents[1:]
        if head == ITEM:
            return _at_items(follow, schema, lambda node: edit_at(follow, node, rest, name, change))

        def deeper(node: Node) -> Node:
            made = edit_at(follow, node["properties"][head], rest, name, change)
            return {**node, "properties": {**node["properties"], head: made}}

        return _where(follow, schema, lambda node: head in (node.get("properties") or {}), deeper)

    def names(node: Node) -> bool:
        return name in (node.get("properties") or {}) or name in _required_names(node)

    return _where(follow, schema, names, change)


def at_object(
    follow: Follow, schema: Any, parents: tuple[str, ...], change: Callable[[Node], Node]
) -> Any:
    """The schema with the object at `parents` rewritten: its first part that has properties."""
    if not parents:
        done: list[bool] = []

        def first(node: Node) -> Node:
            if done:
                return node
            done.append(True)
            return change(node)

        return _where(follow, schema, lambda node: "properties" in node, first)
    head, rest = parents[0], parents[1:]
    if head == ITEM:
        return _at_items(follow, schema, lambda node: at_object(follow, node, rest, change))

    def deeper(node: Node) -> Node:
        made = at_object(follow, node["properties"][head], rest, change)
        return {**node, "properties": {**node["properties"], head: made}}

    return _where(follow, schema, lambda node: head in (node.get("properties") or {}), deeper)


def inside(follow: Follow, schema: Any, parents: tuple[str, ...]) -> Any:
    """The schema of the object at `parents`, as it is declared."""
    for part in parents:
        if part == ITEM:
            schema = _items(follow, schema)
        else:
            schema = object_of(follow, schema)[0].get(part)
    return schema


def together(follow: Follow, schema: Any, parents: tuple[str, ...], names: set[str]) -> bool:
    """Whether one part of the object at `parents`, the first with properties, declares them all."""
    declaring = [
        set(part["properties"])
        for part in parts(follow, inside(follow, schema, parents))
        if part.get("properties")
    ]
    return bool(declaring) and names <= declaring[0] and not any(names & d for d in declaring[1:])


def bare(node: Node) -> Node:
    """A schema without the examples and defaults of its old form."""
    return {key: value for key, value in node.items() if key not in ("example", "examples")}


def _required_names(node: Node) -> list[str]:
    listed = node.get("required")
    return listed if isinstance(listed, list) else []


def _where(
    follow: Follow, schema: Any, wanted: Callable[[Node], bool], change: Callable[[Node], Node]
) -> Any:
    """The schema with `change` applied to every part that is wanted."""
    node: Node = follow(schema)
    made = node
    for index, part in enumerate(node.get("allOf") or ()):
        if any(wanted(inner) for inner in parts(follow, part)):
            listed = list(made["allOf"])
            listed[index] = _where(follow, part, wanted, change)
            made = {**made, "allOf": listed}
    lone = _lone(follow, node)
    if lone is not None and any(wanted(inner) for inner in parts(follow, node[lone[0]][lone[1]])):
        listed = list(node[lone[0]])
        listed[lone[1]] = _where(follow, listed[lone[1]], wanted, change)
        made = {**made, lone[0]: listed}
    if wanted(node):
        made = change(made)
    return bare(made) if made is not node else schema


def _at_items(follow: Follow, schema: Any, change: Callable[[Any], Any]) -> Any:
    def inner(node: Node) -> Node:
        return {**node, "items": change(node["items"])}

    return _where(follow, schema, lambda node: "items" in node, inner)


def _lone(follow: Follow, node: Node) -> tuple[str, int] | None:
    """(keyword, index) of the one alternative that is not null, when there is just one."""
    for key in ("anyOf", "oneOf"):
        options = node.get(key)
        if not isinstance(options, list):
            continue
        real = [i for i, option in enumerate(options) if not _null(follow, option)]
        if len(real) == 1 and len(options) <= 2:
            return key, real[0]
    return None


def _null(follow: Follow, option: Any) -> bool:
    try:
        found = follow(option)
    except DocumentError:
        return False
    return isinstance(found, dict) and found.get("type") == "null"


def _items(follow: Follow, schema: Any) -> Any:
    return next((part["items"] for part in parts(follow, schema) if "items" in part), None)


def _declared_fields(
    follow: Follow, node: Any, parents: tuple[str, ...], direction: str
) -> Iterator[tuple[Field, Any]]:
    """The properties of one object, each with the node to descend into (None: no object)."""
    found = parts(follow, node)
    hidden = "readOnly" if direction == "request" else "writeOnly"
    chosen = {(part.get("discriminator") or {}).get("propertyName") for part in found}
    properties, required = object_of(follow, node)
    names = tuple(properties)
    for name, raw in properties.items():
        try:
            schema = follow(raw)
        except DocumentError:
            continue
        if not isinstance(schema, dict) or schema.get(hidden) is True or name in chosen:
            continue
        inner = schema if kind_of(follow, schema) in ("object", "array") else None
        yield Field(parents, name, schema, name in required, names), inner
