"""When a conversation may be concluded."""

from __future__ import annotations

import json

import pytest

from agent.backends.local.grammar import turn_grammar
from agent.runtime.forms.conclusion import (
    covers_request,
    finished_creates,
    has_changed_all,
    is_answered,
    is_complete,
    is_known,
    may_conclude,
)
from agent.runtime.forms.lists_read import matching_entries
from tests.agent.test_answers import CATS, read
from tests.agent.test_decisions import made, turns
from tests.agent.test_spans import TEXT, form
from tests.agent.test_tool_choice import TOOLS
from trajectories.records import Call, Message


def test_a_failed_call_forbids_a_conclusion() -> None:
    failed = Message(role="observation", content="HTTP 503", status=503)
    assert not may_conclude([failed]) and may_conclude([failed, *turns(("user", "x"))]) is False
    assert may_conclude(made("get", "{}", 404), resolved=False) and may_conclude([])


def test_nothing_is_concluded_from_nothing_or_from_a_miswritten_call() -> None:
    listed = made("list", "{}", 200)
    assert may_conclude(listed) and not may_conclude(made("get", "{}", 404))
    assert may_conclude([*made("get", "{}", 404), *listed])
    assert not may_conclude([*made("add", "{}", 400), *listed])
    assert may_conclude([*made("add", "{}", 400), *listed], resolved=False)
    assert may_conclude([*made("add", "{}", 400), *listed, *made("add", '{"a":1}', 201)])


@pytest.mark.parametrize(
    ("request_", "raw", "status", "covered"),
    [
        ('Show cat c7 "Old Tom".', '{"id":"c7","name":"Old Tom"}', 200, True),
        ("Show cat c7 of the well-known house.", '{"id":"c7"}', 404, True),
        ("Show cat c7.", '{"page":1}', 200, False),
        ("Show cat c7.", '{"id":"c7"}', 400, False),
        ("Show cat c7, if it is old.", '{"page":1}', 200, True),
    ],
)
def test_a_conclusion_covers_the_values_that_the_request_names(
    request_: str, raw: str, status: int, covered: bool
) -> None:
    call = Call(name="get", arguments=json.loads(raw), raw=raw)
    said = [*turns(("user", request_)), Message(role="caller", content=raw, call=call)]
    said.append(Message(role="observation", content="{}", status=status))
    assert covers_request(said) is covered
    assert covers_request(said[:1]) and covers_request([said[0], *said[1:] * 5])
    said.append(Message(role="caller", content="", call=Call(name="list", arguments={})))
    said.append(Message(role="observation", content='{"c7": "Old Tom"}', status=200))
    assert covers_request(said)


def test_the_last_change_counts_not_a_look_after_it() -> None:
    added = made("add", "{}", 201)
    assert may_conclude([*added, *made("get", "{}", 503)])
    assert not may_conclude([*made("list", "{}", 200), *made("add", "{}", 503)])
    assert not may_conclude([*made("add", "{}", 503), *made("get", "{}", 503)])
    assert not may_conclude([*made("add", "{}", 403), *made("get", "{}", 200)])
    # A search that was written wrongly changes nothing.
    assert may_conclude([*made("find", "{}", 422), *made("list", "{}", 200)])


def test_short_numbers_are_evidence_only_of_changes() -> None:
    reply = made("list", "{}", 200)
    assert covers_request([*turns(("user", "Show me the top 5 cats.")), *reply])
    assert not covers_request([*turns(("user", "Create 5 cats.")), *reply])
    assert not covers_request([*turns(("user", "Show me cat 17774.")), *reply])


def test_a_request_is_answered_when_the_field_was_shown_or_the_deed_done() -> None:
    asks, wants = "What is the mood of cat c-1?", "Delete cat c-1."
    listed = {"cats": [{"id": "c-1"}]}
    assert not is_answered(read(asks, listed), TOOLS) and is_answered(read(asks, CATS[0]), TOOLS)
    assert is_answered(read(asks, {}, status=404), TOOLS) and not is_answered(read(asks), TOOLS)
    # The cat itself was read, and says nothing of its mood.
    assert is_answered(read(asks, {"id": "c-1"}), TOOLS)
    assert not is_answered(read(wants, CATS[0]), TOOLS)
    assert is_answered(read(wants, {}, tool="delete_cat"), TOOLS)
    assert is_answered(read(wants, CATS[0]), TOOLS[:2])


MORE = {"items": CATS, "paging": {"next": {"after": "x2"}}}


