"""An agent is shown the headers that lead to the next page, and an invented cursor is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox import World
from sandbox.document import Document

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}},
}


def world(header: str, parameter: str, kind: str) -> World:
    reply = {
        "description": "",
        "headers": {header: {"schema": {"type": kind}}},
        "content": {"application/json": {"schema": {"type": "array", "items": ITEM}}},
    }
    queries = [
        {"name": name, "in": "query", "schema": schema}
        for name, schema in {
            parameter: {"type": kind},
            "limit": {"type": "integer", "default": 3},
        }.items()
    ]
    listing = {"operationId": "listLogs", "parameters": queries, "responses": {"200": reply}}
    tree = {
        "openapi": "3.0.3",
        "info": {"title": "L", "version": "1"},
        "paths": {"/logs": {"get": listing}},
    }
    return World(Document.from_tree(tree, source="logs"))


@pytest.mark.parametrize(
    ("header", "parameter", "kind"),
    [("X-Next-Page", "page", "integer"), ("X-Next-Cursor", "cursor", "string")],
)
def test_pages_are_walked_by_what_an_agent_is_shown(header: str, parameter: str, kind: str) -> None:
    session = world(header, parameter, kind).session(seed=1)
    given: dict[str, Any] = {}
    ids: list[str] = []
    for _ in range(20):
        shown = session.call("listLogs", given).text
        ids += [each["id"] for each in json.loads(shown[shown.index("[") :])]
        found = re.search(rf"^{header}: (\S+)$", shown, re.MULTILINE)
        if found is None:
            break
        given = {parameter: int(found[1]) if kind == "integer" else found[1]}
    assert len(ids) == len(set(ids)) > 3
    if kind == "string":
        assert session.call("listLogs", {parameter: "nobody-gave-this"}).status == 400


def test_a_part_of_a_list_is_noticed_by_a_total_that_only_a_header_says() -> None:
    plan = {"rules": [{"fault": "M10", "params": {"kept": 0.5}}]}
    counted = world("X-Total-Count", "page", "integer")
    whole, part = (counted.session(seed=1, faults=each) for each in (None, plan))
    entries, kept = (
        json.loads(session.call("listLogs", {}).text.rpartition("\n\n")[2])
        for session in (whole, part)
    )
    assert len(entries) == 3 and kept == entries[:1]
