"""The control plane: sessions opened, watched and wound back, and nothing without the token."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
import pytest

from sandbox import World
from sandbox.transports.server import Server

client = import_module("wavetank_client")
Tank = Any


@pytest.fixture
def tank(served: str) -> Iterator[Tank]:
    with client.Wavetank(served, token="the-token") as made:
        yield made


def test_nothing_works_without_the_token(served: str) -> None:
    with httpx.Client(base_url=f"{served}/_wavetank", trust_env=False) as http:
        for path in ("/documents", "/sessions", "/sessions/bookshop/ledger"):
            assert http.get(path).status_code == 401
            wrong = http.get(path, headers={"authorization": "Bearer the-tokem"})
            assert wrong.status_code == 401
            assert wrong.headers["www-authenticate"] == "Bearer"
        described = http.get("/openapi.json").json()
        assert described["servers"] == [{"url": "/_wavetank"}]


def test_a_session_is_as_it_was_asked_for(tank: Tank, world: World) -> None:
    session = tank.session(seed=5, label="run-1", helpfulness=0)
    local = world.session(seed=5, label="run-1", helpfulness=0)
    assert session.state("/books") == {
        key: dict(local.state.get("/books", key) or {}) for key in local.state.ids("/books")
    }
    seen = session.call("getBook", {"book_id": "bk_000000"})
    assert (seen.text, seen.status) == (
        (shown := local.call("getBook", {"book_id": "bk_000000"})).text,
        shown.status,
    )


def test_broken_arguments_reach_the_session_as_they_are(tank: Tank, world: World) -> None:
    seen = tank.session(seed=1).call("listBooks", '{"per_page": ')
    assert seen.error
    assert seen.text == world.session(seed=1).call("listBooks", '{"per_page": ').text


def test_fork_snapshot_restore_and_reset(tank: Tank) -> None:
    session = tank.session(seed=2)
    book = session.state()["/books"][0]
    before = session.snapshot()
    fork = session.fork()
    assert session.call("deleteBook", {"book_id": book}).status == 204
    assert session.call("getBook", {"book_id": book}).status == 404
    assert fork.call("getBook", {"book_id": book}).status == 200
    session.restore(before)
    assert session.call("getBook", {"book_id": book}).status == 200
    session.reset()
    assert session.ledger() == []
    with pytest.raises(client.WavetankError, match="no snapshot"):
        session.restore("n9")


def test_the_ledger_is_readable_and_can_be_followed(tank: Tank, served: str) -> None:
    session = tank.session(seed=2)
    for _ in range(3):
        session.call("listBooks", {"per_page": 1})
    assert [row["seq"] for row in session.ledger(after=0)] == [1, 2]
    path = f"{served}/_wavetank/sessions/{session.id}/ledger/events?follow=false"
    headers = {"authorization": "Bearer the-token", "last-event-id": "0"}
    events = httpx.get(path, headers=headers, trust_env=False)
    assert events.headers["content-type"].startswith("text/event-stream")
    assert [line for line in events.text.splitlines() if line.startswith("id")] == [
        "id: 1",
        "id: 2",
    ]


def test_the_clock_is_virtual(tank: Tank, app: Server) -> None:
    session = tank.session()
    session.advance(3600)
    assert app.sessions[session.id].session.clock.now == 3600


def test_plain_requests_reach_the_session(tank: Tank) -> None:
    session = tank.session(seed=9)
    headers = {"authorization": "Bearer any"}
    reply = httpx.get(f"{session.base_url}/v1/books", headers=headers, trust_env=False)
    assert reply.status_code == 200
    assert session.ledger()[0]["operation"] == "listBooks"


def test_what_is_not_valid_is_named(tank: Tank) -> None:
    with pytest.raises(client.WavetankError, match="no document 'bookshp'; did you mean bookshop"):
        tank.session("bookshp")
    with pytest.raises(client.WavetankError, match="422"):
        tank.session(helpfulness=9)
    session = tank.session()
    session.close()
    with pytest.raises(client.WavetankError, match="404: no session"):
        session.call("listBooks")


def test_tools_come_in_every_dialect(tank: Tank) -> None:
    session = tank.session()
    assert {tool["function"]["name"] for tool in session.tools()} >= {"listBooks", "wait"}
    assert "input_schema" in session.tools("anthropic")[0]
    assert len(tank.documents()) == 1


def test_too_many_sessions_are_refused(world: World) -> None:
    sessions = Server({"bookshop": world}, mcp=False).sessions
    sessions.limit = 2
    sessions.open()
    with pytest.raises(Exception, match="2 sessions are open"):
        sessions.open()


def test_the_api_changes_under_a_running_session_and_comes_back(tank: Tank) -> None:
    session = tank.session(seed=3)
    place = f"/sessions/{session.id}"
    before = {tool["function"]["name"]: tool for tool in tank.send("GET", f"{place}/tools")}
    assert session.call("listBooks", {}).status == 200
    view = tank.send("PUT", f"{place}/drift", {"drift": "D03"})
    assert (view["release"], view["docs"], view["calls"]) == (1, 0, 1)
    session.call("listBooks", {})
    assert tank.send("GET", f"{place}/ledger")[-1]["release"] == 1
    assert tank.send("PUT", f"{place}/drift", {"drift": None})["release"] == 0
    assert {t["function"]["name"]: t for t in tank.send("GET", f"{place}/tools")} == before
    with pytest.raises(client.WavetankError, match="409"):
        tank.send("PUT", f"{place}/drift", {"drift": "D99"})


def test_data_is_taken_out_of_one_session_and_put_into_another(tank: Tank) -> None:
    one, other = tank.session(seed=1), tank.session(seed=2)
    one.call("deleteBook", {"book_id": one.state()["/books"][0]})
    mine = {"collection": "/books", "id": "mine", "values": {"title": "Mine"}}
    assert tank.send("PUT", f"/sessions/{one.id}/entities", [mine])["calls"] == 1
    data = tank.send("GET", f"/sessions/{one.id}/entities")
    assert next(each for each in data if each["id"] == "mine")["values"]["title"] == "Mine"
    tank.send("PUT", f"/sessions/{other.id}/entities", data)
    assert other.state("/books")["mine"] == one.state("/books")["mine"]
    with pytest.raises(client.WavetankError, match="no collection '/none'"):
        tank.send("PUT", f"/sessions/{one.id}/entities", [mine | {"collection": "/none"}])
