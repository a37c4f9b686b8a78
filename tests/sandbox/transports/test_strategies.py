"""Hypothesis strategies over a session: what they give is right for the document, and shrinks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from sandbox import World

strategies: Any = import_module("wavetank_strategies")
SHELF = World.load("bookshop")
FEW = settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@FEW
@given(st.data())
def test_a_call_is_accepted(data: st.DataObject) -> None:
    session = SHELF.session(seed=1)
    call = data.draw(strategies.calls(session))
    assert isinstance(call.arguments, dict)
    assert (session.call(call.tool, call.arguments).status or 0) not in (400, 404, 422)


@FEW
@given(strategies.broken_calls(SHELF.session(seed=1)))
def test_a_broken_call_is_broken(broken: Any) -> None:
    session = SHELF.session(seed=1)
    assert broken.id.startswith("K") and broken.calls
    for each in broken.calls:
        session.call(each.tool, each.arguments)
    refused = [row for row in session.ledger if row.problems or row.response.status >= 400]
    assert refused or len(session.ledger) > 1 or broken.corrected != broken.calls[0]


@FEW
@given(strategies.faults(), strategies.drift(SHELF))
def test_plans_can_be_played(plan: Any, changes: Any) -> None:
    assert SHELF.session(seed=1, faults=plan, drift=changes).call("listBooks", {}).text


def test_a_property_shrinks_to_the_smallest_storm_and_the_plainest_call() -> None:
    session = SHELF.session(seed=1)
    quiet = settings(FEW, max_examples=400)
    made = find(strategies.calls(session), lambda call: call.tool == "createAuthor", settings=quiet)
    assert made.arguments.keys() == {"name", "country"}

    def hurts(plan: dict[str, object]) -> bool:
        stormy = SHELF.session(seed=1, faults=plan)
        return stormy.call("createAuthor", {"name": "Ada", "country": "GB"}).status is None

    smallest = find(strategies.faults("H01", "T03"), hurts, settings=quiet)
    assert smallest == {"rules": [{"fault": "T03", "trigger": {"model": "first_n"}}]}
