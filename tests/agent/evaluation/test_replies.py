"""How published texts are read, at the edges where the original stumbles."""

from __future__ import annotations

from agent.evaluation.replies import Reply, read_answer, read_call, read_joined


def test_a_text_without_a_tag_is_a_call_and_says_so() -> None:
    reply = read_joined("assistant: Hm.</s>caller: Action: get\nAction Input: {}</s>")
    assert reply == Reply("call", "get", "{}", tagged=False)


def test_give_up_wins_over_conclusion_over_caller() -> None:
    assert read_joined("Next: caller. Next: conclusion.</s>conclusion: x</s>").plan == "finish"
    assert read_joined("Next: conclusion. Next: give up.</s>").plan == "give_up"


def test_a_conclusion_followed_by_a_newline_is_read() -> None:
    assert read_joined("a Next: conclusion.</s>conclusion:\nAnn</s>").answer == "Ann"


def test_a_call_without_end_marks_is_read_from_the_whole_text() -> None:
    reply = read_joined("go Next: caller. Action: get\nAction Input: {}")
    assert (reply.action, reply.arguments) == ("get", "{}")


def test_an_answer_that_holds_the_marker_is_cut_there() -> None:
    assert read_answer("conclusion: a conclusion: b</s>") == "b"
    assert read_answer("plain") == "plain"


def test_missing_action_is_none_and_missing_input_is_empty() -> None:
    assert read_call("nothing") == ("none", "{}")
    assert read_call("Action: get") == ("get", "{}")
    assert read_call('Action: a\nAction Input: {}\nAction: b\nAction Input: {"x":1}') == (
        "b",
        '{"x":1}',
    )
