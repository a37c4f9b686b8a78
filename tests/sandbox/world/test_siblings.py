"""Kinds that users met elsewhere: filters inside objects, codes, tables and dates of replies."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, World
from sandbox.messages import Response
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time", "readOnly": True}


def ask(world: World, method: str, target: str, body: Any = None, **headers: str) -> Response:
    path, _, query = target.partition("?")
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    named += [("content-type", "application/json")] if body is not None else []
    data = orjson.dumps(body) if body is not None else b""
    return world.session(seed=1).handle(Request(method, path, query, tuple(named), data))


@pytest.mark.parametrize("name", ["where", "criteria", "filter"])
def test_members_of_an_object_filter_by_the_field_they_name(name: str) -> None:
    line = {"type": "string", "enum": ["red", "blue"]}
    train = thing("id", "line", id=TEXT, line=line)
    wanted = {"type": "object", "properties": {"line": TEXT}}
    listed = does(shows={"type": "array", "items": train})
    shape = {"schema": wanted, "style": "deepObject", "explode": True}
    listed["parameters"] = [{"name": name, "in": "query", **shape}]
    reply = ask(world_of({"/trains": {"get": listed}}), "GET", f"/trains?{name}[line]=red")
    shown = orjson.loads(reply.body)
    assert {each["line"] for each in shown} == {"red"}


def test_a_value_out_of_its_choices_is_not_something_not_found() -> None:
    code = {"type": "string", "enum": ["not_found", "invalid_field"]}
    problem = thing("code", "message", code=code, message=TEXT)
    bed = thing("ward", ward={"type": "string", "enum": ["a", "b"]})
    made = does(201, bed, bed, replies={"400": does(400, problem)["responses"]["400"]})
    refused = ask(world_of({"/beds": {"post": made}}), "POST", "/beds", {"ward": "z"})
    assert (refused.status, orjson.loads(refused.body)["code"]) == (400, "invalid_field")


def test_an_empty_table_has_its_header_line() -> None:
    row = thing(id={"type": "integer"}, name=TEXT)
    listed: dict[str, Any] = {"type": "array", "items": row, "maxItems": 0}
    reply = {"description": "d", "content": {"text/csv": {"schema": listed}}}
    shown = ask(world_of({"/export": {"get": {"responses": {"200": reply}}}}), "GET", "/export")
    assert shown.body == b"id,name\r\n"


def test_last_modified_is_the_entitys_own_date() -> None:
    plant = thing("id", "updated_at", id=TEXT, name=TEXT, updated_at=MOMENT)
    read = does(shows=plant)
    read["responses"]["200"]["headers"] = {"Last-Modified": {"schema": TEXT}}
    world = world_of({"/plants": {"get": does(shows={"type": "array", "items": plant})},
                      "/plants/{id}": {"parameters": [by("id")], "get": read}})  # fmt: skip
    one = orjson.loads(ask(world, "GET", "/plants").body)[0]
    path = f"/plants/{one['id']}"
    changed = ask(world, "GET", path).header("last-modified")
    assert changed is not None and changed.endswith(" GMT")
    assert str(int(one["updated_at"][8:10])) in changed.split()[1]
    assert ask(world, "GET", path, if_modified_since=changed).status == 304
    assert ask(world, "GET", path, if_modified_since="Mon, 01 Jan 1990 00:00:00 GMT").status == 200
