"""Which tools a request allows: by what it asks to be done, and by the values that it states."""

from __future__ import annotations

import pytest

from agent.runtime.spans import restrict_to_what_was_read
from agent.runtime.tool_choice import fitting_tools, has_to_try, kind_of, wishes
from tests.agent.test_spans import TEXT, form
from trajectories.records import Call, Message

TOOLS = [
    form("list_cats", mood=TEXT),
    form("get_cat", "cat_id", cat_id=TEXT),
    form("create_cat", "title", title=TEXT, mood=TEXT),
    form("delete_cat", "cat_id", cat_id=TEXT),
    form("update_cat", "cat_id", cat_id=TEXT, mood=TEXT),
    form("wait", seconds={"type": "integer"}),
]
CALL = Call(name="delete_cat", arguments={"cat_id": "c-8"}, raw='{"cat_id":"c-8"}')
FAILED = [
    Message(role="caller", content="", call=CALL),
    Message(role="observation", content="later", status=503),
]


def names_after(request: str, *turns: Message) -> set[str]:
    messages = [Message(role="user", content=request), *turns]
    kept = fitting_tools(TOOLS, restrict_to_what_was_read(TOOLS, messages), messages)
    return {tool["function"]["name"] for tool in kept}


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        ("What is the mood of cat c-8?", {"get_cat"}),
        ("Please get rid of cat c-8.", {"delete_cat"}),
        ("Cat c-8 is wrong: its mood should be wild.", {"update_cat"}),
        ('Add a cat titled "Tom" with the mood "wild-2".', {"create_cat"}),
        ("Show me cats.", {"list_cats"}),
        ('Remove the cat called "Tom".', {"list_cats"}),
    ],
)
def test_a_request_is_done_by_tools_that_do_it_and_take_what_it_states(
    request_: str, kept: set[str]
) -> None:
    assert names_after(request_) == kept


def test_where_nothing_is_plain_every_tool_stays() -> None:
    assert names_after("Cats, please.") == {"list_cats"}
    assert names_after("Please add the cat. Its title is Tom.") == {"create_cat"}
    assert names_after("I'd like a new cat.") == {"list_cats"}
    assert names_after("If cat c-8 is wild, delete it.") >= {"get_cat", "delete_cat"}


def test_after_a_failure_reading_and_waiting_are_allowed() -> None:
    kept = names_after("Delete cat c-8.", *FAILED)
    assert kept >= {"list_cats", "get_cat", "delete_cat", "wait"} and "create_cat" not in kept


def test_wishes_are_heard_outside_of_quoted_texts_and_times() -> None:
    assert wishes('What is the last update time of "delete me"?') == {"reading"}
    assert wishes("Get rid of it.") == {"removing"}
    assert wishes("Record it.") == frozenset() and wishes("Record it.", perhaps=True)


def test_a_tool_is_of_the_kind_of_its_first_verb() -> None:
    kinds = ["patch_v1_cats", "post_cats_delete", "cats", "cancelTrip"]
    assert [kind_of(name, "") for name in kinds] == ["updating", "removing", "", ""]
    assert kind_of("cats", "Lists all cats.") == "reading"


@pytest.mark.parametrize(
    ("request_", "tries"),
    [('Remove the cat with the id "c-8".', True), ("Show me cats.", True), ("Sing to me.", False)],
)
def test_nobody_gives_up_where_a_tool_takes_what_is_stated(request_: str, tries: bool) -> None:
    messages = [Message(role="user", content=request_)]
    fitting = fitting_tools(TOOLS, restrict_to_what_was_read(TOOLS, messages), messages)
    assert has_to_try(TOOLS, fitting, messages) is tries
    assert not has_to_try(TOOLS, fitting[:0], [*messages, *FAILED])
