"""From a bundled schema to what a caller has to know: no noise, no read-only fields, legal keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.tools.describe import ARGUMENT_LIMIT, shorten
from sandbox.tools.naming import inner_name

Schema = dict[str, Any]

NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
"""Keywords whose keys are names and whose values are schemas."""
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
_NOISE = {
    "xml", "externalDocs", "example", "examples", "title", "readOnly", "writeOnly", "deprecated",
    "discriminator", "$comment", "$id", "$schema", "$anchor", "$dynamicAnchor",
    "$recursiveAnchor", "nullable",
}  # fmt: skip


def children(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas directly inside a schema, by every keyword that holds some."""
    for key in NAMED:
        held = schema.get(key)
        if isinstance(held, dict):
            yield from held.values()
    for key in LISTED:
        held = schema.get(key)
        if isinstance(held, list):
            yield from held
    for key in SINGLE:
        if isinstance(schema.get(key), dict):
            yield schema[key]


def rebuilt(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> Schema:
    """A copy of a schema with `change` applied to each schema directly inside it."""
    made: Schema = dict(schema)
    for key in NAMED:
        if isinstance(made.get(key), dict):
            made[key] = {name: change(inner) for name, inner in made[key].items()}
    for key in LISTED:
        if isinstance(made.get(key), list):
            made[key] = [change(inner) for inner in made[key]]
    for key in SINGLE:
        if isinstance(made.get(key), dict):
            made[key] = change(made[key])
    return made


def follow_reference(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """What a local `#/$defs/…` reference points at, or the schema itself."""
    seen = 0
    target: Any = schema
    while isinstance(target, dict) and isinstance(target.get("$ref"), str) and seen < 32:
        name = definition_name(target["$ref"])
        if name is None or name not in definitions:
            return target
        target, seen = definitions[name], seen + 1
    return target


def definition_name(reference: str) -> str | None:
    """The name behind `#/$defs/NAME`, unescaped; None for any other reference."""
    prefix = "#/$defs/"
    if not reference.startswith(prefix):
        return None
    return reference[len(prefix) :].replace("~1", "/").replace("~0", "~")


def tidy(schema: Schema) -> Schema:
    """The schema a caller needs: annotations that only cost tokens and read-only fields removed."""
    definitions = schema.get("$defs", {})

    def read_only(inner: Any) -> bool:
        return isinstance(inner, dict) and bool(
            inner.get("readOnly") or _is_marked(follow_reference(inner, definitions))
        )

    def clean(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        node = {
            key: value
            for key, value in node.items()
            if key not in _NOISE and not key.startswith("x-")
        }
        hidden = [key for key, inner in _properties(node).items() if read_only(inner)]
        if hidden:
            node["properties"] = {k: v for k, v in node["properties"].items() if k not in hidden}
        if isinstance(node.get("required"), list):
            node["required"] = [name for name in node["required"] if name not in hidden]
            if not node["required"]:
                del node["required"]
        if isinstance(node.get("description"), str):
            node["description"] = shorten(node["description"], ARGUMENT_LIMIT)
            if not node["description"]:
                del node["description"]
        return rebuilt(node, clean)

    cleaned: Schema = clean(schema)
    return prune_definitions(cleaned)


def _is_marked(node: Any) -> bool:
    return isinstance(node, dict) and node.get("readOnly") is True


def _properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    held = node.get("properties")
    return held if isinstance(held, dict) else {}


def prune_definitions(schema: Schema) -> Schema:
    """Without the `$defs` that nothing reachable refers to, in their old order."""
    definitions = schema.get("$defs")
    if not isinstance(definitions, dict):
        return schema
    needed: set[str] = set()
    waiting = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        node = waiting.pop()
        name = definition_name(node["$ref"]) if isinstance(node.get("$ref"), str) else None
        if name is not None and name in definitions and name not in needed:
            needed.add(name)
            if isinstance(definitions[name], dict):
                waiting.append(definitions[name])
        waiting.extend(inner for inner in children(node) if isinstance(inner, dict))
    kept = {name: inner for name, inner in definitions.items() if name in needed}
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    return rest | {"$defs": kept} if kept else rest


def legal_keys(schema: Schema) -> tuple[Schema, dict[str, str]]:
    """The schema with every property key legal, and the way back: legal key → document's key.

    A renamed key equals no other key of the schema, so the way back needs no position.
    """
    keys: dict[str, None] = {}
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            keys.update(dict.fromkeys(_properties(node)))
            waiting.extend(children(node))
    forward: dict[str, str] = {}
    taken = set(keys)
    for key in sorted(keys):
        if inner_name(key, ()) != key:
            forward[key] = inner_name(key, taken)
            taken.add(forward[key])
    if not forward:
        return schema, {}

    def rename(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        made = dict(node)
        if isinstance(made.get("properties"), dict):
            made["properties"] = {forward.get(k, k): v for k, v in made["properties"].items()}
        if isinstance(made.get("required"), list):
            made["required"] = [forward.get(name, name) for name in made["required"]]
        return rebuilt(made, rename)

    renamed: Schema = rename(schema)
    return renamed, {legal: key for key, legal in forward.items()}
