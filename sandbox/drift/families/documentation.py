"""Drift that changes no call: credentials, words, and harmless noise as a control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import AddKey, Change
from sandbox.drift.body_fields import at_object, object_of
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node


def secured_operations(draft: Draft, operation: str) -> Iterator[Target]:
    """Operations that need credentials."""
    own = draft.operation(operation).get("security")
    needed = draft.tree.get("security") if own is None else own
    if isinstance(needed, list) and any(needed):
        yield Target(operation, about=needed)


@operator(
    "D25",
    "authentication scheme",
    targets=secured_operations,
    direction="request",
    adapter="needs-info",
    findings="api-security-removed + api-security-added + api-security-component-added",
    signal="401 + WWW-Authenticate",
    impact="breaks",
    params={"name": "driftKey"},
)
def change_scheme(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """Credentials are sent in another way: bearer tokens give way to a key in a header."""
    name = params["name"]
    used = {scheme for option in target.about for scheme in option}
    schemes = (draft.tree.get("components") or {}).get("securitySchemes") or {}
    bearer = any(
        draft.follow(schemes[scheme]).get("type") != "apiKey" for scheme in used & set(schemes)
    )
    made: Node = {"type": "http", "scheme": "bearer"}
    if bearer:
        made = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
    known = name in schemes
    changed = draft.put(("components", "securitySchemes", name), made)
    changed = changed.edit(target.operation, lambda node: {**node, "security": [{name: []}]})
    findings = ("api-security-removed", "api-security-added")
    where = "the header X-Api-Key" if bearer else "a bearer token"
    return Applied(
        draft=changed,
        findings=findings if known else (*findings, "api-security-component-added"),
        note=f"{target.operation} now takes its credentials from {where}.",
    )


def described_operations(draft: Draft, operation: str) -> Iterator[Target]:
    """Operations with a summary or a description."""
    node = draft.operation(operation)
    if node.get("summary") or node.get("description"):
        yield Target(operation)


_POLICIES = (
    "Callers should ask the user before they use this operation for more than one record.",
    "Results may be up to one minute old.",
    "Amounts and times follow the conventions of the account.",
    "Prefer filters over reading whole lists.",
)


@operator(
    "D35",
    "description changed",
    targets=described_operations,
    direction="both",
    adapter="needs-info",
    findings="x-description-changed (ours: oasdiff takes no notice)",
    signal="none",
    impact="misleads",
)
def reword(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """Only the words change: a policy is added to the description."""
    policy = draw.choice(_POLICIES, "policy")

    def change(node: Node) -> Node:
        text = str(node.get("description") or node.get("summary") or "").strip()
        return {**node, "description": f"{text} {policy}".strip()}

    return Applied(
        draft=draft.edit(target.operation, change),
        findings=("x-description-changed",),
        note=f"The description of {target.operation} changed: {policy}",
        values=(policy,),
    )


def replies_as_objects(draft: Draft, operation: str) -> Iterator[Target]:
    """Reads whose reply is an object."""
    reply = draft.reply(operation)
    if reply is None or draft.sites[operation].method != "get":
        return
    properties, _ = object_of(draft.follow, reply[2])
    if properties and "revision" not in properties:
        yield Target(operation)


@operator(
    "D38",
    "harmless noise",
    targets=replies_as_objects,
    direction="both",
    adapter="lossless",
    findings="response-optional-property-added + new-optional-request-parameter",
    signal="none: the control group, which measures false repairs",
    impact="benign",
)
def noise(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """An optional field and an optional parameter more, which nobody needs."""
    reply = draft.reply(target.operation)
    assert reply is not None
    field = {"type": "integer", "description": "Internal revision number."}

    def change(node: Node) -> Node:
        return {**node, "properties": {**node["properties"], "revision": field}}

    schema = at_object(draft.follow, reply[2], (), change)
    listed = draft.parameters(target.operation)
    name = next(n for n in ("trace", "trace_id", "debug_trace") if n not in map(_name, listed))
    added = {
        "name": name,
        "in": "query",
        "description": "Ask for a diagnostic trace.",
        "schema": {"type": "boolean"},
    }
    value: Change = AddKey((), "revision", draw.integer(1, 99, "revision"))
    made = draft.with_parameters(target.operation, [*listed, added])
    return Applied(
        draft=made.with_reply(target.operation, schema),
        replies=((target.operation, value),),
        findings=("response-optional-property-added", "new-optional-request-parameter"),
        note=f"{target.operation} has an optional field `revision` and parameter `{name}`.",
    )


def _name(found: Node) -> str:
    return str(found.get("name"))
