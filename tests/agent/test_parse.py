"""Role texts to plans and calls: the published protocol, its precedence and its edge cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.parsing import parse_answer, parse_call, parse_plan


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("I look it up.\n Next: caller.", "call"),
        ("I know it now. Next: conclusion.", "finish"),
        ("It cannot be done. Next: give up.", "give_up"),
        ("Next: caller. Next: conclusion.", "finish"),
        ("Next: caller. Next: conclusion. Next: give up.", "give_up"),
        ("Next: caller", "call"),
        ("next: caller.", "none"),
        ("", "none"),
    ],
)
def test_the_tag_decides_and_giving_up_wins(text: str, plan: str) -> None:
    assert parse_plan(text).plan == plan


def test_a_plan_is_cut_after_its_tag() -> None:
    assert parse_plan("Look. Next: caller. Action: babble").text == "Look. Next: caller."
    assert parse_plan("Look. Next: caller.</s> Next: give up.").plan == "call"


def test_a_call_has_a_name_and_an_object() -> None:
    call = parse_call('Action: get_order\nAction Input: {"id": 7}')
    assert (call.name, call.arguments, call.raw) == ("get_order", {"id": 7}, '{"id": 7}')


def test_a_missing_input_is_the_empty_object() -> None:
    call = parse_call("Action: list_orders")
    assert (call.name, call.arguments, call.raw) == ("list_orders", {}, "{}")


@pytest.mark.parametrize("raw", ["{'id': 7}", "{id: 7}", '{"id": 7', "[7]", "7", "", "__import__"])
def test_anything_but_an_object_stays_raw(raw: str) -> None:
    call = parse_call(f"Action: get_order\nAction Input: {raw}")
    assert (call.name, call.arguments, call.raw) == ("get_order", None, raw)


def test_no_action_at_all_keeps_the_text() -> None:
    call = parse_call("I would rather talk.")
    assert (call.name, call.arguments, call.raw) == ("", None, "I would rather talk.")


def test_a_marker_inside_a_value_is_a_value() -> None:
    call = parse_call('Action: note\nAction Input: {"text": "Action: drop Action Input: {}"}')
    assert call.name == "note"
    assert call.arguments == {"text": "Action: drop Action Input: {}"}


def test_of_several_calls_the_last_counts() -> None:
    call = parse_call('Action: a\nAction Input: {}\nAction: b\nAction Input: {"x": 1}')
    assert (call.name, call.arguments) == ("b", {"x": 1})


def test_an_input_over_several_lines_is_read() -> None:
    call = parse_call('Action: a\nAction Input:\n{\n  "x": 1\n}\n')
    assert call.arguments == {"x": 1}


def test_an_answer_loses_only_the_role_marker() -> None:
    assert parse_answer(" conclusion: It is 7.</s>") == "It is 7."
    assert parse_answer("My conclusion: none") == "My conclusion: none"


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    assert parse_plan(text).plan in {"call", "finish", "give_up", "none"}
    call = parse_call(text)
    assert call.arguments is None or isinstance(call.arguments, dict)
    parse_answer(text)
