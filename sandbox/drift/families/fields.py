"""Drift of the names of body fields, in requests and in replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import KeepKeys, RenameKey
from sandbox.drift.body_fields import Field, at_object, edit_at
from sandbox.drift.call_changes import InBody, Need
from sandbox.drift.families.places import (
    body_fields,
    named_parameters,
    replace_parameter,
    reply_fields,
    sample,
    under_new_name,
)
from sandbox.drift.new_names import plausible_rename
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node


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
    to = params["new_name"] or plausible_rename(found.name, draw, found.siblings)
    change = under_new_name(found.name, to)
    schema = edit_at(draft.follow, body[1], found.parents, found.name, change)
    added = "required" if found.required else "optional"
    step = InBody(RenameKey(found.parents, found.name, to))
    return Applied(
        draft=draft.with_body(target.operation, schema),
        calls=((target.operation, step),),
        findings=("request-property-removed", f"new-{added}-request-property"),
        note=f"In the body of {target.operation}, `{target.pointer}` is now called `{to}`.",
        values=(to,),
    )


@operator(
    "D04",
    "rename reply field",
    targets=reply_fields,
    direction="response",
    adapter="lossless",
    findings="response-required-property-removed / response-optional-property-removed + "
    "response-required-property-added / response-optional-property-added",
    signal="none: the key is absent in a 200",
    impact="misleads",
    params={"new_name": ""},
)
def rename_reply_field(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """A field of the reply gets another name."""
    found: Field = target.about
    reply = draft.reply(target.operation)
    assert reply is not None
    to = params["new_name"] or plausible_rename(found.name, draw, found.siblings)
    change = under_new_name(found.name, to)
    schema = edit_at(draft.follow, reply[2], found.parents, found.name, change)
    kind = "required" if found.required else "optional"
    return Applied(
        draft=draft.with_reply(target.operation, schema),
        replies=((target.operation, RenameKey(found.parents, found.name, to)),),
        findings=(f"response-{kind}-property-removed", f"response-{kind}-property-added"),
        note=f"In the reply of {target.operation}, `{target.pointer}` is now called `{to}`.",
        values=(to,),
    )


_NEW_INPUTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("channel", ("web", "phone", "partner"), "Where the request comes from."),
    ("terms", ("accepted", "declined"), "Whether the caller accepts the terms of service."),
    ("purpose", ("business", "private"), "What the request is for."),
    ("region", ("eu", "us", "apac"), "Region in which the request is processed."),
)


def objects(draft: Draft, operation: str) -> list[Target]:
    """The request body of an operation, when it is an object with properties."""
    body = draft.body(operation)
    found = next(iter(body_fields(draft, operation)), None)
    if body is None or found is None or found.about.parents:
        return []
    return [Target(operation, "", found.about)]


@operator(
    "D09",
    "new required input",
    targets=objects,
    direction="request",
    adapter="needs-info",
    findings="new-required-request-property",
    signal="422 with the pointer of the missing field",
    impact="breaks",
)
def new_required(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """The request body needs one more field; its description says what it is for."""
    body = draft.body(target.operation)
    assert body is not None
    options = [row for row in _NEW_INPUTS if row[0] not in target.about.siblings]
    name, values, about = draw.choice(options, "field")
    made = {"type": "string", "enum": list(values), "description": about}

    def change(node: Node) -> Node:
        required = [*(node.get("required") or ()), name]
        return {**node, "properties": {**node["properties"], name: made}, "required": required}

    schema = at_object(draft.follow, body[1], (), change)
    return Applied(
        draft=draft.with_body(target.operation, schema),
        calls=((target.operation, Need("body", name, values[0])),),
        findings=("new-required-request-property",),
        note=f"{target.operation} now needs `{name}` ({', '.join(values)}): {about}",
        values=(name,),
    )


def optional_inputs(draft: Draft, operation: str) -> list[Target]:
    """Optional top-level fields and query parameters with a value that is easily named.

    What a change of an existing entity leaves out stays as it is: to demand it there would make
    every caller change more than was asked for, so only POST bodies are met.
    """
    site = draft.sites[operation]
    creating = site.method == "post" and not site.path.endswith("}")
    found = [
        target
        for target in (body_fields(draft, operation) if creating else ())
        if not target.about.parents
        and not target.about.required
        and sample(draft.follow, target.about.schema) is not None
    ]
    for target in named_parameters(draft, operation):
        node = target.about
        # A filter that must be given changes what is listed: only what has a default is met.
        schema = draft.follow(node.get("schema", {}))
        free = node.get("in") == "query" and not node.get("required")
        if free and isinstance(schema, dict) and schema.get("default") is not None:
            found.append(target)
    return found


@operator(
    "D10",
    "optional becomes required",
    targets=optional_inputs,
    direction="request",
    adapter="needs-info",
    findings="request-property-became-required / request-parameter-became-required",
    signal="422 with the pointer of the missing input",
    impact="breaks",
)
def becomes_required(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """An input that could be left out must be given."""
    note = f"{target.operation} now needs `{target.pointer.rpartition('/')[2]}`."
    if not isinstance(target.about, Field):
        node = target.about
        value = draft.follow(node.get("schema", {}))["default"]
        keep = Need("query", node["name"], value, known=True)
        made = replace_parameter(draft, target, {**node, "required": True})
        findings = ("request-parameter-became-required",)
        return Applied(made, ((target.operation, keep),), findings=findings, note=note)
    found: Field = target.about
    body = draft.body(target.operation)
    assert body is not None

    def change(node: Node) -> Node:
        if found.name not in (node.get("properties") or {}):
            return node
        return {**node, "required": [*(node.get("required") or ()), found.name]}

    schema = edit_at(draft.follow, body[1], (), found.name, change)
    value = sample(draft.follow, found.schema)
    need = Need("body", found.name, value, known=True)
    return Applied(
        draft=draft.with_body(target.operation, schema),
        calls=((target.operation, need),),
        findings=("request-property-became-required",),
        note=note,
    )


def strict_objects(draft: Draft, operation: str) -> list[Target]:
    """Object bodies that take unknown fields."""
    found = objects(draft, operation)
    body = draft.body(operation)
    if not found or body is None:
        return []
    node = draft.follow(body[1])
    plain = isinstance(node, dict) and "properties" in node and "allOf" not in node
    # Some documents require what they do not declare: closing those would refuse everything.
    plain = plain and set(node.get("required") or ()) <= set(node["properties"])
    return found if plain and node.get("additionalProperties", True) is True else []


@operator(
    "D33",
    "unknown fields refused",
    targets=strict_objects,
    direction="request",
    adapter="needs-info",
    findings="x-strict-unknown (ours: oasdiff has no such rule)",
    signal="422 with the unknown field",
    impact="breaks",
)
def strict(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """The request body takes no fields that are not declared."""
    body = draft.body(target.operation)
    assert body is not None

    def close_object(node: Node) -> Node:
        return {**node, "additionalProperties": False}

    keep = InBody(KeepKeys(tuple(target.about.siblings)))
    return Applied(
        draft=draft.with_body(target.operation, at_object(draft.follow, body[1], (), close_object)),
        calls=((target.operation, keep),),
        findings=("x-strict-unknown",),
        note=f"{target.operation} refuses fields that are not declared.",
    )
