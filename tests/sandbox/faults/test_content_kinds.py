"""What a lying reply changes: any field that is no null, and both answers to "is there more?"."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
LAMP = thing("id", "colour", id=TEXT, colour=TEXT)


@pytest.mark.parametrize(
    ("how", "value", "shown", "fired"),
    [("null", "blue", None, 1), ("type", "blue", "blue", 0), ("type", 7, "7", 1)],
)
def test_any_field_may_be_null_and_only_a_number_comes_as_text(
    how: str, value: Any, shown: Any, fired: int
) -> None:
    mug = thing(id={"type": "string"}, label={"type": ["string", "integer"]})
    world = world_of({"/mugs/{id}": {"get": does(shows=mug, parameters=[by("id")])}})
    given = {"collection": "/mugs", "id": "m1", "values": {"label": value}}
    rule = {"fault": "B12", "trigger": "always", "params": {"how": how}}
    session = world.session(given=[given], faults={"rules": [rule]})
    reply = orjson.loads(session.call(next(iter(world.tools)), {"id": "m1"}).text)
    assert (reply["label"], len(session.ledger[0].injected)) == (shown, fired)


@pytest.mark.parametrize("size", [1, 99])
def test_more_is_denied_where_there_is_more_and_promised_where_there_is_none(size: int) -> None:
    number, flag = {"type": "integer"}, {"type": "boolean"}
    reply = thing("data", "has_more", data={"type": "array", "items": LAMP}, has_more=flag)
    listed = does(shows=reply, operationId="all")
    listed["parameters"] = [by("limit", "query", number), by("offset", "query", number)]
    world, said = world_of({"/lamps": {"get": listed}}), dict[bool, Any]()
    for lying in (False, True):
        faults = {"rules": [{"fault": "S15"}]} if lying else None
        text = world.session(seed=1, faults=faults).call("all", {"limit": size}).text
        said[lying] = orjson.loads(text)["has_more"]
    assert said == {False: size == 1, True: size != 1}


def test_a_change_that_changes_nothing_has_no_field_to_lose() -> None:
    change = {"type": "object", "properties": {"colour": TEXT}}
    item = {"get": does(shows=LAMP), "parameters": [by("id")],
            "patch": does(shows=LAMP, takes=change, operationId="paint")}  # fmt: skip
    listed = does(shows={"type": "array", "items": LAMP})
    world = world_of({"/lamps": {"get": listed}, "/lamps/{id}": item})
    session = world.session(seed=1, faults={"rules": [{"fault": "M08"}]})
    id = session.state.ids("/lamps")[0]
    lamp = session.state.get("/lamps", id) or {}
    assert session.call("paint", {"id": id, "colour": lamp["colour"]}).status == 200
    session.call("paint", {"id": id, "colour": "other than before"})
    assert [bool(row.injected) for row in session.ledger] == [False, True]


def test_an_object_buried_under_diagnostics_is_all_there() -> None:
    item = {"get": does(shows=LAMP, operationId="show"), "parameters": [by("id")]}
    listed = does(shows={"type": "array", "items": LAMP})
    world = world_of({"/lamps": {"get": listed}, "/lamps/{id}": item})
    session = world.session(seed=1, faults={"rules": [{"fault": "B10", "params": {"kib": 1}}]})
    id = session.state.ids("/lamps")[0]
    shown = orjson.loads(session.call("show", {"id": id}).text)
    assert len(shown.pop("_debug")) > 1 and shown == session.state.get("/lamps", id)
