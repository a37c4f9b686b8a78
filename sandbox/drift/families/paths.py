"""Drift of operations themselves: where they lie, how they are called, whether they exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.conventions.paths import place_of
from sandbox.document.references import References
from sandbox.draws import Draw
from sandbox.drift.new_names import spell, style, synonym, words
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Site, replace_at

_VERSION = re.compile(r"v(\d+)")


def whole(draft: Draft, operation: str) -> Iterator[Target]:
    """The operation itself."""
    if unique(draft, operation):
        yield Target(operation)


def unique(draft: Draft, operation: str) -> bool:
    """Whether no other path differs from the operation's by the names of its parameters alone."""
    path = draft.sites[operation].path
    mine = place_of(path).template
    return not any(other != path and place_of(other).template == mine for other in _paths(draft))


def _paths(draft: Draft) -> set[str]:
    return {site.path for site in draft.sites.values()}


def deprecation(draft: Draft, operation: str) -> str:
    """The end of a removal's finding: what was announced is no surprise."""
    known = draft.operation(operation).get("deprecated") is True
    return "with-deprecation" if known else "without-deprecation"


def moved_path(path: str, kind: str) -> str:
    """Another path for the same thing: the next version number, or another noun."""
    segments = path.strip("/").split("/")
    versions = [index for index, part in enumerate(segments) if _VERSION.fullmatch(part)]
    if kind == "version" or (kind == "auto" and versions):
        if versions:
            number = int(segments[versions[0]][1:])
            segments[versions[0]] = f"v{number + 1}"
            return "/" + "/".join(segments)
        return "/v2/" + "/".join(segments)
    for index in reversed(range(len(segments))):
        swap = synonym(segments[index])
        if swap is not None:
            return "/" + "/".join([*segments[:index], swap, *segments[index + 1 :]])
    return "/v2/" + "/".join(segments)


