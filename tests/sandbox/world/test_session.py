"""Sessions: created things can be read, the same seed says the same, forks go their own ways."""

from __future__ import annotations

import orjson

from sandbox import Request, Session, World


def body(session: Session, tool: str, **arguments: object) -> dict[str, object]:
    seen = session.call(tool, arguments)
    assert not seen.error, seen.text
    found = orjson.loads(seen.text)
    assert isinstance(found, dict)
    return found


def test_the_same_seed_gives_the_same_bytes() -> None:
    world = World.load("bookshop")
    first, second = world.session(seed=7), world.session(seed=7)
    assert first.call("listBooks", {}).text == second.call("listBooks", {}).text
    assert first.call("listBooks", {}).text != world.session(seed=8).call("listBooks", {}).text


def test_an_unknown_tool_is_an_observation() -> None:
    seen = World.load("bookshop").session().call("listBokos", {})
    assert seen.error
    assert "listBokos" in seen.text


def test_broken_json_is_an_observation_and_kept_raw() -> None:
    session = World.load("bookshop").session()
    seen = session.call("listBooks", '{"limit": ')
    assert seen.status == 400
    assert session.ledger[0].raw == '{"limit": '


def test_waiting_moves_virtual_time_only() -> None:
    session = World.load("bookshop").session()
    assert session.call("wait", {"seconds": 30}).text == "Waited 30 s."
    assert session.clock.now == 30


def test_a_request_on_the_wire_is_the_same_call() -> None:
    world = World.load("bookshop")
    by_tool = world.session(seed=1).call("listBooks", {"per_page": 2}).text
    request = Request(
        "GET", f"{world.document.base_path}/books", "per_page=2", (("authorization", "Bearer t"),)
    )
    assert world.session(seed=1).handle(request).body.decode() == by_tool


def test_what_is_given_of_an_entity_is_all_that_is_other() -> None:
    world = World.load("bookshop")
    id = world.session(seed=3).state.ids("/books")[0]
    before = world.session(seed=3).state.get("/books", id)
    given = [{"collection": "/books", "id": id, "values": {"stock": 41}}]
    assert before and before["stock"] != 41
    assert world.session(seed=3, given=given).state.get("/books", id) == {**before, "stock": 41}


def test_a_fork_leaves_the_original_alone() -> None:
    session = World.load("bookshop").session(seed=3)
    twin = session.fork()
    for path in ("/books",):
        known = twin.state.ids(path)
        twin.state.delete(path, known[0])
        assert known[0] in session.state.ids(path)
        assert known[0] not in twin.state.ids(path)
