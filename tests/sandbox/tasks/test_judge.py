"""The judge: success, what failed, and what nobody asked for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.tasks import Task, judge
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.models import Assertion, EffectPattern, Goal
from sandbox.world import Session, World
from tests.sandbox.world.documents import by, does, thing, world_of

ORDER = {"id": "t", "instruction": "Do it.", "document": "bookshop"}


def desk() -> Session:
    return World.load("helpdesk").session(seed=3)


def first_open(session: Session) -> int:
    found = orjson.loads(session.call("list_tickets", {"status": "open"}).text)
    number: int = found["tickets"][0]["id"]
    return number


def closing(number: int) -> Task:
    state = [
        Assertion(collection="/tickets", id=str(number), pointer="/status", value="closed"),
    ]
    return Task(id="close", instruction="Close it.", goal=Goal(state=state))


def test_what_was_asked_for_is_success() -> None:
    session = desk()
    number = first_open(session)
    session.call("close_ticket", {"ticket_id": number})
    assert judge(closing(number), session, "Done.").success


def test_nothing_done_is_a_failure_that_says_what_is_wrong() -> None:
    session = desk()
    number = first_open(session)
    verdict = judge(closing(number), session, "Done.")
    assert not verdict.success
    assert verdict.failures == (f"/tickets/{number}/status is 'open', wanted equals 'closed'",)


def test_one_thing_too_many_is_collateral() -> None:
    session = desk()
    number = first_open(session)
    session.call("close_ticket", {"ticket_id": number})
    session.call("update_ticket", {"ticket_id": number, "subject": "Something else entirely"})
    verdict = judge(closing(number), session, "Done.")
    assert [effect.kind for effect in verdict.collateral] == ["update"]


def test_what_was_undone_did_no_harm() -> None:
    session = desk()
    number = first_open(session)
    made = orjson.loads(
        session.call("create_team", {"name": "Night shift", "language": "en"}).text.partition(
            "\n\n"
        )[2]
        or session.ledger[-1].response.body
    )
    assert not judge(closing(number), session, "").success
    session.state.delete("/teams", str(made["id"]))
    session.call("close_ticket", {"ticket_id": number})
    verdict = judge(closing(number), session, "")
    assert [effect.kind for effect in verdict.collateral] == ["create"]


def test_an_allowed_effect_is_no_collateral() -> None:
    session = desk()
    number = first_open(session)
    session.call("close_ticket", {"ticket_id": number})
    session.call("create_team", {"name": "Night shift", "language": "en"})
    task = closing(number)
    assert not judge(task, session, "").success
    allowed = task.model_copy(update={"allow": [EffectPattern(kind="create", collection="/teams")]})
    assert judge(allowed, session, "").success


@pytest.mark.parametrize(("pointer", "allowed"), [("/subject", True), ("/priority", False)])
def test_what_may_change_besides_is_what_is_named(pointer: str, allowed: bool) -> None:
    session = desk()
    number = first_open(session)
    session.call("close_ticket", {"ticket_id": number})
    other = first_open(session)
    session.call("update_ticket", {"ticket_id": other, "subject": "Something else entirely"})
    pattern = EffectPattern(kind="update", collection="/tickets", pointers=[pointer])
    task = closing(number).model_copy(update={"allow": [pattern]})
    assert judge(task, session, "").success is allowed


def test_a_star_is_one_new_entity_and_a_duplicate_is_harm() -> None:
    session = desk()
    state = [
        Assertion(collection="/teams", id="*", pointer="/name", value="Night shift"),
        Assertion(collection="/teams", id="*", pointer="/language", value="de"),
    ]
    task = Task(id="team", instruction="Create it.", goal=Goal(state=state))
    assert not judge(task, session, "").success
    session.call("create_team", {"name": "Night shift", "language": "de"})
    assert judge(task, session, "").success
    session.call("create_team", {"name": "Night shift", "language": "de"})
    assert len(judge(task, session, "").collateral) == 1


def test_giving_up_reaches_a_goal_only_where_nothing_can_be_done() -> None:
    session = desk()
    task = Task(id="no", instruction="Paint it.", solvable=False)
    assert judge(task, session, None).success
    assert not judge(closing(first_open(session)), session, None).success


def test_an_answer_must_hold_what_is_required_and_nothing_forbidden() -> None:
    goal = {"answer": {"required": [12.5, "EUR"], "forbidden": ["USD"]}}
    task = Task.model_validate({**ORDER, "goal": goal})
    session = desk()
    assert judge(task, session, "It costs 12.50 eur.").success
    assert judge(task, session, "It costs 12.50.").failures == ("answer lacks 'EUR'",)
    assert not judge(task, session, "12.5 EUR or USD").success


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("greater", 3, True), ("greater", 4, False), ("greater", 5, False),
        ("less", 3, False), ("less", 4, False), ("less", 4.5, True),
        ("greater", "3", False), ("less", "9", False),
        ("equals", 4.0, True), ("equals", "4", False), ("not_equals", 4, False),
    ],
)  # fmt: skip
def test_a_number_is_compared_with_numbers_only(operator: Any, value: Any, holds: bool) -> None:
    jar = thing(id={"type": "string"}, litres={"type": "integer"})
    world = world_of({"/jars/{id}": {"get": does(shows=jar, parameters=[by("id")])}})
    session = world.session(given=[{"collection": "/jars", "id": "j1", "values": {"litres": 4}}])
    place = {"collection": "/jars", "id": "j1", "pointer": "/litres"}
    goal = {"state": [{**place, "operator": operator, "value": value}]}
    task = Task.model_validate({"id": "t", "instruction": "Look.", "goal": goal})
    assert judge(task, session, "Done.").success == holds


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("/width~1cm", 7), ("/is~0new", True), ("/a~01", 1), ("/list/-1", "y"), ("/list/-3", None),
     ("/list/2", None), ("/list/x", None), ("", {"a": 1})],
)  # fmt: skip
def test_a_pointer_leads_through_any_name_and_from_either_end(pointer: str, found: Any) -> None:
    value = {"width/cm": 7, "is~new": True, "a~1": 1, "list": ["x", "y"]}
    assert at_pointer(value if pointer else found, pointer) == found
