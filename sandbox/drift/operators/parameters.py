"""Drift of parameters: their names, places, types, bounds and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.calls import RenameArgument
from sandbox.drift.draft import Draft, Node
from sandbox.drift.names import renamed
from sandbox.drift.registry import Applied, Target, operator

# Headers that a standard names are nobody's to rename.
_STANDARD = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "accept-language",
     "idempotency-key", "range", "user-agent", "content-type", "accept", "authorization", "prefer"}
)  # fmt: skip


def named(draft: Draft, operation: str) -> Iterator[Target]:
    """Every query, header and cookie parameter of an operation."""
    for found in draft.parameters(operation):
        name = found.get("name")
        if not isinstance(name, str) or name.lower() in _STANDARD:
            continue
        if found.get("in") in ("query", "header", "cookie"):
            yield Target(operation, f"{found['in']}/{found['name']}", found)


def swapped(draft: Draft, target: Target, made: Node | None) -> Draft:
    """The draft with the targeted parameter replaced by another, or removed."""
    place, _, name = target.pointer.partition("/")
    listed = []
    for found in draft.parameters(target.operation):
        if (found.get("in"), found.get("name")) != (place, name):
            listed.append(found)
        elif made is not None:
            listed.append(made)
    return draft.with_parameters(target.operation, listed)


@operator(
    "D01",
    "rename parameter",
    targets=named,
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
    to = params["new_name"] or renamed(name, draw, taken)
    node = {**target.about, "name": to}
    added = "required" if node.get("required") else "optional"
    return Applied(
        draft=swapped(draft, target, node),
        calls=((target.operation, RenameArgument(place, name, to)),),
        findings=("request-parameter-removed", f"new-{added}-request-parameter"),
        note=f"The {place} parameter `{name}` of {target.operation} is now called `{to}`.",
        values=(to,),
    )
