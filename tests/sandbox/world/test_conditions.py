"""ETag, If-Match and If-None-Match; unique fields; soft deletes."""

from __future__ import annotations

import orjson
import pytest

from sandbox import Request, Session, World
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
NOTE = thing(id=TEXT, text=TEXT)
CHANGE = thing(text=TEXT)
TAG = {"200": {"description": "one", "headers": {"ETag": {"schema": TEXT}},
               "content": {"application/json": {"schema": NOTE}}}}  # fmt: skip


def notes() -> Session:
    known, same = [by("If-None-Match", "header")], [by("If-Match", "header")]
    item = {
        "parameters": [by("id")],
        "get": does(200, NOTE, operationId="show", replies=TAG, parameters=known),
        "patch": does(200, NOTE, CHANGE, operationId="change", parameters=same),
        "delete": does(204, operationId="drop", parameters=same),
    }
    listing = does(200, {"type": "array", "items": NOTE}, operationId="all")
    return world_of({"/notes": {"get": listing}, "/notes/{id}": item}).session()


def tag_of(session: Session, id: str, *, known: str = "") -> tuple[int, str]:
    headers = (("if-none-match", known),) if known else ()
    reply = session.handle(Request("GET", f"/notes/{id}", "", headers))
    return reply.status, str(reply.header("etag"))


def test_a_known_representation_is_not_sent_again() -> None:
    session = notes()
    id = session.state.ids("/notes")[0]
    _, tag = tag_of(session, id)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert tag_of(session, id, known=known) == (304, tag)
    assert tag_of(session, id, known='"other"')[0] == 200


@pytest.mark.parametrize("tool", ["change", "drop"])
def test_a_stale_tag_changes_nothing(tool: str) -> None:
    session = notes()
    id = session.state.ids("/notes")[0]
    _, old = tag_of(session, id)
    body = {"text": "later"} if tool == "change" else {}
    assert session.call("change", {"id": id, "If-Match": old, "text": "now"}).status == 200
    assert session.call(tool, {"id": id, "If-Match": old, **body}).status == 412
    assert session.state.version == 1
    _, new = tag_of(session, id)
    assert session.call(tool, {"id": id, "If-Match": new, **body}).status in (200, 204)


def customers(**replies: Json) -> World:
    shown = thing(id=TEXT, email=TEXT)
    create = does(201, shown, thing(email=TEXT), operationId="join", replies=replies)
    listing = does(200, {"type": "array", "items": shown}, operationId="all")
    return world_of({"/customers": {"post": create, "get": listing}})


def test_a_unique_field_is_taken_once() -> None:
    session = customers(**{"409": {"description": "taken"}}).session()
    there = orjson.loads(session.call("all", {}).text)[0]["email"]
    assert session.call("join", {"email": there.upper()}).status == 409
    assert [session.call("join", {"email": "a@b.test"}).status for _ in range(2)] == [201, 409]


def test_without_a_declared_409_nothing_is_unique() -> None:
    session = customers().session()
    assert [session.call("join", {"email": "a@b.test"}).status for _ in range(2)] == [201, 201]


MARKS: list[tuple[str, Json, object]] = [
    ("deleted_at", {"type": ["string", "null"], "format": "date-time"}, None),
    ("isDeleted", {"type": "boolean"}, True),
    ("status", {"enum": ["ACTIVE", "DELETED"]}, "DELETED"),
]


@pytest.mark.parametrize("restorable", [False, True])
@pytest.mark.parametrize(("name", "schema", "value"), MARKS)
def test_a_soft_delete_shows_its_mark(
    name: str, schema: Json, value: object, restorable: bool
) -> None:
    post = thing(id=TEXT, text=TEXT, **{name: schema})
    item = {"parameters": [by("id")], "get": does(200, post, operationId="show"),
            "delete": does(200, post, operationId="drop")}  # fmt: skip
    restore = {"parameters": [by("id")], "post": does(200, post, operationId="restore")}
    paths = {"/posts": {"get": does(200, {"type": "array", "items": post})}, "/posts/{id}": item}
    more = {"/posts/{id}/restore": restore} if restorable else {}
    session = world_of({**paths, **more}).session()
    id = session.state.ids("/posts")[1]
    session.state.put("/posts", id, {"id": id, "text": "x", name: _alive(value)})
    shown = orjson.loads(session.call("drop", {"id": id}).text)
    assert shown[name] == value if value is not None else shown[name].startswith("2026-01-1")
    assert session.call("show", {"id": id}).status == (200 if restorable else 404)
    if restorable:
        assert orjson.loads(session.call("restore", {"id": id}).text)[name] == _alive(value)


def _alive(value: object) -> object:
    return {True: False, "DELETED": "ACTIVE"}.get(value)


def test_a_declared_if_match_that_is_left_out_is_asked_for_where_428_is_declared() -> None:
    needed = {"428": {"description": "required"}}
    item = {
        "parameters": [by("id")],
        "get": does(200, NOTE, operationId="show", replies=TAG),
        "patch": does(200, NOTE, CHANGE, operationId="change", replies=needed,
                      parameters=[{**by("If-Match", "header"), "required": False}]),
    }  # fmt: skip
    listing = does(200, {"type": "array", "items": NOTE})
    session = world_of({"/notes": {"get": listing}, "/notes/{id}": item}).session()
    id = session.state.ids("/notes")[0]
    assert session.call("change", {"id": id, "text": "x"}).status == 428
