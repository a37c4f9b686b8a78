"""The tasks of a suite exercise what bugs need; the checks of the good agent hold its verdict."""

from __future__ import annotations

from agent.evaluation.suite_tasks import suite_tasks, traits
from agent.policies.actions import Call, Seen
from agent.policies.write_checks import judge_look, looks_for
from sandbox import World
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}


def test_few_tasks_of_a_suite_cover_what_a_document_offers() -> None:
    world = World.load("helpdesk")
    chosen = suite_tasks(world, 12, seed=3)
    assert chosen == suite_tasks(world, 12, seed=3) != suite_tasks(world, 12, seed=4)
    shown = {trait for task in chosen for trait in traits(task, world)}
    acts = {trait[1] for trait in shown if trait[0] == "act"}
    assert acts >= {"create", "merge", "delete", "list", "read"}
    assert {("takes a key", "create"), ("other id",), ("answers",)} <= shown


def test_a_reply_in_other_words_than_the_read_is_no_failure() -> None:
    item, ticket = by("id"), thing("id", "state", id=TEXT, state=TEXT)
    close = does(200, ticket, operationId="close")
    paths = {
        "/tickets/{id}": {"parameters": [item], "get": does(200, ticket, operationId="read")},
        "/tickets/{id}/close": {"parameters": [item], "post": close},
    }
    told = {"id": "t1", "state": "closed", "closed_by": "me"}
    (look,) = looks_for(Call("", "close", {"id": "t1"}), world_of(paths).tools, "", told=told)
    assert judge_look(look, Seen('{"id": "t1", "state": "closed"}', 200, error=False))[0] == "done"
    assert judge_look(look, Seen('{"id": "t1", "state": "open"}', 200, error=False))[0] != "done"


def test_what_is_made_below_an_item_is_not_looked_for_in_the_item() -> None:
    note = thing("id", "text", id=TEXT, text=TEXT)
    paths = {
        "/files": {"get": does(200, {"type": "array", "items": note})},
        "/files/{id}": {"parameters": [by("id")], "get": does(200, note)},
        "/files/{id}/notes": {"parameters": [by("id")], "post": does(201, note, thing(text=TEXT))},
        "/files/{id}/notes/{note}": {"parameters": [by("id"), by("note")], "delete": does(204)},
    }
    tools = world_of(paths).tools
    (name,) = (n for n, t in tools.items() if t.operation and t.operation.method == "POST")
    call = Call("", name, {"id": "f1", "text": "Milk"})
    assert looks_for(call, tools, "", told={"id": "f1", "text": "Milk"}) == ()


def test_an_item_with_two_ids_is_known_by_either() -> None:
    file = thing("Id", Id=TEXT, id=TEXT)
    paths = {"/files/{FileId}": {"parameters": [by("FileId")], "get": does(200, file),
             "delete": does(204, operationId="drop")}}  # fmt: skip
    (look,) = looks_for(Call("", "drop", {"FileId": "f1"}), world_of(paths).tools, "")
    seen = Seen('{"id": "fil_9", "Id": "f1"}', 200, error=False)
    assert judge_look(look, seen)[0] == "not_done"
    assert judge_look(look, Seen('{"id": "x", "Id": "y"}', 200, error=False))[0] == "unknown"
