"""Drift of parameters: their names, places and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.document.references import References
from sandbox.draws import Draw
from sandbox.drift.body_fields import at_object, keyword, kind_of
from sandbox.drift.call_changes import MoveArgument, NewDefault, RenameArgument
from sandbox.drift.families.places import body_fields, named_parameters, replace_parameter
from sandbox.drift.new_names import plausible_rename, spell, words
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node, Site
from sandbox.drift.value_changes import as_text


@operator(
    "D01",
    "rename parameter",
    targets=named_parameters,
    direction="request",
    adapter="lossless",
    findings="request-parameter-removed + new-required-request-parameter / "
    "new-optional-request-parameter",
    signal="422 missing the new name; an optional one that is tolerated is silently ignored",
    impact="breaks",
    params={"new_name": ""},
)
def rename_parameter(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """A query, header or cookie parameter gets another name."""
    place, _, name = target.pointer.partition("/")
    taken = [str(found.get("name")) for found in draft.parameters(target.operation)]
    to = params["new_name"] or plausible_rename(name, draw, taken)
    node = {**target.about, "name": to}
    added = "required" if node.get("required") else "optional"
    return Applied(
        draft=replace_parameter(draft, target, node),
        calls=((target.operation, RenameArgument(place, name, to)),),
        findings=("request-parameter-removed", f"new-{added}-request-parameter"),
        note=f"The {place} parameter `{name}` of {target.operation} is now called `{to}`.",
        values=(to,),
    )


def path_parameters(draft: Draft, operation: str) -> Iterator[Target]:
    """The path parameters of an operation."""
    path = draft.sites[operation].path
    for found in draft.parameters(operation):
        if found.get("in") == "path" and f"{{{found.get('name')}}}" in path:
            yield Target(operation, f"path/{found['name']}", found)


@operator(
    "D02",
    "rename path parameter",
    targets=path_parameters,
    direction="request",
    adapter="lossless",
    findings="x-path-parameter-renamed (ours: oasdiff takes no notice)",
    signal="none: only the tool's schema changes",
    impact="breaks",
    per_path=True,
    params={"new_name": ""},
)
def rename_path_parameter(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """A path parameter gets another name, for every method of the path."""
    path = draft.sites[target.operation].path
    name = target.pointer.partition("/")[2]
    to = params["new_name"] or plausible_rename(name, draw, re.findall(r"\{([^{}]+)\}", path))
    names = draft.beside(target.operation)
    for other in names:
        listed = [
            {**found, "name": to}
            if (found.get("in"), found.get("name")) == ("path", name)
            else found
            for found in draft.parameters(other)
        ]
        draft = draft.with_parameters(other, listed)
    there = path.replace(f"{{{name}}}", f"{{{to}}}")
    paths = {(there if key == path else key): item for key, item in draft.tree["paths"].items()}
    tree = {**draft.tree, "paths": paths}
    sites = {
        other: Site(there, site.method) if site.path == path else site
        for other, site in draft.sites.items()
    }
    return Applied(
        draft=replace(draft, tree=tree, sites=sites, references=References(tree)),
        calls=tuple((other, RenameArgument("path", name, to)) for other in names),
        findings=("x-path-parameter-renamed",),
        note=f"The path parameter `{name}` of `{path}` is now called `{to}`.",
        values=(to,),
    )


def defaults(draft: Draft, operation: str) -> Iterator[Target]:
    """Query parameters with a default that can be another one."""
    for target in named_parameters(draft, operation):
        schema = draft.follow(target.about.get("schema") or {})
        if isinstance(schema, dict) and _other_default(draft, schema) is not None:
            yield target


def _other_default(draft: Draft, schema: Node) -> Any:
    default = keyword(draft.follow, schema, "default")
    options = keyword(draft.follow, schema, "enum")
    if default is None:
        return None
    if options:
        return next((option for option in options if option not in (default, None)), None)
    if isinstance(default, bool):
        return not default
    if isinstance(default, int):
        made = max(int(schema.get("minimum", 1)), default // 4)
        return made if made != default else None
    return None


@operator(
    "D26",
    "default changed",
    targets=defaults,
    direction="request",
    adapter="lossless",
    findings="request-parameter-default-value-changed",
    signal="none",
    impact="misleads",
)
def change_default(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """Leaving a parameter out means something else."""
    node = target.about
    schema = draft.follow(node["schema"])
    before, after = keyword(draft.follow, schema, "default"), _other_default(draft, schema)
    made = {**node, "schema": {**schema, "default": after}}
    step = NewDefault(node["in"], node["name"], before, after)
    note = (
        f"`{node['name']}` of {target.operation} defaults to `{as_text(after)}`, "
        f"no longer `{as_text(before)}`."
    )
    return Applied(
        draft=replace_parameter(draft, target, made),
        calls=((target.operation, step),),
        findings=("request-parameter-default-value-changed",),
        note=note,
        values=(str(after),),
    )


def movable(draft: Draft, operation: str) -> Iterator[Target]:
    """Scalar query parameters, which fit into a header or a body."""
    for target in named_parameters(draft, operation):
        schema = target.about.get("schema")
        if target.about.get("in") != "query" or not isinstance(schema, dict):
            continue
        if kind_of(draft.follow, schema) in ("string", "integer", "number", "boolean"):
            yield target


@operator(
    "D31",
    "parameter moved",
    targets=movable,
    direction="request",
    adapter="lossless",
    findings="request-parameter-removed + new-required-request-parameter / "
    "new-optional-request-parameter / new-required-request-property",
    signal="422 missing in the new place",
    impact="breaks",
    params={"to": "auto"},
    choices={"to": ("auto", "header", "body")},
)
def move_parameter(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """A query parameter is given as a header, or as a field of the body."""
    node, operation = target.about, target.operation
    name, required = node["name"], bool(node.get("required"))
    body = draft.body(operation)
    top = [found.about.name for found in body_fields(draft, operation) if not found.about.parents]
    into_body = params["to"] != "header" and body is not None and bool(top) and name not in top
    kind = "required" if required else "optional"
    if not into_body or body is None:
        to = "X-" + spell(words(name) or [name], "kebab").title()
        kept = {k: v for k, v in node.items() if k not in ("style", "explode", "allowReserved")}
        made = replace_parameter(draft, target, {**kept, "in": "header", "name": to})
        step = MoveArgument(name, "query", "header", to)
        findings = ("request-parameter-removed", f"new-{kind}-request-parameter")
    else:
        to = name

        def change(found: Node) -> Node:
            listed = [*(found.get("required") or ()), *([name] if required else [])]
            properties = {**found["properties"], name: node["schema"]}
            changed = {**found, "properties": properties}
            return {**changed, "required": listed} if listed else changed

        schema = at_object(draft.follow, body[1], (), change)
        made = replace_parameter(draft.with_body(operation, schema), target, None)
        step = MoveArgument(name, "query", "body", to)
        findings = ("request-parameter-removed", f"new-{kind}-request-property")
    where = "body" if into_body else "header"
    return Applied(
        draft=made,
        calls=((operation, step),),
        findings=findings,
        note=f"`{name}` of {operation} is now given in the {where} as `{to}`.",
        values=(where, to),
    )