@pytest.mark.parametrize(
    ("request_", "replies", "complete"),
    [
        ("How many cats are there?", [MORE], False),
        ("How many cats are there?", [MORE, CATS], True),
        ("How many cats are there?", [{"items": CATS, "total": 5}], True),
        ("How many cats are wild?", [{"items": CATS, "total": 5}], False),
        ("What is the highest weight?", [{"items": CATS, "hasMore": True}], False),
        ("What is the highest weight?", [{"items": CATS, "hasMore": False}], True),
        ("Show me the cats.", [MORE], True),
        ("How many huts do we have?", [CATS], True),
    ],
)
def test_what_is_counted_is_read_to_the_end(
    request_: str, replies: list[object], complete: bool
) -> None:
    assert is_complete(read(request_, *replies), TOOLS) is complete


def test_what_is_counted_is_not_where_it_is_kept() -> None:
    tools = [form("list_huts"), form("list_hut_cats"), form("add_hut")]
    listed = read("Find the hut called Tom and count its cats.", CATS, tool="list_huts")
    assert not is_complete(listed, tools) and is_complete(listed, tools[::2])


def test_what_was_made_is_not_made_again_while_something_else_is_to_be_made() -> None:
    tools = [form(name, name=TEXT) for name in ("create_hut", "create_cat")]
    asks = 'Create a hut called "Tom Lee"; once it exists, give it a cat with the name "Kim Lee".'
    said = Message(role="user", content=asks)
    hut = [said, *made("create_hut", '{"name":"Kim Lee"}', 201)]
    assert finished_creates(hut, tools) == {"create_hut"}
    assert finished_creates(hut, tools[:1]) == frozenset()  # "Tom Lee" is left for it
    assert finished_creates([said, *made("create_hut", "{}", 503)], tools) == frozenset()


def test_what_names_a_value_says_nothing_of_entries() -> None:
    entries = [{"kind": "task", "id": "1"}, {"kind": "note", "id": "2"}]
    assert matching_entries("How many parts has task 7?", entries) == []
    assert matching_entries("How many are of the kind task?", entries) == entries[:1]


@pytest.mark.parametrize(
    ("request_", "done"),
    [
        ("Delete cat c-8 of owner o-1.", True),
        ("Delete cat c-8 and cat c-9.", False),
        ("Delete all cats of owner o-1.", False),
        ("Delete cat c-8, then feed its owner.", False),
        ("Delete and archive cat c-8.", False),
        ("Delete cat c-8, then tell me its name.", True),
    ],
)
def test_once_all_is_changed_nothing_else_is(request_: str, done: bool) -> None:
    tools = [form("delete_cat", "cat_id"), form("delete_owner", "owner_id"), form("archive_cat")]
    gone = read(request_, {"id": "c-8", "owner": "o-1"}, tool="delete_cat")
    assert has_changed_all(gone, tools) is done
    planned = turn_grammar("planner", tools, gone)
    assert planned is not None and (not done or "delete_owner" not in planned)
    assert not has_changed_all(read(request_, {}, tool="get_cat"), tools)


def test_what_is_counted_is_what_has_most_of_its_words() -> None:
    tools = [form("list_dns_zones"), form("list_dns_records", "zone")]
    asks = "Find the dns zone called Dublin and count its dns records."
    assert not is_complete(read(asks, [{"name": "Dublin"}], tool="list_dns_zones"), tools)
    assert is_complete(read(asks, [{"id": "r-1"}], tool="list_dns_records"), tools)


def test_what_is_counted_was_not_read_with_its_owner() -> None:
    tools = [form("get_hut", "id"), form("list_hut_cats", "id")]
    asks = "How many cats are there in hut h-1?"
    assert not is_complete(read(asks, {"id": "h-1", "beds": [1, 2]}, tool="get_hut"), tools)
    assert is_complete(read(asks, CATS, tool="list_hut_cats"), tools)


def test_each_act_of_a_sequence_is_done() -> None:
    tools = [form("post_huts"), form("post_huts_id_restore"), form("list_huts")]
    asks = "Create a hut called Tom, and then restore it."
    once = read(asks, {"id": "h-1"}, tool="post_huts")
    assert not is_complete(once, tools) and is_complete(once[:1], tools)
    assert is_complete([*once, *once[1:]], tools)
    assert is_complete(read("Create a hut, then tell me of it.", {}, tool="post_huts"), tools)


