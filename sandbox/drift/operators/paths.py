"""Drift of operations themselves: where they lie, how they are called, whether they exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.draft import Draft, Site
from sandbox.drift.names import synonym
from sandbox.drift.registry import Applied, Target, operator
from sandbox.openapi.references import References

_VERSION = re.compile(r"v(\d+)")


def whole(draft: Draft, operation: str) -> Iterator[Target]:
    """The operation itself."""
    if operation in draft.sites:
        yield Target(operation)


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
        findings=("api-path-removed-without-deprecation", "endpoint-added"),
        note=f"`{path}` has moved to `{to}` ({', '.join(names)}).",
        moved={name: params["signal"] for name in names},
        values=(to,),
    )
