"""Jobs come to their end in virtual time; results are there when they are done."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Session, World
from sandbox.world.state.snapshot import from_json, to_json
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}


def exports(*values: str, made: int = 202, noun: str = "exports") -> World:
    build = thing("id", "state", id=TEXT, state={"enum": list(values), "type": "string"},
                  percent={"type": "integer"}, completed_at={**TEXT, "format": "date-time"},
                  download_url={"type": "string", "format": "uri"}, format=TEXT)  # fmt: skip
    start = does(made, build, thing(format=TEXT))
    retry = {"Retry-After": {"schema": {"type": "integer"}}, "Location": {"schema": TEXT}}
    start["responses"][str(made)]["headers"] = retry
    early: Any = {"409": {"description": "not yet"}}
    item = {"parameters": [by("id")]}
    return world_of({
        f"/{noun}": {"post": start, "get": does(shows={"type": "array", "items": build})},
        f"/{noun}/{{id}}": {**item, "get": does(shows=build)},
        f"/{noun}/{{id}}/file": {**item, "get": does(shows=thing(url=TEXT), replies=early)},
        f"/{noun}/{{id}}/cancel": {**item, "post": does(shows=build, replies=early)},
    })  # fmt: skip


def call(session: Session, tool: str, **arguments: Any) -> Any:
    seen = session.call(tool, arguments)
    return orjson.loads(seen.text[seen.text.index("{") :]) if "{" in seen.text else seen.status


STATES = ("processing", "queued", "ready", "failed", "canceled")


def test_a_job_goes_from_its_first_state_to_its_last_as_time_passes() -> None:
    session = exports(*STATES).session(seed=3)
    reply = session.call("post_exports", {"format": "csv"})
    made = orjson.loads(reply.text[reply.text.index("{") :])
    assert (
        made["state"] == "queued" and "completed_at" not in made and "Retry-After: " in reply.text
    )
    assert session.call("get_exports_id_file", {"id": made["id"]}).status == 409
    session.call("wait", {"seconds": 60})
    done = call(session, "get_exports_id", id=made["id"])
    assert (done["state"], done["percent"], done["format"]) == ("ready", 100, "csv")
    assert done["completed_at"] > "2026-01-15" and done["download_url"]
    assert session.call("get_exports_id_file", {"id": made["id"]}).status == 200
    assert len(session.ledger[0].effects) == 1 and not session.ledger[-2].effects


def test_whoever_only_polls_comes_to_the_end_too_and_a_fork_goes_its_own_way() -> None:
    session = exports(*STATES).session(seed=3)
    id = call(session, "post_exports", format="csv")["id"]
    other = session.fork()
    seen = [call(session, "get_exports_id", id=id)["state"] for _ in range(20)]
    order = [["queued", "processing", "ready"].index(state) for state in seen]
    assert order == sorted(order) and (1 in order, seen[-1]) == (True, "ready")
    assert call(other, "get_exports_id", id=id)["state"] != "ready"


def test_a_job_that_is_cancelled_stays_so_and_one_that_ended_cannot_be() -> None:
    session = exports(*STATES).session(seed=3)
    first, second = (call(session, "post_exports", format=name)["id"] for name in "ab")
    assert call(session, "post_exports_id_cancel", id=first)["state"] == "canceled"
    session.call("wait", {"seconds": 60})
    assert call(session, "get_exports_id", id=first)["state"] == "canceled"
    assert session.call("post_exports_id_cancel", {"id": second}).status == 409
    assert call(session, "get_exports_id", id=second)["state"] == "ready"


def test_a_kept_session_keeps_its_jobs_running() -> None:
    world = exports(*STATES)
    session = world.session(seed=3)
    id = call(session, "post_exports", format="csv")["id"]
    again = world.session(seed=3)
    from_json(again, orjson.loads(orjson.dumps(to_json(session))))
    again.clock.advance(60)
    assert call(again, "get_exports_id", id=id)["state"] == "ready"


@pytest.mark.parametrize("values", [("draft", "signed"), ("ready", "failed"), ("queued", "lost")])
def test_what_has_no_way_to_an_end_stands_still(values: Any) -> None:
    session = exports(*values).session(seed=3)
    first = call(session, "post_exports", format="csv")
    session.clock.advance(600)
    assert call(session, "get_exports_id", id=first["id"])["state"] == first["state"]


@pytest.mark.parametrize(("share", "states"), [(0.0, 1), (0.5, 2), (0.9, 2)])
def test_a_job_fails_midway_where_a_rule_says_so(share: float, states: int) -> None:
    trigger = {"model": "first_n", "n": 1, "scope": "operation"}
    rule = {"fault": "S18", "params": {"share": share}, "trigger": trigger}
    session = exports(*STATES).session(seed=3, faults={"rules": [rule]})
    session.call("get_exports", {})
    first, second = (call(session, "post_exports", format=name)["id"] for name in "ab")
    looks = [call(session, "get_exports_id", id=first) for _ in range(20)]
    seen = list(dict.fromkeys(each["state"] for each in looks))
    assert seen[-1] == "failed" and len(seen) <= states + 1 and looks[-1]["percent"] <= share * 100
    assert looks[-1]["completed_at"] and "download_url" not in looks[-1]
    assert session.call("get_exports_id_file", {"id": first}).status == 409
    session.call("wait", {"seconds": 60})
    assert call(session, "get_exports_id", id=second)["state"] == "ready"
    assert [firing.fault for row in session.ledger for firing in row.injected] == ["S18"]


def test_a_job_without_a_state_for_failure_does_not_fail() -> None:
    rule = {"fault": "S18", "trigger": "always"}
    session = exports("queued", "ready").session(seed=3, faults={"rules": [rule]})
    id = call(session, "post_exports", format="a")["id"]
    session.call("wait", {"seconds": 60})
    assert call(session, "get_exports_id", id=id)["state"] == "ready"
    assert not any(row.injected for row in session.ledger)


def test_an_order_is_no_job() -> None:
    order = thing(
        "id", "status", id=TEXT, note=TEXT, status={"enum": ["pending", "active", "done"]}
    )
    paths = {"get": does(shows=order), "parameters": [by("id")]}
    make = does(201, order, thing(note=TEXT))
    listed = does(shows={"type": "array", "items": order})
    session = world_of({"/orders": {"post": make, "get": listed}, "/orders/{id}": paths}).session()
    first = call(session, "post_orders", note="x")
    session.clock.advance(600)
    assert call(session, "get_orders_id", id=first["id"])["status"] == first["status"]


@pytest.mark.parametrize("tool", ["get_exports_id", "get_exports"])
def test_a_job_that_has_ended_is_kept_as_a_thing_like_others(tool: str) -> None:
    session = exports(*STATES).session(seed=3)
    id = call(session, "post_exports", format="csv")["id"]
    assert session.state.overlay.jobs
    session.clock.advance(600)
    shown = session.call(tool, {"id": id} if tool == "get_exports_id" else {}).text
    assert id in shown and '"ready"' in shown
    assert not session.state.overlay.jobs
