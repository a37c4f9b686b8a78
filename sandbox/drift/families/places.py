"""Where operators can act, and the edits that several of them share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from sandbox.drift.body_changes import AlterKey, Change, Form
from sandbox.drift.body_fields import Field, Follow, edit_at, fields, keyword, kind_of
from sandbox.drift.call_changes import CallChange, InBody
from sandbox.drift.registry import Target
from sandbox.drift.rewriting import Draft, Node

# Headers that a standard names are nobody's to rename.
_STANDARD: Final = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "accept-language",
     "idempotency-key", "range", "user-agent", "content-type", "accept", "authorization", "prefer"}
)  # fmt: skip


def named_parameters(draft: Draft, operation: str) -> Iterator[Target]:
    """Every query, header and cookie parameter of an operation."""
    for found in draft.parameters(operation):
        name = found.get("name")
        if not isinstance(name, str) or name.lower() in _STANDARD:
            continue
        if found.get("in") in ("query", "header", "cookie"):
            yield Target(operation, f"{found['in']}/{name}", found)


def replace_parameter(draft: Draft, target: Target, made: Node | None) -> Draft:
    """The draft with the targeted parameter replaced by another, or removed."""
    place, _, name = target.pointer.partition("/")
    listed = []
    for found in draft.parameters(target.operation):
        if (found.get("in"), found.get("name")) != (place, name):
            listed.append(found)
        elif made is not None:
            listed.append(made)
    return draft.with_parameters(target.operation, listed)


def body_fields(draft: Draft, operation: str) -> Iterator[Target]:
    """Every field of an operation's request body."""
    body = draft.body(operation)
    if body is not None:
        for found in fields(draft.follow, body[1], direction="request"):
            yield Target(operation, found.pointer, found)


def reply_fields(draft: Draft, operation: str) -> Iterator[Target]:
    """Every field of the JSON reply that means success."""
    reply = draft.reply(operation)
    if reply is not None:
        for found in fields(draft.follow, reply[2], direction="response"):
            yield Target(operation, found.pointer, found)


def under_new_name(name: str, to: str) -> Callable[[Node], Node]:
    """The change of an object schema when one of its properties is renamed."""

    def change(node: Node) -> Node:
        made = dict(node)
        if name in (node.get("properties") or {}):
            renamed_ones = {(to if k == name else k): v for k, v in node["properties"].items()}
            made["properties"] = renamed_ones
        if name in (node.get("required") or ()):
            made["required"] = [to if listed == name else listed for listed in node["required"]]
        return made

    return change


def with_field(draft: Draft, operation: str, side: str, found: Field, made: Any) -> Draft:
    """The draft with another schema for one field of the body or of the reply."""

    def change(node: Node) -> Node:
        if found.name not in (node.get("properties") or {}):
            return node
        return {**node, "properties": {**node["properties"], found.name: made}}

    if side == "body":
        body = draft.body(operation)
        assert body is not None
        schema = edit_at(draft.follow, body[1], found.parents, found.name, change)
        return draft.with_body(operation, schema)
    reply = draft.reply(operation)
    assert reply is not None
    schema = edit_at(draft.follow, reply[2], found.parents, found.name, change)
    return draft.with_reply(operation, schema)


def steps(
    operation: str, side: str, change: Change
) -> tuple[tuple[tuple[str, CallChange], ...], tuple[tuple[str, Change], ...]]:
    """(call changes, reply changes) of one change of the body or of the reply."""
    if side == "body":
        return ((operation, InBody(change)),), ()
    return (), ((operation, change),)


def key_change(found: Field, form: Form) -> AlterKey:
    """The change of one field's value."""
    return AlterKey(found.parents, found.name, form)


def plain(schema: Node, *dropped: str) -> Node:
    """What stays of a schema when its type changes: its words, none of its constraints."""
    kept = ("title", "description", "deprecated", "readOnly", "writeOnly")
    return {key: value for key, value in schema.items() if key in kept and key not in dropped}


def nullable(follow: Follow, schema: Any) -> bool:
    """Whether null is a value of a schema."""
    kind = keyword(follow, schema, "type")
    if isinstance(kind, list) and "null" in kind:
        return True
    if keyword(follow, schema, "nullable"):
        return True
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return any(isinstance(option, dict) and option.get("type") == "null" for option in options)


_PLAIN: Final = re.compile(r"pattern|format|multipleOf|minLength|exclusive")


def sample(follow: Follow, schema: Any) -> Any:
    """A value that a schema plainly admits, or None when that takes more thought."""
    options = keyword(follow, schema, "enum")
    if options:
        return next((option for option in options if option is not None), None)
    kind = kind_of(follow, schema)
    if not isinstance(schema, dict) or any(_PLAIN.match(key) for key in schema):
        return None
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        low = schema.get("minimum", 1)
        return low if isinstance(low, (int, float)) and low <= schema.get("maximum", low) else None
    return "standard" if kind == "string" and schema.get("maxLength", 99) >= 8 else None
