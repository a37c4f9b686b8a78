"""A parent said twice, an entity that changes hands, and what goes with its parent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, Session, World
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
MOVED = {"type": "string", "description": "Transfer the note to another shelf."}


def shelves(shelf: Any = TEXT) -> World:
    note = thing("id", "shelf_id", "text", id=TEXT, shelf_id=TEXT, text=TEXT)
    home = thing("id", "note_count", id=TEXT, note_count={"type": "integer"})
    sent = thing("text", text=TEXT, shelf_id=shelf)
    rows = {"type": "array", "items": note}
    item = {"get": does(shows=note), "put": does(shows=note, takes=sent),
            "patch": does(shows=note, takes=thing("text", **sent["properties"]))}  # fmt: skip
    many = {"get": does(shows=rows, parameters=[by("shelf_id", "query")]),
            "post": does(201, note, takes=sent)}  # fmt: skip
    at, of = [by("shelf_id")], [by("note_id")]
    return world_of({
        "/shelves": {"get": does(shows={"type": "array", "items": home}), "post": does(201, home)},
        "/shelves/{shelf_id}": {"get": does(shows=home), "delete": does(204), "parameters": at},
        "/shelves/{shelf_id}/notes": {**many, "parameters": at},
        "/shelves/{shelf_id}/notes/{note_id}": {**item, "parameters": [*at, *of]},
        "/notes": {"get": does(shows=rows)},
        "/notes/{note_id}": {"get": does(shows=note), "parameters": of},
    })  # fmt: skip


def asked(session: Session, method: str, path: str, body: Any = None, query: str = "") -> Any:
    sent = orjson.dumps(body) if body is not None else b""
    reply = session.handle(Request(method, path, query, (), sent))
    return reply.status, orjson.loads(reply.body or b"null")


def first(session: Session) -> tuple[str, str, str]:
    """A note, its shelf and another shelf."""
    note = asked(session, "GET", "/notes")[1][0]
    shelves = [each["id"] for each in asked(session, "GET", "/shelves")[1]]
    other = next(each for each in shelves if each != note["shelf_id"])
    return note["id"], note["shelf_id"], other


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_update_that_names_another_parent_is_refused(method: str) -> None:
    session = shelves().session(seed=1)
    note, shelf, other = first(session)
    path, body = f"/shelves/{shelf}/notes/{note}", {"text": "a", "shelf_id": other}
    assert asked(session, method, path, body)[0] == 422
    assert asked(session, method, path, {**body, "shelf_id": shelf})[0] == 200


def test_a_query_that_names_another_parent_is_refused() -> None:
    session = shelves().session(seed=1)
    _, shelf, other = first(session)
    path = f"/shelves/{shelf}/notes"
    assert asked(session, "GET", path, query=f"shelf_id={other}")[0] in (400, 422)
    assert asked(session, "GET", path, query=f"shelf_id={shelf}")[0] == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_update_that_transfers_moves_the_entity(method: str) -> None:
    session = shelves(MOVED).session(seed=1)
    note, shelf, other = first(session)
    body = {"text": "a", "shelf_id": other}
    assert asked(session, method, f"/shelves/{shelf}/notes/{note}", body)[0] == 200
    assert asked(session, "GET", f"/shelves/{shelf}/notes/{note}")[0] == 404
    assert asked(session, "GET", f"/shelves/{other}/notes/{note}")[1]["shelf_id"] == other


def test_children_go_with_their_parent_and_counts_agree() -> None:
    session = shelves().session(seed=1)
    note, shelf, other = first(session)
    before = len(asked(session, "GET", "/notes")[1])
    gone = asked(session, "GET", f"/shelves/{shelf}")[1]["note_count"]
    assert asked(session, "DELETE", f"/shelves/{shelf}")[0] == 204
    assert asked(session, "GET", f"/notes/{note}")[0] == 404
    assert len(asked(session, "GET", "/notes")[1]) == before - gone < before
    kept = asked(session, "GET", f"/shelves/{other}")[1]["note_count"]
    assert kept == len(asked(session, "GET", f"/shelves/{other}/notes")[1])
