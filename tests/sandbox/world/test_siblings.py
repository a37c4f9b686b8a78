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


def test_the_one_example_for_a_path_value_is_shown_where_nothing_lists_such_things() -> None:
    dish = thing("dish", "day", dish=TEXT, day=TEXT)
    read = does(shows=dish)
    read["responses"]["200"]["content"]["application/json"]["examples"] = {
        name: {"value": {"dish": what, "day": name}}
        for name, what in (("mon", "Soup"), ("fri", "Fish"))
    }
    world = world_of({"/menus/{day}": {"get": read, "parameters": [by("day")]}})
    shown = ask(world, "GET", "/menus/fri")
    assert orjson.loads(shown.body) == {"dish": "Fish", "day": "fri"}


def test_what_a_create_shows_beyond_its_list_is_kept() -> None:
    brief, whole = thing("id", id=TEXT), thing("id", "size", id=TEXT, size={"type": "integer"})
    listed = does(shows={"type": "array", "items": brief})
    world = world_of({"/kegs": {"get": listed, "post": does(201, whole, whole)}})
    session = world.session(seed=1)
    request = Request(
        "POST", "/kegs", "", (("content-type", "application/json"),), b'{"id":"k","size":5}'
    )
    assert orjson.loads(session.handle(request).body) == {"id": "k", "size": 5}
    assert {"id": "k"}.items() <= orjson.loads(session.handle(Request("GET", "/kegs")).body)[
        -1
    ].items()


def test_optional_times_that_the_server_keeps_are_told_after_a_write() -> None:
    note = thing(
        "id", id={**TEXT, "readOnly": True}, text=TEXT, created_at=MOMENT, updated_at=MOMENT
    )
    world = world_of({"/notes": {"post": does(201, note, thing(text=TEXT))}})
    made = orjson.loads(ask(world, "POST", "/notes", {"text": "a"}).body)
    assert made["created_at"] == made["updated_at"]


@pytest.mark.parametrize(("sent", "status"), [({}, 428), ({"if_match": '"x"'}, 412)])
def test_a_declared_428_asks_for_a_tag_over_http_and_not_of_tools(
    sent: dict[str, str], status: int
) -> None:
    text = thing("id", "text", id=TEXT, text=TEXT)
    put = does(shows=text, takes=thing(text=TEXT), replies={"428": {"description": "tag wanted"}})
    one = {"get": does(shows=text), "put": put, "parameters": [by("id")]}
    world = world_of({"/texts": {"get": does(shows={"type": "array", "items": text})},
                      "/texts/{id}": one})  # fmt: skip
    id = world.session(seed=1).state.ids("/texts")[0]
    assert ask(world, "PUT", f"/texts/{id}", {"text": "b"}, **sent).status == status
    assert not world.session(seed=1).call("put_texts_id", {"id": id, "text": "b"}).error


@pytest.mark.parametrize("at", [".3.4", ".3,4"])
def test_labels_are_joined_by_dots_or_commas(at: str) -> None:
    place = by("at", schema={"type": "array", "items": {"type": "integer"}}) | {"style": "label"}
    world = world_of({"/cells/{at}": {"get": {**does(shows=thing(v=TEXT)), "parameters": [place]}}})
    assert ask(world, "GET", f"/cells/{at}").status == 200
    assert ask(world, "GET", "/cells/.3.x").status in (400, 422)


def test_what_was_named_by_its_id_is_shown_as_an_object_with_it() -> None:
    person = thing("gid", gid=TEXT, name=TEXT)
    crew = {"type": "array", "items": person}
    shown = thing("id", id={**TEXT, "readOnly": True}, owner=person, crew=crew, note=TEXT)
    sent = thing(owner=TEXT, crew={"type": "array", "items": TEXT}, note=TEXT)
    world = world_of({"/boats": {"post": does(201, shown, sent)}})
    body = {"owner": "7", "crew": ["8", "9"], "note": "n"}
    made = orjson.loads(ask(world, "POST", "/boats", body).body)
    assert (
        made.items()
        >= {"owner": {"gid": "7"}, "crew": [{"gid": "8"}, {"gid": "9"}], "note": "n"}.items()
    )
