"""What follows a failure that says nothing against the call."""

from __future__ import annotations

import pytest

from agent.backends.local.grammar import FORMS, turn_grammar
from agent.runtime.forms.retries import MOST_TRIES, next_call
from tests.agent.test_lookbacks import LOST, TOOLS, exchange
from tests.agent.test_spans import form
from trajectories.records import Message

NUMBER = {"type": "number"}
OFFERED = [*TOOLS, form("wait", "seconds", seconds=NUMBER), form("authenticate")]
GET = ("get_cat", {"cat_id": "c-8"})


def following(*made: list[Message]) -> list[str]:
    """The calls that have to be made next; none where anything may follow."""
    step = next_call(OFFERED, OFFERED, [turn for each in made for turn in each])
    if step is None:
        return []
    return [step.text] if step.text else [tool["function"]["name"] for tool in step.tools]


WAITED = exchange("wait", {"seconds": 1}, "Waited 1 s.", 200)
AGAIN = 'Action: get_cat\nAction Input: {"cat_id":"c-8"}'


@pytest.mark.parametrize(
    ("reply", "status", "waits"),
    [
        (LOST, None, 1),
        ("HTTP 503\nRetry-After: 7\n\n{}", 503, 7),
        ("HTTP 429\nX-RateLimit-Reset: 12.2\n\n{}", 429, 13),
        ("HTTP 429\nRetry-After: soon\n\n{}", 429, 1),
        ("HTTP 409\nRetry-After: 5\n\n{}", 409, 5),
        ("HTTP 429\nRetry-After: nan\n\n{}", 429, 1),
        ("HTTP 429\nRetry-After: -5\n\n{}", 429, 1),
        ("HTTP 429\nRetry-After: inf\n\n{}", 429, 1),
        (
            "HTTP 503\nDate: Fri, 16 Jan 2026 12:00:00 -0000\n"
            "Retry-After: Fri, 16 Jan 2026 12:00:30 GMT\n\n{}",
            503,
            1,
        ),
        (
            "HTTP 503\nDate: Fri, 16 Jan 2026 12:00:00 GMT\n"
            "Retry-After: Fri, 16 Jan 2026 12:00:30 GMT\n\n{}",
            503,
            30,
        ),
    ],
)
def test_it_is_waited_as_long_as_was_asked_and_then_called_again(
    reply: str, status: int | None, waits: int
) -> None:
    failed = exchange(*GET, reply, status)
    step = next_call(OFFERED, OFFERED, failed)
    assert step is not None
    held = step.tools[0]["function"]["parameters"]["properties"]
    assert held == {"seconds": {"enum": [waits]}}
    assert following(failed, WAITED) == [AGAIN]


@pytest.mark.parametrize("status", [200, 404, 422])
def test_nothing_follows_from_other_replies(status: int) -> None:
    assert following(exchange(*GET, "{}", status)) == []


def test_fresh_credentials_are_got_once() -> None:
    locked = exchange(*GET, "{}", 401)
    signed = exchange("authenticate", {}, "Signed in.", 200)
    assert following(locked) == ["authenticate"] and following(locked, signed) == [AGAIN]


def test_a_call_that_keeps_failing_is_left() -> None:
    failed = [*exchange(*GET, LOST, None), *WAITED]
    assert following(failed * (MOST_TRIES - 1)) == [AGAIN]
    assert following(failed * MOST_TRIES) == []


def test_after_a_write_that_may_have_happened_somebody_looks_first() -> None:
    lost = exchange("delete_cat", {"cat_id": "c-8"}, LOST, None)
    assert following(lost, WAITED) == ["get_cat"]
    there = exchange(*GET, {"cat_id": "c-8"}, 200)
    assert following(lost, WAITED, there)[0].startswith("Action: delete_cat")
    assert following(lost, WAITED, exchange(*GET, {}, 404)) == []
    busy = exchange("delete_cat", {"cat_id": "c-8"}, "{}", 429)
    assert following(busy, WAITED)[0].startswith("Action: delete_cat")


def test_a_write_with_a_key_is_made_again_at_once() -> None:
    sent = {"name": "Tom", "Idempotency-Key": "k-1"}
    lost = exchange("create_cat", sent, LOST, None)
    assert following(lost, WAITED)[0].startswith("Action: create_cat")


def test_roles_are_held_to_it() -> None:
    asks = Message(role="user", content="Show me cat c-8.")
    failed = [asks, *exchange(*GET, LOST, None), *WAITED]
    planner = turn_grammar("planner", OFFERED, failed)
    assert planner is not None and '("get_cat")' in planner and "finish" not in planner
    decided = Message(role="planner", content="Call get_cat.\n Next: caller.")
    caller = turn_grammar("caller", OFFERED, [*failed, decided])
    assert caller is not None and caller.startswith('start: " Action: get_cat')
    free = turn_grammar("planner", OFFERED, failed, forms=FORMS - {"retries"})
    assert free is not None and '"list_cats"' in free


def test_who_verifies_looks_after_every_write_and_makes_what_is_missing_again() -> None:
    made = exchange("update_cat", {"cat_id": "c-8", "name": "Tom"}, "{}", 200)
    looked = next_call(OFFERED, OFFERED, made, verifies=True)
    assert looked is not None and next_call(OFFERED, OFFERED, made) is None
    assert [tool["function"]["name"] for tool in looked.tools] == ["get_cat"]
    missing = [*made, *exchange(*GET, {"name": "Ann"}, 200)]
    again = next_call(OFFERED, OFFERED, missing, verifies=True)
    assert again is not None and again.text.startswith("Action: update_cat")
    there = [*made, *exchange(*GET, {"name": "Tom"}, 200)]
    assert next_call(OFFERED, OFFERED, there, verifies=True) is None
    assert next_call(OFFERED, OFFERED, missing * MOST_TRIES, verifies=True) is None
