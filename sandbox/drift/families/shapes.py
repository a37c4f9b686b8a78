"""Drift of the shape of bodies: envelopes, nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import Flatten, Nest, Unwrap, Wrap
from sandbox.drift.body_fields import Field, at_object, inside, kind_of, object_of, together
from sandbox.drift.families.places import nullable, steps
from sandbox.drift.families.types import both_sides
from sandbox.drift.new_names import join_names
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node


def replies_with_content(draft: Draft, operation: str) -> Iterator[Target]:
    """A JSON reply that is an object or a list."""
    reply = draft.reply(operation)
    if reply is not None and kind_of(draft.follow, reply[2]) in ("object", "array"):
        yield Target(operation, "", reply[2])


@operator(
    "D20",
    "envelope added or removed",
    targets=replies_with_content,
    direction="response",
    adapter="lossless",
    findings="list: response-body-type-changed; object: response-required-property-removed + "
    "response-required-property-added",
    signal="none",
    impact="misleads",
    params={"key": "data"},
)
def envelope(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """The reply lies under a key of an envelope, or comes out of one."""
    properties, named = object_of(draft.follow, target.about)
    required = named & set(properties)
    listed = kind_of(draft.follow, target.about) == "array"
    alone = next(iter(properties)) if len(properties) == 1 and not listed else ""
    unwraps = bool(alone) and alone in required and _object(draft, properties[alone])
    key = params["key"] if params["key"] not in properties else "result"
    change: Wrap | Unwrap
    if unwraps:
        change, schema = Unwrap(alone), properties[alone]
        lost = ["response-required-property-removed"]
    else:
        change = Wrap(key)
        schema = {"type": "object", "required": [key], "properties": {key: target.about}}
        lost = ["response-required-property-added"]
        if not listed and properties:
            kind = "required" if required else "optional"
            lost.append(f"response-{kind}-property-removed")
    findings = ("response-body-type-changed",) if listed else tuple(lost)
    return Applied(
        draft=draft.with_reply(target.operation, schema),
        replies=((target.operation, change),),
        findings=findings,
        note=f"The reply of {target.operation}: {change.says()}.",
        values=(alone or key,),
    )


def _object(draft: Draft, schema: Any) -> bool:
    return kind_of(draft.follow, schema) == "object"


def nestable_objects(draft: Draft, operation: str) -> Iterator[Target]:
    """Small closed objects inside bodies, and pairs of fields that belong together."""
    for target in both_sides(draft, operation):
        side, found = target.about
        inner, needed = object_of(draft.follow, found.schema)
        outside = {join_names(found.name, name, found.siblings) for name in inner}
        closed = 1 <= len(inner) == len(outside) <= 6 and not nullable(draft.follow, found.schema)
        # An object that may be empty would leave no trace beside.
        if _object(draft, found.schema) and closed and needed and not outside & set(found.siblings):
            closed = "*" not in found.parents and not _open(draft, found.schema)
            if closed and _together(draft, operation, side, found, {found.name}):
                yield Target(operation, target.pointer, (side, found, "flatten"))
        pair = _pair(found)
        if pair is None or found.name != pair[0] or "*" in found.parents:
            continue
        if _together(draft, operation, side, found, set(pair)):
            yield Target(operation, target.pointer, (side, found, "nest"))


def _together(draft: Draft, operation: str, side: str, found: Field, names: set[str]) -> bool:
    return together(draft.follow, _whole(draft, operation, side), found.parents, names)


def _whole(draft: Draft, operation: str, side: str) -> Any:
    """The schema of an operation's body or of its reply."""
    media = draft.body(operation) if side == "body" else draft.reply(operation)
    assert media is not None
    return media[-1]


def _open(draft: Draft, schema: Any) -> bool:
    node = draft.follow(schema)
    return isinstance(node, dict) and node.get("additionalProperties") not in (None, False)


def _pair(found: Field) -> list[str] | None:
    """Sibling fields that share a first word with this one, in order; None when it is alone."""
    head = found.name.partition("_")[0]
    if "_" not in found.name or head in found.siblings:
        return None
    alike = [name for name in found.siblings if name.startswith(f"{head}_")]
    return alike if len(alike) >= 2 else None


@operator(
    "D21",
    "nested or flattened",
    targets=nestable_objects,
    direction="both",
    adapter="lossless",
    findings="request-property-removed + new-required/optional-request-property; reply as D04",
    signal="request: 422; reply: none",
    impact="breaks",
)
def renest(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """The members of an object stand beside it, or related fields get an object of their own."""
    side, found, how = target.about
    whole = _whole(draft, target.operation, side)
    done = _flatten(draft, found) if how == "flatten" else _nest(draft, found, whole)
    change, edit, lost, added = done
    schema = at_object(draft.follow, whole, found.parents, edit)
    calls, replies = steps(target.operation, side, change)
    if side == "body":
        made = draft.with_body(target.operation, schema)
        findings = ("request-property-removed", f"new-{added}-request-property")
    else:
        made = draft.with_reply(target.operation, schema)
        findings = (f"response-{lost}-property-removed", f"response-{added}-property-added")
    return Applied(
        draft=made,
        calls=calls,
        replies=replies,
        findings=findings,
        note=f"In the {side} of {target.operation}, {change.says()}.",
        values=(how,),
    )


def _kind(flag: bool) -> str:
    return "required" if flag else "optional"


def _flatten(draft: Draft, found: Field) -> tuple[Flatten | Nest, Any, str, str]:
    inner, required = object_of(draft.follow, found.schema)
    names = tuple((name, join_names(found.name, name, found.siblings)) for name in inner)

    def edit(node: Node) -> Node:
        kept = {k: v for k, v in node["properties"].items() if k != found.name}
        kept.update({outside: inner[name] for name, outside in names})
        listed = [name for name in node.get("required") or () if name != found.name]
        if found.required:
            listed += [outside for name, outside in names if name in required]
        return {**node, "properties": kept, "required": listed}

    change = Flatten(found.parents, found.name, names)
    some = found.required and bool(required)
    return change, _without_empty(edit), _kind(found.required), _kind(some)


def _nest(draft: Draft, found: Field, whole: Any) -> tuple[Flatten | Nest, Any, str, str]:
    alike = _pair(found) or []
    _, required = object_of(draft.follow, inside(draft.follow, whole, found.parents))
    head = found.name.partition("_")[0]
    names = tuple((name[len(head) + 1 :], name) for name in alike)

    def edit(node: Node) -> Node:
        present = [(inside, name) for inside, name in names if name in node["properties"]]
        listed = list(node.get("required") or ())
        needed = [inside for inside, name in present if name in listed]
        properties = {inside: node["properties"][name] for inside, name in present}
        made = {"type": "object", "properties": properties, "additionalProperties": False}
        if needed:
            made["required"] = needed
        kept = {k: v for k, v in node["properties"].items() if k not in alike}
        rest = [name for name in listed if name not in alike]
        return {
            **node,
            "properties": {**kept, head: made},
            "required": [*rest, head] if needed else rest,
        }

    change = Nest(found.parents, head, names)
    return change, _without_empty(edit), _kind(found.required), _kind(bool(required & set(alike)))


def _without_empty(edit: Any) -> Any:
    def change(node: Node) -> Node:
        made: Node = edit(node)
        # JSON Schema of OpenAPI 3.0 forbids an empty list here.
        return made if made.get("required") else {k: v for k, v in made.items() if k != "required"}

    return change
