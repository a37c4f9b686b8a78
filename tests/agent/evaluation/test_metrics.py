"""Each metric at its edges, as the published evaluation defines them."""

from __future__ import annotations

import pytest

from agent.evaluation.metrics import Scores, argument_f1, difference, rouge_l, same, score
from agent.evaluation.replies import Reply

TOOLS = ["get", "put"]


def call(action: str = "get", arguments: str = "{}") -> Reply:
    return Reply("call", action, arguments)


@pytest.mark.parametrize(
    ("wanted", "given", "f1"),
    [
        ("{}", "{}", 1.0),
        ("{}", '{"a": 1}', 0.0),
        ('{"a": 1}', "{}", 0.0),
        ('{"a": 1}', '{"a": 1}', 1.0),
        ('{"a": 1}', '{"a": 2}', 0.5),
        ('{"a": 1}', '{"a": "1"}', 0.5),
        ('{"a": 1}', '{"b": 1}', 0.0),
        ('{"a": 1}', '{"a": 1, "b": 1}', 2 / 3),
        ('{"a": 1}', "not JSON", 0.0),
        ('{"a": 1}', "[1]", 0.0),
        ("not JSON", '{"a": 1}', None),
    ],
)
def test_argument_f1(wanted: str, given: str, f1: float | None) -> None:
    found = argument_f1(call(arguments=wanted), call(arguments=given))
    assert found == (None if f1 is None else pytest.approx(f1))


def test_a_wrong_action_scores_zero_even_when_the_reference_is_unreadable() -> None:
    assert argument_f1(call(arguments="not JSON"), call("put")) == 0.0
    assert argument_f1(call(), Reply("finish", answer="x")) == 0.0


def test_equality_is_json_equality() -> None:
    assert same(1, 1.0) and same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
    assert not same(1, "1") and not same(True, 1) and not same([1], [1, 1])
    assert not same({"a": True}, {"a": 1})


def test_only_call_steps_count_for_action_and_only_finish_steps_for_rouge() -> None:
    called = score("t", TOOLS, call(), Reply("finish", answer="Ann"))
    assert called.values["action_em"] == 0.0 and called.values["rouge_l"] is None
    finished = score("t", TOOLS, Reply("finish", answer="Ann"), call())
    assert finished.values["action_em"] is None and finished.values["rouge_l"] == 0.0


def test_hallucination_counts_on_every_step_and_never_for_none() -> None:
    gave_up = Reply("give_up")
    assert score("t", TOOLS, gave_up, call("fly")).values["hallucination"] == 1.0
    assert score("t", TOOLS, gave_up, call("none")).values["hallucination"] == 0.0
    assert score("t", TOOLS, call(), Reply("finish")).values["hallucination"] == 0.0


def test_actions_are_compared_case_sensitively() -> None:
    assert score("t", TOOLS, call("get"), call("Get")).values["action_em"] == 0.0


@pytest.mark.parametrize("text", ["", " ", "...", "\n"])
def test_rouge_of_a_text_without_words_is_zero(text: str) -> None:
    assert rouge_l(text, "Ann wrote it.") == rouge_l("Ann wrote it.", text) == 0.0


def test_rouge_survives_long_texts() -> None:
    text = " ".join(f"w{index}" for index in range(1500))
    assert rouge_l(text, text) == pytest.approx(1.0, abs=1e-6)


def test_rouge_is_case_sensitive_and_counts_unique_words() -> None:
    assert rouge_l("ann", "Ann") == 0.0
    assert rouge_l("Ann Ann Ann", "Ann") == pytest.approx(1.0, abs=1e-6)


def test_a_metric_without_steps_is_none() -> None:
    empty = Scores(())
    assert empty.mean("plan_acc") is None and empty.interval("plan_acc") is None
    assert empty.as_json()["n_steps"] == 0


def test_intervals_resample_whole_trajectories() -> None:
    steps = [score(f"t{n}", TOOLS, call(), call("get" if n % 2 else "put")) for n in range(40)]
    same_cluster = [step.__class__("one", step.values) for step in steps]
    low, high = Scores(tuple(steps)).interval("action_em") or (0, 0)
    assert 30 < low < 50 < high < 70
    # One trajectory says little, however many steps it has.
    low, high = Scores(tuple(same_cluster)).interval("action_em") or (50, 50)
    assert low < 10 and high > 90


def test_a_difference_is_paired_and_repeats_itself() -> None:
    before = Scores(tuple(score(f"t{n}", TOOLS, call(), call("put")) for n in range(20)))
    after = Scores(tuple(score(f"t{n}", TOOLS, call(), call("get")) for n in range(20)))
    assert difference(before, after, "action_em") == (100.0, (100.0, 100.0))
    assert difference(after, after, "action_em") == (0.0, None)
    with pytest.raises(ValueError, match="same trajectories"):
        difference(before, Scores(()), "action_em")
