"""Deeds that no read shows: the ledger keeps the call, and goals assert it."""

from __future__ import annotations

import json

import pytest

from sandbox import World
from sandbox.document import Document
from sandbox.tasks import generate, judge
from sandbox.tasks.models import SolutionStep, Task
from sandbox.tasks.recipes.calling import _deed_of
from sandbox.tasks.tool_graph import Graph
from sandbox.world.session import Session
from tests.sandbox.world.documents import does, thing, world_of
from trajectories.scoring.exchanges import doubled_creates, duplicates


def acts() -> World:
    text = {"type": "string", "minLength": 4, "maxLength": 8, "pattern": "^[a-z]+$"}
    reasons = {"type": "string", "enum": ["late", "lost", "torn"]}
    fields = {"claimCode": text, "reason": reasons}
    schema = {"type": "object", "required": [*fields], "properties": fields}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    reply = {"type": "object", "properties": {"accepted": {"type": "boolean"}}}
    answers = {"200": {"description": "", "content": {"application/json": {"schema": reply}}}}
    named = ("settleClaim", "estimateClaim", "retrieveReasons")
    paths = {f"/{n}": {"post": {"operationId": n, "requestBody": body, "responses": answers}}
             for n in named}  # fmt: skip
    info = {"title": "claims", "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": paths}
    return World(Document.parse(json.dumps(document).encode(), source="claims.json"))


SETTLED = {"claimCode": "abcd", "reason": "late"}


def made(world: World, *steps: SolutionStep) -> Session:
    session = world.session(seed=1)
    for step in steps:
        session.call(step.tool, step.arguments)
    return session


def one_task() -> tuple[World, Task, SolutionStep]:
    world = acts()
    task = next(generate(world, n=1, seed=3))
    assert task.solution is not None
    return world, task, task.solution[0]


def test_a_successful_deed_is_kept_as_a_call_with_its_arguments() -> None:
    session = acts().session(seed=1)
    session.call("settleClaim", SETTLED)
    (effect,) = session.ledger[-1].effects
    assert (effect.kind, effect.collection, effect.before) == ("call", "/settleClaim", None)
    assert effect.after == {"operation": "settleClaim", "body": SETTLED}


@pytest.mark.parametrize("tool", ["estimateClaim", "retrieveReasons"])
def test_what_only_works_something_out_commits_nothing(tool: str) -> None:
    session = acts().session(seed=1)
    assert session.call(tool, SETTLED).status == 200
    assert not session.ledger[-1].effects


def test_a_refused_deed_commits_nothing() -> None:
    session = acts().session(seed=1)
    assert session.call("settleClaim", {**SETTLED, "reason": "bored"}).status == 422
    assert not session.ledger[-1].effects


def test_the_same_call_has_the_same_mark_in_each_session_and_another_when_it_is_repeated() -> None:
    world, step = acts(), SolutionStep(tool="settleClaim", arguments=SETTLED)
    one, two = made(world, step, step), made(world, step)
    ids = [row.effects[0].id for row in one.ledger]
    assert ids[0] == two.ledger[0].effects[0].id
    assert ids[0] != ids[1]


def test_a_forked_session_has_its_calls_and_goes_on_alone() -> None:
    world, task, step = one_task()
    before = made(world, step)
    after = before.fork()
    after.call(step.tool, step.arguments)
    assert judge(task, before, task.reference_answer).success
    assert not judge(task, after, task.reference_answer).success


def test_a_document_of_deeds_alone_yields_tasks_that_say_each_value() -> None:
    _, task, step = one_task()
    assert (task.kind, step.tool) == ("act", "settleClaim")
    asserted = {each.pointer: each.value for each in task.goal.state}
    body = {f"/body/{name}": value for name, value in step.arguments.items()}
    assert asserted == {"/operation": "settleClaim", **body}
    assert all(str(value) in task.instruction for value in step.arguments.values())


@pytest.mark.parametrize("name", ["claimCode", "reason"])
def test_another_value_than_the_one_asked_is_wrong(name: str) -> None:
    world, task, step = one_task()
    other = {
        "claimCode": "wrong",
        "reason": "torn" if step.arguments["reason"] != "torn" else "lost",
    }
    changed = step.model_copy(update={"arguments": {**step.arguments, name: other[name]}})
    assert judge(task, made(world, changed), task.reference_answer).goal == "wrong"


def test_a_deed_left_out_or_done_twice_fails() -> None:
    world, task, step = one_task()
    assert judge(task, made(world), task.reference_answer).goal == "untouched"
    twice = judge(task, made(world, step, step), task.reference_answer)
    assert (twice.goal, [each.kind for each in twice.collateral]) == ("reached", ["call"])
    assert judge(task, made(world, step), task.reference_answer).success


@pytest.mark.parametrize("fault", ["T02", "T03", "T05", "T07", "T08"])
def test_a_deed_that_nobody_could_look_up_keeps_its_reply_unless_the_plan_is_unfair(
    fault: str,
) -> None:
    rule = {"fault": fault, "trigger": "always"}
    fair = acts().session(seed=1, faults={"rules": [rule]})
    assert fair.call("settleClaim", SETTLED).status == 200
    unfair = acts().session(seed=1, faults={"fair": False, "rules": [rule]})
    assert unfair.call("settleClaim", SETTLED).error
    assert bool(unfair.ledger[-1].effects) == (fault == "T03")


def test_a_call_that_was_repeated_is_counted_as_a_duplicate() -> None:
    step = SolutionStep(tool="settleClaim", arguments=SETTLED)
    rows = [row.as_json() for row in made(acts(), step, step).ledger]
    assert (doubled_creates(rows), duplicates(rows)) == ([1], 1)


@pytest.mark.parametrize(
    ("name", "deed"),
    [
        ("settleClaim", "settle a claim"), ("settleClaims", "settle claims"),
        ("settleInfo", None), ("settleClaimDetail", None),
    ],
)  # fmt: skip
def test_a_deed_is_said_where_its_name_has_a_thing_in_it(name: str, deed: str | None) -> None:
    reason = {"type": "string", "enum": ["late", "torn"]}
    world = world_of({f"/{name}": {"post": does(shows=thing(), takes=thing(reason=reason))}})
    made = list(generate(world, n=2, seed=3, kinds=["act"]))
    assert bool(made) == (deed is not None)
    assert all(deed is not None and deed in task.instruction for task in made)


@pytest.mark.parametrize(
    ("path", "status", "act", "deed"),
    [
        ("/settleClaimDetails", 200, "call", "settle claim details"),
        ("/settleClaimDetails", 201, "call", "settle claim details"),
        ("/sendMessage", 201, "call", "send a message"),
        ("/sendUserData", 200, "call", ""),
        ("/orderItems", 201, "create", "create an order item"),
    ],
)
def test_a_verb_in_a_path_is_what_the_call_does(
    path: str, status: int, act: str, deed: str
) -> None:
    reply = does(
        status, shows=thing(done={"type": "boolean"}), takes=thing(code={"type": "string"})
    )
    graph = Graph(world_of({path: {"post": reply}}))
    ability = graph.ability(graph.names[0])
    assert ability is not None
    assert (ability.meaning.act, _deed_of(ability)) == (act, deed)
