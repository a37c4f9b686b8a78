"""A schedule may name faults that watch every call: each meets the calls of its steps."""

from __future__ import annotations

import pytest

from sandbox import World
from sandbox.faults import faults


@pytest.mark.parametrize("fault", faults())
def test_every_fault_can_be_a_step_of_a_schedule(fault: str) -> None:
    trigger = {"model": "schedule", "steps": [fault, None, fault]}
    session = World.load("bookshop").session(seed=1, faults={"rules": [{"trigger": trigger}]})
    for _ in range(4):
        session.call("listBooks", {})
    hit = [{firing["fault"] for firing in row.as_json()["injected"]} for row in session.ledger]
    assert set().union(*hit) <= {fault} and not hit[1] and not hit[3]


def test_what_watches_every_call_fires_in_its_step_alone() -> None:
    trigger = {"model": "schedule", "steps": [None, "A01"]}
    session = World.load("bookshop").session(seed=1, faults={"rules": [{"trigger": trigger}]})
    assert [session.call("listBooks", {}).status for _ in range(3)] == [200, 401, 200]
