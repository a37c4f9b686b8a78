"""Conditions in requests: what they are about, and whether replies meet them."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.forms.answers import answer_of
from agent.runtime.forms.conditions import (
    condition_holds,
    condition_in,
    is_to_act,
    tools_under_condition,
)
from tests.agent.test_answers import read
from tests.agent.test_tool_choice import TOOLS


@pytest.mark.parametrize(
    ("request_", "condition"),
    [
        ("Check cat 4: only if its mood is WILD_1, feed it; if not, tell me its mood.", "WILD_1"),
        ("If the mood of cat 4 is wild, feed it. Otherwise just tell me its mood.", "wild"),
        ('Check the mood of cat 4 and remove it if that is "very wild"; if not, tell me.', None),
        ("If the mood of cat 4 is not wild, feed it.", ""),
        ("Feed cat 4 if you can.", ""),
    ],
)
def test_a_condition_is_a_field_and_its_value(request_: str, condition: str | None) -> None:
    wanted = "very wild" if condition is None else condition
    assert condition_in(request_) == (("mood", wanted) if wanted else None)


ASKS = "If the mood of cat 4 is wild, remove it. Otherwise just tell me its mood."


@pytest.mark.parametrize(
    ("reply", "holds"),
    [
        ({"mood": "Wild"}, True),
        ({"friend": {"mood": "wild"}, "mood": "calm"}, False),
        ({"name": "Tom"}, None),
        ([{"mood": "calm"}], False),
    ],
)
def test_the_last_reply_says_whether_it_holds(reply: Any, holds: bool | None) -> None:
    said = read(ASKS, reply, tool="get_cat")
    assert condition_holds(said) is holds and is_to_act(said) is (holds is True)
    assert condition_holds(said[:1]) is None


def test_only_what_the_condition_allows_is_called() -> None:
    def names(mood: str) -> set[str]:
        said = read(ASKS, {"mood": mood}, tool="get_cat")
        return {tool["function"]["name"] for tool in tools_under_condition(TOOLS, said)}

    assert names("wild") == {"create_cat", "update_cat", "delete_cat"}
    assert names("calm") == {"list_cats", "get_cat", "wait"}


def test_where_it_does_not_hold_the_answer_is_the_field() -> None:
    assert answer_of(read(ASKS, {"mood": "calm"}, tool="get_cat")).asked == (("calm",),)
    assert answer_of(read(ASKS, {"mood": "wild"}, tool="get_cat")).asked == ()
