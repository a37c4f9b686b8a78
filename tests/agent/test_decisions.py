"""Planner turns as decisions, what the runtime fills, and ids that were read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.runtime.filled import Filler, filled_arguments, without_filled, without_filled_arguments
from agent.runtime.forms.decisions import (
    after_failure,
    calls_made,
    decided_tool,
    decisions,
    failures_in_a_row,
    going_in_circles,
    in_vain,
    went_well,
    with_decisions,
)
from sandbox.world.meta_calls import META
from tests.agent.tiny import episode, tool
from trajectories.records import Call, Message


def turns(*pairs: tuple[str, str]) -> list[Message]:
    return [Message.model_validate({"role": role, "content": text}) for role, text in pairs]


def keyed(name: str, key: str = "Idempotency-Key") -> dict[str, Any]:
    made = tool(name)
    made["function"]["parameters"]["properties"][key] = {"type": "string"}
    made["function"]["parameters"]["required"] = ["id", key]
    return made


def test_any_wording_is_read_as_the_same_decision() -> None:
    read = with_decisions(episode(0)).messages
    assert read[1].content == "Call get_cat.\n Next: caller."
    assert read[4].content == "All is done.\n Next: conclusion."
    assert decided_tool(read[:2]) == "get_cat" and decided_tool(read[:3]) is None
    assert decisions(read) == read


def test_a_failed_call_is_said() -> None:
    failed = Message(role="observation", content="HTTP 503", status=503)
    said = decisions([failed, *turns(("planner", "Over. Next: conclusion."))])
    assert said[1].content == "It failed. All is done.\n Next: conclusion."


def made(name: str, raw: str, status: int | None) -> list[Message]:
    call = Call(name=name, arguments=json.loads(raw) if raw[:1] == "{" else {}, raw=raw)
    return [
        Message(role="caller", content=raw, call=call),
        Message(role="observation", content="…", status=status),
    ]


@pytest.mark.parametrize(
    ("raw", "status", "vain"),
    [('{"id":1}', 404, {"get"}), ('{"id":2}', 404, set()), ('{"id":1}', 429, {"get"})],
)
def test_a_tool_that_refused_a_call_twice_is_not_chosen_again(
    raw: str, status: int, vain: set[str]
) -> None:
    assert in_vain(made("get", '{"id":1}', status)) == frozenset()
    twice = [*made("get", '{"id":1}', status), *made("get", raw, status)]
    assert in_vain(twice) == vain
    # What may go well later is refused only where nothing else was done in between.
    between = [*twice, *made("list", "{}", 200)]
    assert in_vain(between) == (vain if status == 404 else set())
    assert in_vain([*between, *made("get", '{"id":3}', 200)]) == frozenset()


def test_a_tool_that_refused_many_calls_or_answers_the_same_twice_is_not_chosen_again() -> None:
    refused = [turn for at in range(4) for turn in made("get", f'{{"id":{at}}}', 422)]
    assert in_vain(refused) == {"get"} and in_vain(refused[2:]) == frozenset()
    assert in_vain([*made("list", "{}", 200), *made("list", "{}", 200)]) == {"list"}


def test_failures_in_a_row_end_with_a_call_that_goes_well() -> None:
    turns = [*made("get", "{}", None), *made("wait", "{}", 200), *made("get", "{}", 503)]
    assert failures_in_a_row(turns) == 2
    assert failures_in_a_row([*turns, *made("list", "{}", 200)]) == 0


@pytest.mark.parametrize(
    ("thought", "reason"),
    [
        ("No tool can do that.", "Cannot: no tool does this."),
        ("The name is not given. Which name should it have?", "Question: Which name should it "),
        ("Not done: the server fails.", "Not done: it keeps failing."),
    ],
)
def test_giving_up_keeps_its_claim(thought: str, reason: str) -> None:
    said = decisions(turns(("planner", f"{thought} Next: give up.")))[0].content
    assert said.startswith(reason) and said.endswith("\n Next: give up.")


def test_arguments_stand_in_the_order_of_the_schema() -> None:
    form = tool("put")
    form["function"]["parameters"]["properties"] = {"b": {"type": "string"}, "a": {}}
    call = Call(name="put", arguments={"a": 1, "b": "x"}, raw='{"a":1,"z":2,"b":"x"}')
    turn = Message(role="caller", content="Action: put\nAction Input: {}", call=call)
    assert decisions([turn], [form])[0].content.endswith('Action Input: {"b":"x","a":1,"z":2}')


def test_models_neither_read_nor_write_idempotency_keys() -> None:
    call = Call(name="add", arguments={"id": "1", "Idempotency-Key": "k"})
    record = episode(0).model_copy(
        update={
            "tools": [keyed("add"), tool("get")],
            "messages": [
                Message(role="caller", content="Action: add\nAction Input: {}", call=call)
            ],
        }
    )
    plain = without_filled_arguments(record)
    assert plain.tools == [tool("add"), tool("get")] == without_filled(record.tools, "")
    assert plain.messages[0].content == 'Action: add\nAction Input: {"id":"1"}'


def guarded(name: str, *required: str, **schemas: Any) -> dict[str, Any]:
    given = {"token": {"type": "string", "maxLength": 12}, **schemas}
    function = {"parameters": {"properties": given, "required": list(required)}}
    return {"function": {"name": name, **function}}


TENANTS = [
    guarded(
        name, "org-tenant-id", "id", id={"type": "string"}, **{"org-tenant-id": {"type": "string"}}
    )
    for name in ("list", "get")
]


@pytest.mark.parametrize(
    ("tools", "request_", "filled"),
    [
        ([guarded("list", "token")], "", {"list": ("token",)}),
        ([guarded("list", "token"), tool("authenticate")], "", {"list": ("token",)}),
        ([guarded("list")], "", {}),
        ([guarded("list", "token"), tool("createToken")], "", {}),
        ([guarded("list", "token"), tool("log_in")], "", {}),
        ([guarded("list", "token")], "List them with the token ab12.", {}),
        ([guarded("list", "token", token={"type": "string", "pattern": "^x"})], "", {}),
        ([guarded("get", "app_id", app_id={"type": "string"})], "", {}),
        ([guarded("get", "id", id={"type": "string"})], "", {}),
        ([*TENANTS, tool("wait")], "", {name: ("org-tenant-id",) for name in ("list", "get")}),
        (TENANTS[:1], "", {}),
        (TENANTS, "List them for org tenant t-1.", {}),
    ],
)
def test_a_required_credential_that_nobody_hands_out_is_filled(
    tools: list[Any], request_: str, filled: dict[str, Any]
) -> None:
    assert filled_arguments(tools, request_) == filled


def test_a_credential_is_one_for_all_calls_of_an_episode() -> None:
    tools = [guarded("list", "token"), guarded("add", "token", **{"Idempotency-Key": {}})]
    filler = Filler(tools, seed=1)
    sent, added = filler.fill("list", {"a": 1}), filler.fill("add", {})
    assert sent == {"a": 1, "token": added["token"]} and len(sent["token"]) == 12
    assert added.keys() == {"token", "Idempotency-Key"}
    assert filler.fill("list", {"token": "mine"}) == {"token": "mine"}
    assert Filler(tools, seed=2).fill("list", {}) != {"token": sent["token"]}
    fixed = [guarded("list", "token", token={"type": "string", "default": "anyone"})]
    assert Filler(fixed, seed=1).fill("list", {}) == {"token": "anyone"}
    assert without_filled(tools, "")[0]["function"]["parameters"]["required"] == []


def test_a_key_stays_until_its_call_has_gone_well() -> None:
    filler = Filler([keyed("add")], seed=1)
    first = filler.fill("add", {"id": "1"})
    filler.note("add", {"id": "1"}, well=False)
    assert filler.fill("add", {"id": "1"}) == first != filler.fill("add", {"id": "2"})
    filler.note("add", {"id": "1"}, well=True)
    assert filler.fill("add", {"id": "1"})["Idempotency-Key"] != first["Idempotency-Key"]
    assert filler.fill("add", first) == first and filler.fill("get", {}) == {}


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ('{"status":"error","error":{"code":"temporarily_unavailable"}}', False),
        ('{"ok":false,"error":"no_such_cat"}', False),
        ('{"ok":true,"cat":{"status":"error"}}', True),
        ('{"data":null,"errors":[{"message":"Please try again."}]}', False),
        ('{"data":{"id":7},"errors":["one of two"]}', True),
        ('{"id":7,"error":"disk full"}', True),
        ('{"errors":[]}', True),
        ('{"id":"o-1","status":"failed","total":3,"lines":[],"note":"x"}', True),
        ('{"status":"wild"}', True),
    ],
)
def test_a_reply_of_success_that_admits_a_failure_is_one(text: str, well: bool) -> None:
    turn, reply = made("get", "{}", 200)
    said = [turn, reply.model_copy(update={"content": text})]
    assert [went_well(each) for _, each in calls_made(said)] == [well]
    assert after_failure(said) is not well


def test_what_brings_nothing_new_is_not_called_again() -> None:
    listed, waited = made("list_cats", "{}", 200), made("wait", "{}", 200)
    assert going_in_circles([*listed, *waited] * 2) == frozenset()
    assert going_in_circles([*listed, *waited] * 3) == {"list_cats"}
    paused = [*listed, *waited * 3, *made("read_docs", "{}", 200) * 3]
    assert going_in_circles(paused) == META.keys()
    fed = made("add_cat", '{"name":"Tom"}', 201)
    assert going_in_circles([*listed * 2, *fed, *listed * 2]) == frozenset()
    assert going_in_circles([*fed, *listed, *fed]) == {"add_cat"}
    goes_on = [listed[0], listed[1].model_copy(update={"content": '"running"'})]
    assert going_in_circles([*goes_on, *waited] * 8) == frozenset()  # a long job