@operator(
    "D15",
    "path moved",
    targets=whole,
    direction="request",
    adapter="lossless",
    findings="api-path-removed-without-deprecation + endpoint-added",
    signal="308 + Location, 410 + successor link, or a bare 404 (signal)",
    impact="breaks",
    per_path=True,
    params={"new_path": "", "kind": "auto", "signal": "redirect"},
    choices={"kind": ("auto", "version", "noun"), "signal": ("redirect", "gone", "bare")},
)
def move_path(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """All operations of one path move to another path."""
    path = draft.sites[target.operation].path
    to = params["new_path"] or moved_path(path, params["kind"])
    while to in draft.tree["paths"] and to != path:
        to = f"/v2{to}"
    names = draft.beside(target.operation)
    paths = {(to if key == path else key): item for key, item in draft.tree["paths"].items()}
    tree = {**draft.tree, "paths": paths}
    sites = {
        name: Site(to, site.method) if site.path == path else site
        for name, site in draft.sites.items()
    }
    return Applied(
        draft=replace(draft, tree=tree, sites=sites, references=References(tree)),
        findings=(f"api-path-removed-{deprecation(draft, target.operation)}", "endpoint-added"),
        note=f"`{path}` has moved to `{to}` ({', '.join(names)}).",
        moved={name: params["signal"] for name in names},
        values=(to,),
    )


_OTHER_METHOD: Mapping[str, tuple[str, ...]] = {
    "put": ("patch", "post"),
    "patch": ("put", "post"),
    "post": ("put", "patch"),
}


def writes(draft: Draft, operation: str) -> Iterator[Target]:
    """Writes for which another method is free on their path."""
    site = draft.sites[operation]
    free = [m for m in _OTHER_METHOD.get(site.method, ()) if m not in draft.item(operation)]
    if free and unique(draft, operation):
        yield Target(operation, about=free[0])


@operator(
    "D16",
    "method changed",
    targets=writes,
    direction="request",
    adapter="lossless",
    findings="api-removed-without-deprecation + endpoint-added",
    signal="405 + Allow",
    impact="breaks",
)
def change_method(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """A write is made by another method."""
    site, to = draft.sites[target.operation], str(target.about)
    item = draft.item(target.operation)
    made = {(to if key == site.method else key): value for key, value in item.items()}
    tree = replace_at(draft.tree, ("paths", site.path), made)
    sites = {**draft.sites, target.operation: Site(site.path, to)}
    return Applied(
        draft=replace(draft, tree=tree, sites=sites, references=References(tree)),
        findings=(f"api-removed-{deprecation(draft, target.operation)}", "endpoint-added"),
        note=f"{target.operation} is now {to.upper()} {site.path} (was {site.method.upper()}).",
        values=(to,),
    )


def removable(draft: Draft, operation: str) -> Iterator[Target]:
    """Operations that are not the only one, with a sibling that can stand in if there is one."""
    if len(draft.sites) < 2 or not unique(draft, operation):
        return
    site = draft.sites[operation]
    pair = {"put": "patch", "patch": "put"}.get(site.method)
    other = next(
        (name for name in draft.beside(operation) if draft.sites[name].method == pair), None
    )
    yield Target(operation, about=other)


@operator(
    "D17",
    "operation removed",
    targets=removable,
    direction="request",
    adapter="none",
    findings="api-removed-without-deprecation / api-path-removed-without-deprecation",
    signal="410 or 404; without an alternative the right end is an honest stop",
    impact="breaks",
    per_path=True,
    params={"signal": "gone"},
    choices={"signal": ("gone", "bare")},
)
def remove(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """An operation exists no more; another one may do in its place."""
    site = draft.sites[target.operation]
    alone = len(draft.beside(target.operation)) == 1
    if alone:
        paths = {key: item for key, item in draft.tree["paths"].items() if key != site.path}
        tree = {**draft.tree, "paths": paths}
    else:
        item = {k: v for k, v in draft.item(target.operation).items() if k != site.method}
        tree = replace_at(draft.tree, ("paths", site.path), item)
    sites = {name: where for name, where in draft.sites.items() if name != target.operation}
    other: str | None = target.about
    instead = f" Use {other} instead." if other else ""
    signal = {target.operation: "bare"} if params["signal"] == "bare" else {}
    return Applied(
        draft=replace(draft, tree=tree, sites=sites, references=References(tree)),
        findings=(f"api-{'path-' if alone else ''}removed-{deprecation(draft, target.operation)}",),
        note=f"{target.operation} was removed.{instead}",
        gone={} if signal else {target.operation: other},
        moved=signal,
        adapter="needs-info" if other else "none",
    )


_VERBS = {
    "list": "fetch", "get": "retrieve", "create": "add", "update": "modify", "delete": "remove",
    "find": "search", "add": "create", "fetch": "retrieve", "remove": "delete",
}  # fmt: skip


def with_id(draft: Draft, operation: str) -> Iterator[Target]:
    """Operations that have an operationId."""
    if isinstance(draft.operation(operation).get("operationId"), str):
        yield Target(operation)


@operator(
    "D34",
    "operationId renamed",
    targets=with_id,
    direction="request",
    adapter="lossless",
    findings="api-operation-id-removed",
    signal="tools: unknown tool; HTTP: none",
    impact="breaks",
    params={"new_id": ""},
)
def rename_operation(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """The operation, and so the tool, has another name; nothing changes on the wire."""
    before = draft.operation(target.operation)["operationId"]
    taken = {
        node.get("operationId")
        for name in draft.sites
        if isinstance(node := draft.operation(name), dict)
    }
    to = params["new_id"] or _renamed_id(before, taken)
    return Applied(
        draft=draft.edit(target.operation, lambda node: {**node, "operationId": to}),
        findings=("api-operation-id-removed",),
        note=f"`{before}` is now called `{to}`.",
        values=(to,),
    )


def _renamed_id(name: str, taken: set[Any]) -> str:
    parts = words(name)
    verb = _VERBS.get(parts[0]) if parts else None
    options = [spell([verb, *parts[1:]], style(name))] if verb and parts else []
    options += [f"{name}V2", f"{name}_v2", f"{name}Next"]
    return next((option for option in options if option not in taken), f"{name}New")
