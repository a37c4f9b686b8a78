"""Arguments are copied out of what was read: what a request states, and what replies have shown."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.request_values import phrases_of, stated_value
from agent.runtime.spans import restrict_to_what_was_read
from trajectories.records import Call, Message

TEXT = {"type": "string"}


def form(name: str, *required: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": "", "parameters": parameters}
    return {"type": "function", "function": function}


def held(tool: dict[str, Any], request: str, *replies: str) -> dict[str, Any] | None:
    """The properties of a tool after a request and replies; None where it cannot be called."""
    read = [Message(role="user", content=request)]
    read += [Message(role="observation", content=text, status=200) for text in replies]
    tools = restrict_to_what_was_read([tool], read)
    return tools[0]["function"]["parameters"] if tools else None


@pytest.mark.parametrize(
    ("name", "request_", "values"),
    [
        ("price", "with the dates 2025-01-02 and 2025-01-03 and the price 25", ("25",)),
        ("dates", "with the dates 2025-01-02 and 2025-01-03 and the price 25", None),
        ("eventDescription", 'the event description "A. B."', ("A. B.",)),
        ("startsOn", "Its start date is 2025-01-02.", ("2025-01-02",)),
        ("eventId", "Remove the event with the id ev-1.", ("ev-1",)),
        ("city", "The city should be Lyon.", ("Lyon",)),
        ("title", 'We need a talk called "Ice".', ("Ice",)),
        ("city", "What is the city of it?", ()),
        ("team", "Tell me the team hierarchy of x1.", ()),
    ],
)
def test_a_value_is_stated_behind_the_name_of_its_argument(
    name: str, request_: str, values: tuple[str, ...] | None
) -> None:
    wanted = ("2025-01-02", "2025-01-03") if values is None else values
    assert stated_value(name, request_).values == wanted


def test_an_id_without_another_name_is_that_of_what_the_tool_is_about() -> None:
    tool = form("delete_policy", "id", id={"type": "integer"})
    kept = held(tool, "Get rid of policy 7.", '{"id": 9}')
    assert kept is not None and kept["properties"]["id"] == {"enum": [7]}
    other = held(tool, "The policies of team 3 can go.", '{"id": 9}')
    assert other is not None and other["properties"]["id"] == {"enum": [3, 9]}


def test_ids_are_read_and_those_of_their_own_name_first() -> None:
    tool = form("get_cat", "cat_id", cat_id=TEXT)
    assert held(tool, "Show me a cat.") is None
    reply = '{"cat_id": "c8", "id": "x1", "mood": "calm"}'
    kept = held(tool, "Show me a cat.", reply)
    assert kept is not None and kept["properties"]["cat_id"] == {"enum": ["c8"]}


def test_an_id_that_was_missing_twice_is_no_candidate() -> None:
    call = Call(name="get_cat", arguments={"cat_id": "c8"})
    turn = Message(role="caller", content="", call=call)
    gone = Message(role="observation", content="no", status=404)
    read = [Message(role="user", content="Show me cat c8."), turn, gone]
    tools = [form("get_cat", "cat_id", cat_id=TEXT)]
    assert restrict_to_what_was_read(tools, read)
    assert not restrict_to_what_was_read(tools, [*read, turn, gone])


def test_texts_are_copied_and_what_is_said_has_to_be_given() -> None:
    tool = form("update", "id", id=TEXT, color=TEXT, note=TEXT)
    kept = held(tool, "The color of x1 is wrong: its color should be red.")
    assert kept is not None and kept["required"] == ["id", "color"]
    assert kept["properties"]["color"] == {"enum": ["red"]}
    # Nothing is passed along that the request does not speak of.
    assert kept["properties"]["note"] == {"enum": ["x1"]}


def test_lists_hold_what_was_stated_once() -> None:
    tool = form("add", "days", days={"type": "array", "items": TEXT | {"format": "date"}})
    kept = held(tool, "Add it with the days 2025-01-02 and 2025-01-03.")
    assert kept is not None
    days = kept["properties"]["days"]
    assert days["items"] == {"enum": ["2025-01-02", "2025-01-03"]}
    assert (days["minItems"], days["maxItems"]) == (2, 2)


def test_formats_and_choices_decide_what_fits() -> None:
    mail, kind = TEXT | {"format": "email"}, TEXT | {"enum": ["IN_USE", "FREE"]}
    kept = held(form("add", "to", "kind", to=mail, kind=kind), "Kind is in use, for a@b.org")
    assert kept is not None and kept["properties"]["to"] == {"enum": ["a@b.org"]}
    free = held(form("add", "to", to=mail), "Tell them.")
    assert free is not None and free["properties"]["to"] == mail


def test_credentials_are_not_the_callers_and_pages_stay_free() -> None:
    tool = form("find", apiKey=TEXT, page={"type": "integer"}, q=TEXT)
    kept = held(tool, "Find the owls of x1.")
    assert kept is not None and set(kept["properties"]) == {"page", "q"}
    assert kept["properties"]["page"] == {"type": "integer"}
    assert "owls" in kept["properties"]["q"]["enum"]


def test_without_what_the_request_states_all_that_was_read_is_a_candidate() -> None:
    tool = form("add", "n", n={"type": "integer"})
    read = [Message(role="user", content="Add it with the n 4 for room 7.")]
    (kept,) = restrict_to_what_was_read([tool], read)
    assert kept["function"]["parameters"]["properties"]["n"] == {"enum": [4]}
    (kept,) = restrict_to_what_was_read([tool], read, request_states=False)
    assert kept["function"]["parameters"]["properties"]["n"] == {"enum": [4, 7]}


def test_phrases_are_quoted_texts_spelled_dates_and_short_runs() -> None:
    found = phrases_of('Book "Ice. Age" in New York on March 1, 2016.')
    assert found[:2] == ["Ice. Age", "2016-03-01"] and "New York" in found
    assert "in" not in found and "Ice" not in found
