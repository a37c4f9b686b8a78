"""A body field that only `required` names is an argument, and a world asks for it."""

from __future__ import annotations

import orjson

from sandbox.tools import bind
from tests.sandbox.world.documents import by, does, thing, world_of

ANY = {"type": "object", "required": ["title", "note"], "properties": {"title": {"type": "string"}}}


def test_a_field_known_only_by_required_is_an_argument() -> None:
    shows = thing("id", id={"type": "string"})
    world = world_of({"/notes": {"post": does(201, shows, ANY, operationId="write")}})
    tool = world.tools["write"]
    assert sorted(tool.parameters["required"]) == ["note", "title"]
    assert set(tool.parameters["properties"]) >= {"note", "title"}
    assert bind(tool, {"title": "a", "note": 1}).body == {"title": "a", "note": 1}


def test_a_field_known_only_by_required_is_asked_for_and_kept() -> None:
    item = {"parameters": [by("id")], "get": does(200, {**ANY}, operationId="read")}
    write = does(201, {**ANY}, ANY, operationId="write")
    session = world_of({"/notes": {"post": write}, "/notes/{id}": item}).session()
    assert session.call("write", {"title": "a"}).status in (400, 422)
    made = orjson.loads(session.call("write", {"title": "a", "note": "b"}).text)
    assert (made["title"], made["note"]) == ("a", "b")
