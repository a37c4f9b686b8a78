"""Drift of the names of body fields, in requests and in replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.calls import InBody
from sandbox.drift.changes import RenameKey
from sandbox.drift.draft import Draft, Node
from sandbox.drift.fields import Field, edited, fields
from sandbox.drift.names import renamed
from sandbox.drift.registry import Applied, Target, operator


def body_fields(draft: Draft, operation: str) -> Iterator[Target]:
    """Every field of an operation's JSON request body."""
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


@operator(
    "D03",
    "rename body field (request)",
    targets=body_fields,
    direction="request",
    adapter="lossless",
    findings="request-property-removed + new-required-request-property / "
    "new-optional-request-property",
    signal="422 with pointers to the missing new field and the unknown old one",
    impact="breaks",
    params={"new_name": ""},
)
def rename_request_field(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """A field of the request body gets another name."""
    found: Field = target.about
    body = draft.body(target.operation)
    assert body is not None
    to = params["new_name"] or renamed(found.name, draw, found.siblings)
    change = under_new_name(found.name, to)
    schema = edited(draft.follow, body[1], found.parents, found.name, change)
    added = "required" if found.required else "optional"
    step = InBody(RenameKey(found.parents, found.name, to))
    return Applied(
        draft=draft.with_body(target.operation, schema),
        calls=((target.operation, step),),
        findings=("request-property-removed", f"new-{added}-request-property"),
        note=f"In the body of {target.operation}, `{target.pointer}` is now called `{to}`.",
        values=(to,),
    )
