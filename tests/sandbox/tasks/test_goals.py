"""Goals assert all that was asked, and nothing else may happen."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import specs
from sandbox.document import Document
from sandbox.tasks import Task, generate, judge
from sandbox.tasks.goals import goal_of
from sandbox.world import World
from tests.proofs import asked_values, omissions


def check(world: World, name: str) -> None:
    asserted, changed = asked_values.measure(world, name)
    for tally in (asserted, changed, *omissions.measure(world, name)):
        assert not tally.exceptions


@pytest.mark.parametrize("name", specs.names())
def test_wrong_values_omissions_and_unasked_writes_fail(name: str) -> None:
    check(World.load(name), name)


@pytest.mark.soak
def test_the_same_on_real_documents(corpus: Path) -> None:
    for path in sorted((corpus / "specs" / "public").glob("*.*")):
        check(World.load(path), path.name)


def world_of(name: str) -> World:
    text = (Path(__file__).parent / f"{name}.json").read_text("utf-8")
    return World(Document.from_tree(orjson.loads(text), source=name))


def removal() -> tuple[World, Task]:
    world = world_of("lockers")
    return world, next(generate(world, n=1, seed=1, kinds=["delete"]))


def test_what_no_entity_keeps_is_asserted_in_the_call() -> None:
    _, task = removal()
    assert task.solution is not None
    [sent] = task.goal.sent
    assert (sent.location, sent.pointer) == ("query", "/reason")
    assert sent.value == task.solution[0].arguments["reason"]


def test_another_value_in_the_call_fails() -> None:
    world, task = removal()
    assert task.solution is not None
    given = dict(task.solution[0].arguments)
    for reason in ("lost", "sold", "broken"):
        session = world.session(seed=task.seed)
        session.call("deleteLocker", {**given, "reason": reason})
        verdict = judge(task, session, task.reference_answer)
        assert verdict.success is (reason == given["reason"])


def test_the_parent_that_a_path_names_is_asserted_where_the_entity_is_kept_flat() -> None:
    world = world_of("flat_and_nested")
    task = next(generate(world, n=1, seed=1, kinds=["create"]))
    assert task.solution is not None
    shelf = task.solution[0].arguments["shelf_id"]
    assert ("/shelf_id", shelf) in [(each.pointer, each.value) for each in task.goal.state]


def test_a_later_change_of_something_new_is_asserted_without_the_times_that_servers_keep() -> None:
    session = World.load("helpdesk").session(seed=1)
    ann = {"name": "Ann", "email": "ann@quay.example"}
    created = session.call("create_ticket", {"subject": "Lamp", "requester": ann})
    assert not created.error, created.text
    id = orjson.loads(created.text)["id"]
    session.clock.advance(90)
    assert not session.call("close_ticket", {"ticket_id": id}).error
    goal, _ = goal_of(session)
    pointers = [each.pointer for each in goal.state]
    assert "/status" in pointers and not any("_at" in pointer for pointer in pointers)


def test_an_object_without_members_is_asked_of_nobody() -> None:
    item = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": item}}}}
    sent = {"type": "object", "properties": {"options": {"type": "object"}}}
    posted = {"content": {"application/json": {"schema": sent}}}
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/parcels/{id}": {"get": {"operationId": "getParcel", "responses": answer}},
        "/parcels/{id}/seal": {
            "post": {"operationId": "seal", "requestBody": posted, "responses": answer}
        },
    }
    for path in paths.values():
        path["parameters"] = [id]  # type: ignore[assignment]
    tree = {"openapi": "3.0.3", "info": {"title": "Parcels", "version": "1"}, "paths": paths}
    session = World(Document.from_tree(tree, source="parcels")).session(seed=1)
    assert not session.call("seal", {"id": "p-1", "options": {}}).error
    goal, _ = goal_of(session)
    assert {} not in [each.value for each in goal.state] + [each.value for each in goal.sent]
