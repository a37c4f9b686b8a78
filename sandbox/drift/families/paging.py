"""Drift of how lists are paged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.conventions.inputs import Pointer, value_at
from sandbox.conventions.paging import INTRODUCED
from sandbox.draws import Draw
from sandbox.drift.body_changes import Parts, at
from sandbox.drift.body_fields import at_object, kind_of, object_of
from sandbox.drift.call_changes import AlterArgument, Call, RenameArgument
from sandbox.drift.families.places import replace_parameter
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node
from sandbox.drift.value_changes import Cursor

NEXT: Final = "next_cursor"
_INTRODUCED: Final = {place.name for place in INTRODUCED.places}


@dataclass(frozen=True, slots=True)
class NextCursor:
    """The reply says where to go on: the page after this one, or null on the last."""

    page: Pointer
    size: Pointer
    total: Pointer
    style: str

    def new(self, value: Any) -> Any:
        return at(value, (), self._with)

    def old(self, value: Any) -> Any:
        def without(found: Any) -> Any:
            if not isinstance(found, Mapping):
                return found
            return {key: member for key, member in found.items() if key != NEXT}

        empty: Parts = ()
        return at(value, empty, without)

    def _with(self, found: Any) -> Any:
        if not isinstance(found, Mapping):
            return found
        numbers = [value_at(found, each) for each in (self.page, self.size, self.total)]
        if not all(isinstance(number, int) for number in numbers):
            return {**found, NEXT: None}
        page, size, total = (int(number or 0) for number in numbers)
        after, more = (page + 1, page * size < total)
        if self.style == "offset":
            after, more = page + size, page + size < total
        return {**found, NEXT: Cursor().new(after) if more else None}


def page_numbered_lists(draft: Draft, operation: str) -> Iterator[Target]:
    """Lists paged by a number whose replies tell the number, the size and the total."""
    reply, paging = draft.reply(operation), draft.facts(operation).paging
    if reply is None or paging is None or not paging.is_numbered or paging.position is None:
        return
    numbers = paging.numbers or {}
    pointers = [numbers.get(paging.style), numbers.get("size"), *paging.total[:1]]
    there = [each for each in pointers if each and _has(draft, reply[2], each)]
    node = next((n for n in draft.parameters(operation) if n["name"] == paging.position.name), {})
    known = len(there) == 3 and not _has(draft, reply[2], (NEXT,))
    if known and kind_of(draft.follow, node.get("schema", {})) == "integer":
        page, size, total = there
        about = NextCursor(page, size, total, paging.style)
        yield Target(operation, f"query/{node['name']}", (node, about))


def _has(draft: Draft, schema: Any, pointer: Pointer) -> bool:
    """Whether a reply still has the field: an earlier change may have moved it."""
    for key in pointer:
        properties, _ = object_of(draft.follow, schema)
        if key not in properties:
            return False
        schema = properties[key]
    return True


@operator(
    "D23",
    "pagination style",
    targets=page_numbered_lists,
    direction="both",
    adapter="lossless",
    findings="request-parameter-removed + new-optional-request-parameter + "
    "response-optional-property-added",
    signal="422 for the unknown number; where unknown inputs are ignored: the first page forever",
    impact="breaks",
)
def to_cursor(draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]) -> Applied:
    """Page numbers give way to cursors that each reply hands out."""
    node, about = target.about
    made_node = {
        "name": "cursor",
        "in": "query",
        "description": "Where the page begins: `next_cursor` of the reply before.",
        "schema": {"type": "string"},
    }
    made = replace_parameter(draft, target, made_node)
    reply = draft.reply(target.operation)
    assert reply is not None
    how = "Pass it as `cursor`; null at the end."
    cursor: Node = {"type": ["string", "null"], "description": how}
    if str(draft.tree.get("openapi", "")).startswith("3.0"):
        cursor = {"type": "string", "nullable": True, "description": how}

    def change(found: Node) -> Node:
        return {**found, "properties": {**found["properties"], NEXT: cursor}}

    schema = at_object(draft.follow, reply[2], (), change)
    calls = (
        (target.operation, AlterArgument("query", node["name"], Cursor())),
        (target.operation, RenameArgument("query", node["name"], "cursor")),
    )
    return Applied(
        draft=made.with_reply(target.operation, schema),
        calls=calls,
        replies=((target.operation, about),),
        findings=(
            "request-parameter-removed",
            "new-optional-request-parameter",
            "response-optional-property-added",
        ),
        note=f"{target.operation} is paged by `cursor`; each reply has `next_cursor`.",
    )


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Without a limit only the first items come; an old call that wants all says so."""

    limit: int
    all: int = 1000

    def new(self, call: Call) -> None:
        call.places["query"].setdefault("limit", self.all)

    def old(self, call: Call) -> None:
        if call.places["query"].setdefault("limit", self.limit) == self.all:
            del call.places["query"]["limit"]


def unpaged_lists(draft: Draft, operation: str) -> Iterator[Target]:
    """Lists that come whole."""
    facts = draft.facts(operation)
    whole = facts.meaning.act == "list" and facts.paging is None
    taken = {str(found.get("name")).lower() for found in draft.parameters(operation)}
    if whole and draft.sites[operation].method == "get" and not taken & _INTRODUCED:
        yield Target(operation)


@operator(
    "D24",
    "pagination introduced",
    targets=unpaged_lists,
    direction="both",
    adapter="lossless",
    findings="new-optional-request-parameter",
    signal="none: the list is silently partial",
    impact="misleads",
    params={"limit": 5},
)
def introduce_paging(
    draft: Draft, target: Target, draw: Draw, params: Mapping[str, Any]
) -> Applied:
    """A list that came whole comes in pages."""
    limit = int(params["limit"])
    added = [
        {
            "name": "limit",
            "in": "query",
            "description": f"How many items to return; {limit} when left out.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": limit},
        },
        {
            "name": "offset",
            "in": "query",
            "description": "How many items to skip.",
            "schema": {"type": "integer", "minimum": 0, "default": 0},
        },
    ]
    listed = [*draft.parameters(target.operation), *added]
    return Applied(
        draft=draft.with_parameters(target.operation, listed),
        calls=((target.operation, FirstPage(limit)),),
        findings=("new-optional-request-parameter",),
        note=f"{target.operation} returns {limit} items unless `limit` and `offset` say otherwise.",
        values=(str(limit),),
    )
