"""Creates: what is not given is made, and nothing is made that is given."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import World
from tests.sandbox.world.documents import by, does, thing, world_of
from tests.sandbox.world.test_one_place import ask

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
GIVEN: dict[str, Any] = {"colour": "red", "name": "Ada"}
NAMED: dict[str, Any] = {"name": "Ada"}


def paints(schema: dict[str, Any]) -> World:
    taken = {"type": "object", "additionalProperties": True}
    item = {"get": does(shows=schema, parameters=[by("id", schema=INTEGER)])}
    return world_of({"/paints": {"post": does(201, schema, taken)}, "/paints/{id}": item})


@pytest.mark.parametrize("given", [GIVEN, {"name": "Ada"}, {"colour": "red"}], ids=str)
@pytest.mark.parametrize("required", [["id", "name"], ["name"], ["colour", "id", "name"]], ids=str)
def test_the_short_way_says_what_the_long_way_says(
    given: dict[str, Any], required: list[str]
) -> None:
    # A schema in parts is never filled in the short way.
    plain = thing(*required, name=TEXT, colour=TEXT, id=INTEGER)
    said = [
        paints(schema).session(seed=5).call("post_paints", given).text
        for schema in (plain, {"allOf": [plain]})
    ]
    assert said[0] == said[1]
    assert given.items() <= orjson.loads(said[0]).items()


def test_ids_come_from_a_small_range_until_it_is_full() -> None:
    small = {"type": "integer", "minimum": 1, "maximum": 30}
    shelf = thing("id", id=small)
    item = {"get": does(shows=shelf, parameters=[by("id", schema=small)])}
    world = world_of({"/shelves": {"post": does(201, shelf)}, "/shelves/{id}": item})
    session = world.session(seed=1)
    first = set(session.state.ids("/shelves"))
    seen = [session.call("post_shelves", {}) for _ in range(30)]
    made = {str(orjson.loads(each.text)["id"]) for each in seen if not each.error}
    assert first | made == {str(id) for id in range(1, 31)} and not first & made
    assert {each.status for each in seen} == {201, 409}


def test_where_longer_ids_are_allowed_there_is_always_room() -> None:
    session = paints(thing("id", id=INTEGER)).session(seed=1)
    for id in range(100, 100_000):
        session.state.put("/paints", str(id), {"id": id})
    made = orjson.loads(session.call("post_paints", {"name": "Ada"}).text)
    assert made["id"] >= 100_000


def test_ids_of_many_digits_are_found() -> None:
    great = {"type": "integer", "minimum": 10**9}
    shelf = thing("id", id=great)
    item = {"get": does(shows=shelf, parameters=[by("id", schema=great)])}
    session = world_of({"/shelves": {"post": does(201, shelf)}, "/shelves/{id}": item}).session()
    made = orjson.loads(session.call("post_shelves", {}).text)
    assert made["id"] >= 10**9
    assert not session.call("get_shelves_id", {"id": made["id"]}).error


def test_an_object_that_holds_the_id_is_given_without_it() -> None:
    told, taken = thing("name", name=TEXT, note=TEXT), thing("note", note=TEXT)
    lamp = thing("metadata", metadata=told, colour=TEXT)
    new = thing("metadata", metadata=taken, colour=TEXT)
    listed = does(shows={"type": "array", "items": lamp})
    one = {"get": does(shows=lamp), "put": does(200, lamp, new), "parameters": [by("name")]}
    paths = {"/lamps": {"get": listed, "post": does(201, lamp, new)}, "/lamps/{name}": one}
    session = world_of(paths).session(seed=1)
    made = ask(session, "POST", "/lamps", {"metadata": {"note": "dim"}, "colour": "red"})[1]
    place = f"/lamps/{made['metadata']['name']}"
    assert ask(session, "GET", place) == (200, made)
    changed = {**made, "metadata": {**made["metadata"], "note": "bright"}}
    sent = {"metadata": {"note": "bright"}, "colour": "red"}
    assert ask(session, "PUT", place, sent) == (200, changed)


def test_what_is_not_given_has_the_documents_default() -> None:
    state = {"type": "string", "enum": ["open", "paid"], "readOnly": True, "default": "open"}
    bill = thing("id", "state", id=INTEGER, state=state, colour={**TEXT, "default": "blue"})
    session = paints(bill).session(seed=1)
    made = [orjson.loads(session.call("post_paints", given).text) for given in (NAMED, GIVEN)]
    assert [(each["state"], each["colour"]) for each in made] == [("open", "blue"), ("open", "red")]


def test_what_was_just_created_has_nothing_under_it() -> None:
    shelf, box = thing("id", id=INTEGER), thing("id", id=INTEGER)
    of_shelf = [by("id", schema=INTEGER)]
    boxes = {
        "get": does(shows={"type": "array", "items": box}, parameters=of_shelf),
        "post": does(201, box, parameters=of_shelf),
    }
    shelves = {"get": does(shows={"type": "array", "items": shelf}), "post": does(201, shelf)}
    session = world_of({"/shelves": shelves, "/shelves/{id}/boxes": boxes}).session(seed=1)
    old = session.state.ids("/shelves")[0]
    new = orjson.loads(session.call("post_shelves", {}).text)["id"]
    assert orjson.loads(session.call("get_shelves_id_boxes", {"id": int(old)}).text)
    assert orjson.loads(session.call("get_shelves_id_boxes", {"id": new}).text) == []
    session.call("post_shelves_id_boxes", {"id": new})
    assert len(orjson.loads(session.call("get_shelves_id_boxes", {"id": new}).text)) == 1


@pytest.mark.parametrize(("declared", "status"), [("409", 409), ("422", 422), ("404", 409)])
def test_a_second_one_under_the_same_key_is_refused_with_a_declared_status(
    declared: str, status: int
) -> None:
    flag = thing(key={"type": "string"}, on={"type": "boolean"})
    make = does(201, flag, flag, operationId="make", replies={declared: {"description": "no"}})
    paths = {
        "/flags": {"post": make},
        "/flags/{key}": {"get": does(shows=flag), "parameters": [by("key")]},
    }
    session = world_of(paths).session(seed=1)
    assert session.call("make", {"key": "dark", "on": True}).status == 201
    assert session.call("make", {"key": "dark", "on": False}).status == status
