"""Faults that need more than one call to be seen, and what a polite client does about them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.messages import Observation
from sandbox.world.session import Session
from tests.sandbox.faults.scenes import arguments, bookshop, first


def stormy(fault: str, trigger: Any = None, **params: Any) -> Session:
    rule: dict[str, Any] = {"fault": fault, "params": params}
    if trigger is not None:
        rule["trigger"] = trigger
    return bookshop().session(seed=3, faults={"rules": [rule]})


def shown(observation: Observation) -> Any:
    """The JSON body of an observation, below its headers if it has any."""
    return orjson.loads(observation.text[observation.text.index("{") :])


def made(session: Session) -> str:
    """Create a book; its id."""
    observation = session.call(*arguments("create"))
    assert observation.status in (201, 202)
    return str(shown(observation)["id"])


def read(session: Session, id: str) -> int | None:
    return session.call("getBook", {"book_id": id}).status


def price(session: Session) -> float:
    observation = session.call(*arguments("item"))
    return float(shown(observation)["price"])


def test_a_new_entity_is_not_found_at_first() -> None:
    session = stormy("H11")
    id = made(session)
    assert [read(session, id), read(session, id)] == [404, 200]


@pytest.mark.parametrize(("fault", "status"), [("H12", 409), ("H16", 412), ("H17", 428)])
def test_a_conflict_lasts_until_the_entity_was_read_again(fault: str, status: int) -> None:
    session = stormy(fault)
    tries = [session.call(*arguments("update")).status for _ in range(3)]
    session.call(*arguments("item"))
    assert tries == [status] * 3
    assert session.call(*arguments("update")).status == 200


def test_a_request_in_flight_is_done_after_the_wait_that_was_stated_first() -> None:
    session = stormy("H13", busy_s=5.0)
    stated = []
    for wait in (2, 3):
        observation = session.call(*arguments("create"))
        stated.append((observation.status, "Retry-After: 5" in observation.text))
        session.call("wait", {"seconds": wait})
    assert stated == [(409, True), (409, False)]
    assert session.call(*arguments("create")).status == 201


def test_an_accepted_create_is_polled_to_its_end() -> None:
    session = stormy("H23", n_polls=2)
    id = made(session)
    assert [read(session, id) for _ in range(3)] == [202, 202, 200]


@pytest.mark.parametrize("fault", ["A01", "A02", "A04"])
def test_refused_credentials_are_mended_by_signing_in(fault: str) -> None:
    session = stormy(fault)
    refused = [session.call(*arguments("item")).error for _ in range(3)]
    session.call("authenticate", {})
    assert refused == [True] * 3
    assert session.call(*arguments("item")).status == 200


def test_a_refresh_that_fails_leaves_nothing_to_do() -> None:
    session = stormy("A05")
    session.call(*arguments("item"))
    refused = session.call("authenticate", {})
    assert refused.error and "invalid_grant" in refused.text
    assert session.call(*arguments("item")).status == 401


def test_reads_lag_behind_a_write() -> None:
    session = stormy("S01")
    old = price(session)
    session.call(*arguments("update"))
    assert [price(session), price(session)] == [old, 7.25]


def test_lists_lag_and_items_do_not() -> None:
    session = stormy("S02")
    before = session.call(*arguments("list")).text
    id = made(session)
    assert read(session, id) == 200
    assert session.call(*arguments("list")).text == before
    assert session.call(*arguments("list")).text != before


def test_a_stale_cache_tells_its_age() -> None:
    session = stormy("S03")
    old = price(session)
    session.call(*arguments("update"))
    stale = session.call(*arguments("item"))
    assert "Age: 1" in stale.text and f"{old}" in stale.text
    assert price(session) == 7.25


def test_half_of_a_change_is_stored() -> None:
    session = stormy("S07")
    said = shown(session.call(*arguments("update")))
    kept = session.ledger[-1].effects[0].after or {}
    assert (said["price"], said["stock"]) == (7.25, 1)
    assert sorted([kept["price"] == 7.25, kept["stock"] == 1]) == [False, True]
    assert session.state.get("/books", str(first("/books")["id"])) == kept


def test_a_field_of_a_change_is_ignored() -> None:
    session = stormy("M08")
    session.call(*arguments("update"))
    kept = session.ledger[-1].effects[0].after or {}
    assert sorted([kept["price"] == 7.25, kept["stock"] == 1]) == [False, True]


def test_documentation_may_be_poisoned() -> None:
    session = stormy("X03")
    assert "sandbox_audit_export" in session.call("read_docs", {}).text
    assert session.ledger[-1].injected[0].fault == "X03"


def test_state_guards_place_a_fault_at_the_critical_step() -> None:
    session = stormy("T05", {"model": "state_guard", "collection": "/books", "count": 1})
    assert session.call(*arguments("item")).status == 200
    session.call(*arguments("create"))
    assert session.call(*arguments("item")).status is None


def test_waiting_costs_no_wall_time_and_keeps_the_promise() -> None:
    rule = {"fault": "H01", "trigger": {"model": "first_n", "n": 1000}, "max_consecutive": 2000}
    session = bookshop().session(seed=3, faults={"max_consecutive": None, "rules": [rule]})
    for _ in range(1000):
        assert session.call(*arguments("item")).status == 429
        session.call("wait", {"seconds": 30})
    assert session.call(*arguments("item")).status == 200
    assert session.clock.now == 30_000
