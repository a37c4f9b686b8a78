"""Drift of how lists are paged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.draws import Draw
from sandbox.drift.body_changes import Parts, at
from sandbox.drift.body_fields import at_object, kind_of, object_of
from sandbox.drift.call_changes import AlterArgument, Call, RenameArgument
from sandbox.drift.families.places import replace_parameter
from sandbox.drift.registry import Applied, Target, operator
from sandbox.drift.rewriting import Draft, Node
from sandbox.drift.value_changes import Cursor

_NUMBER = ("page", "page_number", "offset", "skip", "start")
_SIZE = ("per_page", "page_size", "limit", "size", "perPage", "pageSize", "count")
_TOTAL = ("total", "total_count", "totalCount", "total_items")


@dataclass(frozen=True, slots=True)
class NextCursor:
    """The reply says where to go on: the page after this one, or null on the last."""

    page: str
    size: str
    total: str
    style: str
    name: str = "next_cursor"

    def new(self, value: Any) -> Any:
        return at(value, (), self._with)

    def old(self, value: Any) -> Any:
        def without(found: Any) -> Any:
            if not isinstance(found, Mapping):
                return found
            return {key: member for key, member in found.items() if key != self.name}

        empty: Parts = ()
        return at(value, empty, without)

    def says(self) -> str:
        return f"`/{self.name}` says where the next page begins; null on the last page"

    def _with(self, found: Any) -> Any:
        if not isinstance(found, Mapping):
            return found
        numbers = [found.get(name) for name in (self.page, self.size, self.total)]
        if not all(isinstance(number, int) for number in numbers):
            return {**found, self.name: None}
        page, size, total = (int(number or 0) for number in numbers)
        after, more = (page + 1, page * size < total)
        if self.style == "offset":
            after, more = page + size, page + size < total
        return {**found, self.name: Cursor().new(after) if more else None}


def page_numbered_lists(draft: Draft, operation: str) -> Iterator[Target]:
    """Lists paged by a number whose replies tell the number, the size and the total."""
    reply = draft.reply(operation)
    if reply is None:
        return
    properties, _ = object_of(draft.follow, reply[2])
    listed = {str(found.get("name")): found for found in draft.parameters(operation)}
    page = next((name for name in _NUMBER if name in listed and name in properties), None)
    size = next((name for name in _SIZE if name in properties), None)
    total = next((name for name in _TOTAL if name in properties), None)
    if page and size and total and "next_cursor" not in properties:
        node = listed[page]
        if node.get("in") == "query" and kind_of(draft.follow, node.get("schema", {})) == "integer":
            yield Target(operation, f"query/{page}", (node, page, size, total))


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
    node, page, size, total = target.about
    style = "page" if page.startswith("page") else "offset"
    made_node = {
        "name": "cursor",
        "in": "query",
        "description": "Where the page begins: `next_cursor` of the reply before.",
        "schema": {"type": "string"},
    }
    made = replace_parameter(draft, target, made_node)
    reply = draft.reply(target.operation)
    assert reply is not None
    about = "Pass it as `cursor`; null at the end."
    cursor: Node = {"type": ["string", "null"], "description": about}
    if str(draft.tree.get("openapi", "")).startswith("3.0"):
        cursor = {"type": "string", "nullable": True, "description": about}

    def change(found: Node) -> Node:
        return {**found, "properties": {**found["properties"], "next_cursor": cursor}}

    schema = at_object(draft.follow, reply[2], (), change)
    calls = (
        (target.operation, AlterArgument("query", node["name"], Cursor())),
        (target.operation, RenameArgument("query", node["name"], "cursor")),
    )
    return Applied(
        draft=made.with_reply(target.operation, schema),
        calls=calls,
        replies=((target.operation, NextCursor(page, size, total, style)),),
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

    def says(self) -> str:
        return f"at most {self.limit} items come unless `limit` and `offset` ask for others"


def unpaged_lists(draft: Draft, operation: str) -> Iterator[Target]:
    """Lists that come whole."""
    site = draft.sites[operation]
    if site.method != "get" or site.path.endswith("}"):
        return
    taken = {str(found.get("name")).lower() for found in draft.parameters(operation)}
    known = {*_NUMBER, *(size.lower() for size in _SIZE), "cursor", "after", "starting_after"}
    reply = draft.reply(operation)
    if reply is None or taken & known:
        return
    properties, _ = object_of(draft.follow, reply[2])
    lists = [p for p in properties.values() if kind_of(draft.follow, p) == "array"]
    if kind_of(draft.follow, reply[2]) == "array" or len(lists) == 1:
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
