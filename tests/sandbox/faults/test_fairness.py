"""What a caller cannot see strikes only where a read of the document would reveal it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document import Document
from sandbox.world.world import World

NOTE = {
    "type": "object",
    "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}},
    "required": ["id", "text"],
}
SHOWN = {"200": {"description": "", "content": {"application/json": {"schema": NOTE}}}}
MADE = {"201": SHOWN["200"]}
PARAMETER = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
POST = {"requestBody": {"content": {"application/json": {"schema": NOTE}}}, "responses": MADE}
MANY = {"type": "array", "items": NOTE}
LISTED = {"200": {"description": "", "content": {"application/json": {"schema": MANY}}}}


def notes(*, item: bool = False, listed: bool = False, removed: bool = False) -> World:
    collection: dict[str, Any] = {"post": POST} | ({"get": {"responses": LISTED}} if listed else {})
    entity: dict[str, Any] = {"parameters": [PARAMETER]}
    entity |= {"get": {"responses": SHOWN}} if item else {}
    entity |= {"delete": {"responses": {"204": {"description": ""}}}} if removed else {}
    paths = {"/notes": collection, "/notes/{id}": entity}
    info = {"title": "Notes", "version": "1"}
    tree = {"openapi": "3.0.3", "info": info, "paths": paths}
    return World(Document.from_tree(tree, source="notes"))


def strikes(world: World, fault: str, **plan: Any) -> bool:
    session = world.session(faults={"rules": [{"fault": fault, "trigger": "always"}], **plan})
    session.call("post_notes", {"text": "remember the milk"})
    return bool(session.ledger[-1].injected)


@pytest.mark.parametrize(
    ("fault", "reads", "fires"),
    [
        ("S06", {}, False),
        ("S06", {"item": True}, True),
        ("S06", {"listed": True}, True),
        ("X04", {}, False),
        ("T03", {"item": True}, False),
        ("T03", {"listed": True}, True),
        ("T15", {"listed": True}, False),
        ("T15", {"listed": True, "removed": True}, True),
        ("H06", {}, True),
    ],
)
def test_a_fault_strikes_where_somebody_could_notice(
    fault: str, reads: dict[str, bool], fires: bool
) -> None:
    assert strikes(notes(**reads), fault) is fires


@pytest.mark.parametrize("fault", ["S06", "X04", "T03", "T06", "H07", "S09", "T15", "B01"])
def test_a_plan_may_be_unfair(fault: str) -> None:
    assert not strikes(notes(), fault)
    assert strikes(notes(), fault, fair=False)


def test_a_change_that_no_read_shows_is_stored_whole() -> None:
    fields = {"title": {"type": "string"}, "text": {"type": "string"}}
    body = {"application/json": {"schema": {"type": "object", "properties": fields}}}
    shown = {"200": {"description": "", "content": body}}
    patch = {"requestBody": {"content": body}, "responses": shown, "operationId": "edit"}
    paths = {"/notes/{id}": {"parameters": [PARAMETER], "patch": patch}}
    tree = {"openapi": "3.0.3", "info": {"title": "Notes", "version": "1"}, "paths": paths}
    for fair in (True, False):
        plan = {"fair": fair, "rules": [{"fault": "S07", "trigger": "always"}]}
        session = World(Document.from_tree(tree, source="n")).session(seed=2, faults=plan)
        session.call("edit", {"id": "n1", "title": "milk", "text": "remember it"})
        assert bool(session.ledger[-1].injected) == (not fair), session.ledger[-1]
