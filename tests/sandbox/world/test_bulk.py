"""Bulk operations on a path of their own: what was sent is made, readable and told of in order."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, World
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
KEEPER = thing("id", "name", id={**NUMBER, "readOnly": True}, name=TEXT, slug=TEXT)
NEW = thing("name", name=TEXT, slug=TEXT)


def many(of: Any) -> Any:
    return {"type": "array", "items": of}


def keepers(path: str, **bulk: Any) -> World:
    read = {"get": does(shows=KEEPER), "parameters": [by("id", schema=NUMBER)]}
    own = {"get": does(shows=many(KEEPER)), "post": does(201, KEEPER, NEW)}
    return world_of({"/keepers": own, "/keepers/{id}": read, path: bulk})


def ask(session: Any, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = orjson.dumps(body) if body is not None else b""
    headers = (("content-type", "application/json"),) if data else ()
    reply = session.handle(Request(method, path, "", headers, data))
    return reply.status, orjson.loads(reply.body)


@pytest.mark.parametrize("path", [
    "/keepers/bulk", "/keepers/batch/create", "/keepers:batchCreate", "/bulk/keepers",
    "/keepers/import", "/keepers-bulk",
])  # fmt: skip
@pytest.mark.parametrize("key", ["", "inputs"])
def test_entities_of_a_bulk_path_are_those_of_the_collection(path: str, key: str) -> None:
    takes, sent = many(NEW), [{"name": "Ann"}, {"name": "Bo"}]
    bulk = does(201, thing(created=many(KEEPER)), thing(**{key: takes}) if key else takes)
    session = keepers(path, post=bulk).session(seed=1)
    before = ask(session, "GET", "/keepers")[1]
    _, made = ask(session, "POST", path, {key: sent} if key else sent)
    assert [each["name"] for each in made["created"]] == ["Ann", "Bo"]
    assert [ask(session, "GET", f"/keepers/{k['id']}")[1] for k in made["created"]] == (
        made["created"]
    )
    assert len(ask(session, "GET", "/keepers")[1]) == len(before) + 2


@pytest.mark.parametrize(("reply", "expected"), [
    (thing(ids=many(NUMBER), imported=NUMBER, failed=NUMBER, total=NUMBER),
     {"imported": 2, "failed": 0, "total": 2}),
    (thing(data=thing(keepers=many(thing("id", id=NUMBER)))), {}),
])  # fmt: skip
def test_ids_and_numbers_are_told(reply: Any, expected: dict[str, Any]) -> None:
    session = keepers("/keepers/bulk", post=does(200, reply, many(NEW))).session(seed=1)
    told = ask(session, "POST", "/keepers/bulk", [{"name": "Ann"}, {"name": "Bo"}])[1]
    ids = told.pop("ids", None) or [each["id"] for each in told.pop("data")["keepers"]]
    names = [ask(session, "GET", f"/keepers/{id}")[1]["name"] for id in ids]
    assert (names, told) == (["Ann", "Bo"], expected)


ERROR = thing("message", message=TEXT)
ROW = thing("index", "status", index=NUMBER, status=NUMBER, keeper=KEEPER, error=ERROR)


@pytest.mark.parametrize(("reply", "at", "expected"), [
    (thing(results=many(ROW)), "results",
     [{"index": 1, "status": 422, "error": {"message": "name is missing"}}]),
    (thing(created=many(NUMBER), failed=many(thing("line", line=NUMBER, reason=TEXT))), "failed",
     [{"line": 2, "reason": "name is missing"}]),
    (thing(rows=many(thing("ok", ok={"type": "boolean"}, id=NUMBER, errors=many(TEXT)))), "rows",
     [{"ok": False, "errors": ["name is missing"]}]),
])  # fmt: skip
def test_one_at_fault_is_told_of_and_the_others_are_made(
    reply: Any, at: str, expected: Any
) -> None:
    session = keepers("/keepers/bulk", post=does(207, reply, many(NEW))).session(seed=1)
    before = len(ask(session, "GET", "/keepers")[1])
    sent = [{"name": "Ann"}, {"slug": "x"}, {"name": "Bo"}]
    status, told = ask(session, "POST", "/keepers/bulk", sent)
    wrong = told[at] if at == "failed" else [told[at][1]]
    assert (status, wrong) == (207, expected)
    assert len(ask(session, "GET", "/keepers")[1]) == before + 2


def test_all_is_made_or_nothing_where_failures_cannot_be_told() -> None:
    clash = does(201, many(KEEPER), many(NEW), replies={"409": {"description": "taken"}})
    session = keepers("/keepers/bulk", post=clash).session(seed=1)
    before = ask(session, "GET", "/keepers")
    twice = [{"name": "Ann", "slug": "a"}, {"name": "Bo", "slug": "a"}]
    assert ask(session, "POST", "/keepers/bulk", twice)[0] == 409
    assert ask(session, "POST", "/keepers/bulk", [{"name": "Ann"}, {}])[0] in (400, 422)
    assert ask(session, "GET", "/keepers") == before
    assert not any(row.effects for row in session.ledger)


def test_several_are_changed_at_once_by_their_ids() -> None:
    change = does(200, many(KEEPER), many(KEEPER))
    session = keepers("/keepers/bulk", patch=change, post=does(201, many(KEEPER), many(NEW)))
    one = session.session(seed=1)
    made = ask(one, "POST", "/keepers/bulk", [{"name": "Ann"}, {"name": "Bo"}])[1]
    sent = [{"id": each["id"], "name": each["name"] * 2} for each in made]
    assert [k["name"] for k in ask(one, "PATCH", "/keepers/bulk", sent)[1]] == ["AnnAnn", "BoBo"]
    assert ask(one, "GET", f"/keepers/{made[1]['id']}")[1]["name"] == "BoBo"


@pytest.mark.parametrize("sent", ["seal", "colour"])
def test_what_is_sent_and_never_shown_makes_an_entity_too(sent: str) -> None:
    shown, made = thing("id", id=NUMBER, name=TEXT), thing(seal=TEXT)
    bulk = does(201, many(shown), many(thing(**{sent: TEXT})))
    world = world_of({
        "/keepers": {"get": does(shows=many(shown)), "post": does(201, shown, made)},
        "/keepers/{id}": {"get": does(shows=shown), "parameters": [by("id", schema=NUMBER)]},
        "/keepers/bulk": {"post": bulk},
    })  # fmt: skip
    bulky = next(o for o in world.document.operations.values() if o.path == "/keepers/bulk")
    assert world.resources.meaning(bulky).bulk is (sent == "seal")


@pytest.mark.parametrize("takes", [many(TEXT), thing(calls=many(thing(method=TEXT, url=TEXT)))])
def test_a_batch_of_something_else_makes_nothing(takes: Any) -> None:
    world = keepers("/keepers/batch", post=does(200, thing(done=NUMBER), takes))
    made = next(o for o in world.document.operations.values() if o.path == "/keepers/batch")
    assert world.resources.meaning(made).collection is None
