"""Which of several tools a request means: the ones whose names share most with its words."""

from __future__ import annotations

from agent.runtime.forms.likeness import likest
from tests.agent.test_spans import TEXT, form
from trajectories.records import Call, Message


def meant(request: str, *names: str, after: tuple[Message, ...] = ()) -> list[str]:
    tools = [form(name, note=TEXT) for name in names]
    kept = likest(tools, [Message(role="user", content=request), *after])
    return [tool["function"]["name"] for tool in kept]


def called(name: str, status: int) -> tuple[Message, Message]:
    call = Call(name=name, arguments={}, raw="{}")
    reply = Message(role="observation", content="{}", status=status)
    return Message(role="caller", content="", call=call), reply


def test_a_noun_that_a_name_has_decides() -> None:
    names = "getReceivers", "getAlertGroups", "getSilences"
    assert meant("Count all groups.", *names) == ["getAlertGroups"]


def test_a_verb_that_a_name_has_decides() -> None:
    names = "acceptDispute", "defendDispute", "reviewDispute"
    assert meant("Please accept the dispute d-4.", *names) == ["acceptDispute"]


def test_a_name_that_says_more_than_the_request_is_not_meant() -> None:
    names = "list_farms", "list_farm_owner_names", "list_farm_tractor_parts"
    assert meant("Show me the farms.", *names) == ["list_farms"]


def test_what_was_called_already_counts_less() -> None:
    names = "list_clubs", "list_members", "list_venues"
    request = "How many members do our clubs have?"
    assert meant(request, *names) == ["list_clubs", "list_members"]
    assert meant(request, *names, after=called("list_clubs", 200)) == ["list_members"]


def test_a_name_that_does_what_is_wished_is_meant() -> None:
    names = "order_get", "order_cancel"
    assert meant("I forgot the colour of order 7.", *names) == ["order_get"]


def test_all_stay_where_nothing_stands_out_or_something_else_may_be_needed() -> None:
    names = ["list_clubs", "list_members"]
    assert meant("What is new?", *names) == names
    assert meant("If a club is full, list its members.", *names) == names
    assert meant("List the clubs.", *names, after=called("list_clubs", 500)) == names
