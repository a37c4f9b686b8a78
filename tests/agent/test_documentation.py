"""When a tool's documentation has to be read again, and by whom."""

from __future__ import annotations

import pytest

from agent.backends.local.grammar import FORMS, turn_grammar
from agent.runtime.forms.documentation import about_last_failure, outdated_tool
from tests.agent.test_decisions import made
from tests.agent.test_spans import TEXT, form
from trajectories.records import Message

TOOLS = [form("get_cat", "cat_id", cat_id=TEXT), form("read_docs", tool=TEXT)]
ANNOUNCED = "HTTP 200 OK\nDeprecation: @1768478400\n\n{}"


def called(text: str, status: int, raw: str = '{"cat_id":"c-8"}') -> list[Message]:
    """One call of get_cat and its reply."""
    turn, reply = made("get_cat", raw, status)
    return [turn, reply.model_copy(update={"content": text})]


@pytest.mark.parametrize(
    ("text", "status", "is_outdated"),
    [
        ("Location: /v2/cats/c-8", 308, True),
        ("", 405, True),
        ('{"message":"header xCatId is missing"}', 422, True),
        ('{"message":"cat_id is too short"}', 422, False),
        ('{"message":"There is no cat c-8."}', 404, False),
        ("{}", 200, False),
        ("", 503, False),
    ],
)
def test_a_reply_says_that_the_documentation_is_out_of_date(
    text: str, status: int, is_outdated: bool
) -> None:
    found = outdated_tool(TOOLS, called(text, status))
    assert found == ("get_cat" if is_outdated else None)
    assert outdated_tool(TOOLS[:1], called(text, status)) is None


def test_after_an_announcement_any_refusal_may_be_the_change() -> None:
    refused = called('{"message":"cat_id is too short"}', 422)
    assert outdated_tool(TOOLS, [*called(ANNOUNCED, 200), *refused]) == "get_cat"
    gone = called('{"message":"Nothing is here."}', 404)
    assert outdated_tool(TOOLS, [*called(ANNOUNCED, 200), *gone]) == "get_cat"


def test_documentation_is_read_once_and_by_the_name_of_the_tool() -> None:
    moved = called("", 308)
    asks = Message(role="user", content="Show me cat c-8.")
    said = turn_grammar("planner", TOOLS, [asks, *moved])
    assert said is not None and '("read_docs")' in said and "get_cat" not in said
    held = about_last_failure(TOOLS[1], moved)["function"]["parameters"]
    assert held["properties"] == {"tool": {"enum": ["get_cat"]}} and held["required"] == ["tool"]
    docs = made("read_docs", '{"tool":"get_cat"}', 200)
    assert outdated_tool(TOOLS, [*moved, *docs, *moved]) is None
    without = turn_grammar("planner", TOOLS, [asks, *moved], forms=FORMS - {"docs"})
    assert without is not None and "get_cat" in without
