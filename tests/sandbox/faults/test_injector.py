"""Rules meet calls when their triggers say so, and forks share only the past."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import PlanError
from sandbox.faults import plan
from tests.sandbox.faults.little import Little, statuses


def test_a_stated_wait_is_kept_and_then_over() -> None:
    little = Little.of("H01")
    first = little.call()
    little.clock.advance(10)
    early = little.call()
    little.clock.advance(20)
    assert (first.status, first.header("retry-after")) == (429, "30")
    assert (early.status, early.header("retry-after")) == (429, "20")
    assert little.call().status == 201
    assert [firing.instance for firing in little.firings] == [0, 0]
    assert little.commits == 1


def test_a_timeout_after_commit_has_an_effect_and_no_reply() -> None:
    little = Little.of("T03")
    response = little.call()
    assert (response.transport, response.delay, little.commits) == ("timeout", 8.0, 1)
    assert little.call().status == 201


def test_first_n_counts_each_intent_for_itself() -> None:
    little = Little.of({"rules": [{"fault": "T02", "trigger": {"model": "first_n", "n": 2}}]})
    assert statuses(little, 4, intent=b"a") == [0, 0, 201, 201]
    assert statuses(little, 3, intent=b"b") == [0, 0, 201]


def test_every_nth_at_calls_and_windows_have_exact_positions() -> None:
    nth = Little.of({"rules": [{"fault": "T05", "trigger": {"model": "every_nth", "n": 3}}]})
    at = Little.of({"rules": [{"fault": "T05", "trigger": {"model": "at_calls", "calls": [1, 3]}}]})
    window = {"model": "window", "from_s": 5, "to_s": 9}
    timed = Little.of({"rules": [{"fault": "T05", "trigger": window}]})
    assert statuses(nth, 5) == [0, 201, 201, 0, 201]
    assert statuses(at, 5) == [201, 0, 201, 0, 201]
    seen = []
    for _ in range(5):
        seen.append(timed.call().status)
        timed.clock.advance(2.5)
    assert seen == [201, 201, 0, 0, 201]


def test_a_token_bucket_states_the_exact_wait() -> None:
    bucket = {"model": "token_bucket", "capacity": 2, "refill_per_s": 0.1}
    little = Little.of({"rules": [{"fault": "H01", "trigger": bucket}]})
    assert statuses(little, 2) == [201, 201]
    assert little.call().header("retry-after") == "10"
    little.clock.advance(10)
    assert little.call().status == 201


def test_iid_does_not_care_about_other_calls_between() -> None:
    rule = {"rules": [{"fault": "T05", "trigger": {"model": "iid", "p": 0.5}}]}
    alone, busy = Little.of(rule), Little.of(rule)
    expected = [alone.call(intent=b"%d" % n).status for n in range(40)]
    got = []
    for n in reversed(range(40)):
        busy.call(intent=b"other %d" % n)
        got.append(busy.call(intent=b"%d" % n).status)
    assert expected == got[::-1]
    assert 8 < expected.count(0) < 32


def test_a_burst_has_runs_of_failures() -> None:
    chain = {"model": "burst", "p_gb": 0.1, "p_bg": 0.2}
    loose: dict[str, object] = {"max_consecutive": None}
    rule = {"rules": [{"fault": "T05", "trigger": chain}], **loose}
    little = Little.of(rule)
    seen = [little.call(intent=b"%d" % n).status for n in range(600)]
    bad = seen.count(0)
    starts = sum(1 for a, b in zip([201, *seen], seen, strict=False) if a == 201 and b == 0)
    assert 120 < bad < 280
    assert bad / starts > 2.5


def test_rails_keep_a_plan_solvable() -> None:
    always = {"fault": "T05", "trigger": "always"}
    assert statuses(Little.of({"rules": [always]}), 4) == [0, 0, 201, 0]
    assert statuses(Little.of({"rules": [{**always, "budget": 1}]}), 3) == [0, 201, 201]


def test_at_most_one_rule_of_a_group_fires() -> None:
    little = Little.of("T05,T02")
    assert [little.call().transport for _ in range(3)] == ["reset", "timeout", None]


def test_a_schedule_is_a_script() -> None:
    steps = {"model": "schedule", "steps": [None, "T05", "H01"]}
    little = Little.of({"rules": [{"trigger": steps}]})
    assert statuses(little, 2) == [201, 0]
    assert [firing.fault for firing in little.firings] == ["T05"]


def test_a_fork_goes_its_own_way() -> None:
    little = Little.of("T05")
    other = Little(little.injector.fork())
    assert statuses(little, 2) == [0, 201]
    assert statuses(other, 2) == [0, 201]
    assert little.injector.report() == [
        {"rule": "T05", "fault": "T05", "state": "fired", "firings": 1}
    ]


def test_filters_narrow_what_a_fault_suits() -> None:
    rule = {"fault": "T03", "match": {"path": "/orders*"}}
    little = Little.of({"rules": [rule]})
    assert little.call(path="/books").status == 201
    assert little.call(method="GET", path="/orders").status == 201
    assert little.call(path="/orders").transport == "timeout"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("H99", "no fault 'H99'"),
        ({"rules": [{"fault": "H01", "params": {"wait": 3}}]}, "did you mean wait_s"),
        ({"rules": [{"fault": "H01", "trigger": "fist_n"}]}, "'first_n'"),
        ({"rules": [{"fault": "H01", "parms": {}}]}, "did you mean params"),
        ("missing.yaml", "no such file"),
    ],
)
def test_a_typo_names_what_would_be_valid(source: object, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan(source)  # type: ignore[arg-type]


def test_a_plan_file_says_the_same_as_its_data(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("rules:\n  - fault: H01\n    params: {wait_s: 5}\n")
    assert Little.of(str(file)).call().header("retry-after") == "5"