def test_all_that_fit_are_changed() -> None:
    cats = [{"id": f"c-{at}", "mood": "wild" if at else "calm"} for at in range(3)]
    listed = read("Delete the cats whose mood is wild.", cats)

    def delete(cat: str) -> list[Message]:
        call = Call(name="delete_cat", arguments={"id": cat}, raw=f'{{"id":"{cat}"}}')
        turn = Message(role="caller", content="", call=call)
        return [turn, Message(role="observation", content="", status=204)]

    first = [*listed, *delete("c-1")]
    assert not is_complete(first, TOOLS) and is_complete([*first, *delete("c-2")], TOOLS)


@pytest.mark.parametrize(
    ("request_", "called", "answered"),
    [
        ("It is time to feed cat c-8.", "get_cat", False),
        ("It is time to feed cat c-8.", "feed_cat", True),
        ("It is time to feed cat c-8.", "groom_cat", False),
        ("Who has to feed cat c-8?", "get_cat", True),
    ],
)
def test_an_order_is_answered_by_the_tool_that_is_called_by_its_verb(
    request_: str, called: str, answered: bool
) -> None:
    offered = [form(name, "cat_id") for name in ("get_cat", "feed_cat", "groom_cat")]
    assert is_answered(read(request_, {"id": "c-8"}, tool=called), offered) is answered


def test_what_else_is_spoken_of_is_read_too() -> None:
    offered = [form("get_cat", "cat_id"), form("get_owner", "owner_id")]
    asks = "What is the city of the owner of cat c-8?"
    assert not is_answered(read(asks, {"id": "c-8", "owner_id": "o-1"}, tool="get_cat"), offered)
    assert is_answered(read(asks, {"city": "Rome"}, tool="get_owner"), offered)


@pytest.mark.parametrize(
    ("request_", "asks_more"),
    [
        ("Next on the list: get rid of cat c-8.", False),
        ("Delete cat c-8, then tell me its name.", True),
    ],
)
def test_a_lost_removal_that_was_looked_after_is_the_end(request_: str, asks_more: bool) -> None:
    read_or_gone = [form(name, "cat_id", cat_id=TEXT) for name in ("delete_cat", "get_cat")]
    tools, user = [*read_or_gone, form("list_huts")], Message(role="user", content=request_)
    call, _ = made("delete_cat", '{"cat_id":"c-8"}', None)
    lost = Message(role="observation", content="No response: the request timed out.")
    looked = [user, call, lost, *made("get_cat", '{"cat_id":"c-8"}', 404)]
    planned = turn_grammar("planner", tools, looked)
    assert planned is not None and "finish" in planned
    assert ("list_huts" in planned, "give up" in planned) == (asks_more, asks_more)


@pytest.mark.parametrize(
    ("request_", "reply", "pages", "known"),
    [
        ("How many cats are there?", {"items": [{"id": "c"}], "total": 1}, True, True),
        ("How many cats are there?", [{"id": "c"}], True, False),
        ("How many cats are there?", [{"id": "c"}], False, True),
        ("Give me the name of all cats.", [{"id": "c", "name": "Tom"}], False, True),
        ("Count all cats, then delete cat c.", [{"id": "c"}], False, False),
        ("What is the name of cat c?", [{"id": "c", "name": "Tom"}], False, False),
    ],
)
def test_nothing_more_is_read_once_a_whole_list_tells(
    request_: str, reply: object, pages: bool, known: bool
) -> None:
    tools = [form("list_cats", **({"page": {"type": "integer"}} if pages else {}))]
    assert is_known(read(request_, reply), [*tools, form("list_huts")]) is known


@pytest.mark.parametrize(
    ("request_", "complete"),
    [("How many cats are there?", True), ("How many of the cats have Lyon as their city?", False)],
)
def test_a_total_does_not_tell_how_many_are_of_a_kind(request_: str, complete: bool) -> None:
    page = {"items": [{"id": "c-1", "city": "Nice"}], "total": 7}
    tools = [form("list_cats", page={"type": "integer"})]
    assert is_complete(read(request_, page), tools) is complete


@pytest.mark.parametrize(
    ("tool", "ends"), [("add_note", False), ("update_cat", False), ("delete_cat", True)]
)
def test_a_change_of_what_there_is_not_is_none(tool: str, ends: bool) -> None:
    listed = made("list_cats", "{}", 200)
    assert may_conclude([*listed, *made(tool, '{"id":"c-8"}', 404), *listed]) is ends
