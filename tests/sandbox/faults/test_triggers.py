"""Triggers that follow the agent, scopes below the session, and faults that come together."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import PlanError
from sandbox.faults import plan
from tests.sandbox.faults.little import Little, statuses

ADAPTIVE = {"model": "adaptive", "p": 1.0, "down": 1.0, "within_s": 5.0}
SLOW_AND_BUSY: dict[str, Any] = {
    "compose": [{"fault": "T01", "params": {"ms": 3000}}, "H08"],
    "trigger": {"model": "first_n", "n": 2},
}


def adaptive(**changes: Any) -> Little:
    rule = {"fault": "T05", "trigger": {**ADAPTIVE, **changes}}
    return Little.of({"rules": [rule], "max_consecutive": None})


def paced(little: Little, seconds: float, calls: int) -> list[int]:
    """The statuses of calls that are so far apart."""
    seen = []
    for _ in range(calls):
        seen.append(little.call().status)
        little.clock.advance(seconds)
    return seen


def test_who_waits_ends_an_adaptive_fault() -> None:
    assert paced(adaptive(), 6.0, 4) == [0, 201, 201, 201]


def test_who_hurries_keeps_an_adaptive_fault_going() -> None:
    assert paced(adaptive(), 1.0, 6) == [0] * 6
    assert paced(adaptive(p=0.3, up=0.7), 1.0, 60).count(0) > 50
    assert paced(adaptive(p=0.0), 1.0, 20) == [201] * 20


def test_an_adaptive_fault_lets_go_by_degrees() -> None:
    seen = paced(adaptive(p=0.9, down=0.05), 6.0, 300)
    assert seen[:60].count(0) > seen[60:120].count(0) and 0 not in seen[-60:]


def test_weather_that_adapts_to_agents_does_not_compare_them() -> None:
    rule = {"fault": "T05", "trigger": "adaptive"}
    assert plan("T05").comparable and not plan({"rules": [rule]}).comparable
    assert Little.of({"rules": [rule]}).injector.order_sensitive


def test_a_connection_is_counted_for_itself() -> None:
    scoped = {"model": "first_n", "n": 2, "scope": "connection"}
    little = Little.of({"rules": [{"fault": "T05", "trigger": scoped}]})
    assert little.injector.order_sensitive
    assert statuses(little, 3, connection=0) == [0, 0, 201]
    assert statuses(little, 3, connection=1, intent=b"two") == [0, 0, 201]
    assert statuses(little, 2, connection=0) == [201, 201]


def test_composed_faults_hit_the_same_call() -> None:
    little = Little.of({"rules": [SLOW_AND_BUSY]})
    both = little.call()
    assert (both.status, both.delay, both.header("retry-after")) == (503, 3.0, "10")
    assert [(each.rule, each.fault, each.instance) for each in little.firings] == [
        ("T01+H08", "T01", 0),
        ("T01+H08", "H08", 0),
    ]
    little.clock.advance(4)
    assert (little.call().delay, little.commits) == (3.0, 0)
    little.clock.advance(6)
    assert (little.call().delay, little.call().status, little.commits) == (0.0, 201, 2)
    row = {"rule": "T01+H08", "fault": "T01+H08", "state": "fired", "firings": 2}
    assert little.injector.report() == [row]


def test_composed_faults_stay_away_together() -> None:
    rule = {**SLOW_AND_BUSY, "trigger": {"model": "iid", "p": 0.0}}
    little = Little.of({"rules": [rule]})
    assert (statuses(little, 5), little.firings) == ([201] * 5, [])


def test_composed_faults_respect_groups_and_rails() -> None:
    rule = {**SLOW_AND_BUSY, "trigger": "always"}
    little = Little.of({"rules": [{"fault": "T05", "trigger": "first_n"}, rule]})
    assert [little.call().transport, little.call().delay] == ["reset", 3.0]
    little.clock.advance(30)
    assert little.call().status == 201


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"compose": ["T01", "H99"], "trigger": "always"}, "no fault 'H99'"),
        ({"compose": ["T01", "H08"]}, "need a `trigger`"),
        ({"compose": ["T02", "H08"], "trigger": "always"}, "T02 and H08 both decide"),
        ({"compose": ["T01", "H04"], "trigger": "always"}, "H04 watches every call"),
        ({"compose": ["T01"], "fault": "H08", "trigger": "always"}, "name the faults once"),
        ({"compose": [{"fault": "T01", "parms": {}}], "trigger": "always"}, "did you mean params"),
        ({"fault": "H01", "trigger": {"model": "adaptive", "upp": 1}}, "did you mean up"),
        ({"fault": "H01", "trigger": {"model": "first_n", "scope": "socket"}}, "'connection'"),
        ({"fault": "H01", "match": {"oper": "x"}}, "did you mean op"),
        ({}, "an id such as H01"),
    ],
)
def test_a_mistake_in_a_rule_names_what_would_be_valid(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words) as told:
        plan({"rules": [rule]})
    assert "rules.0" in str(told.value)


@pytest.mark.parametrize(
    ("bounds", "seen"),
    [
        ({"to_call": 2}, [0, 0, 201, 201]),
        ({"from_call": 1, "to_call": 3}, [201, 0, 0, 201]),
        ({"from_call": 2}, [201, 201, 0, 0]),
    ],
)
def test_a_window_of_calls_is_open_where_no_bound_is_given(
    bounds: dict[str, int], seen: list[int]
) -> None:
    window = {"model": "window", "scope": "global", **bounds}
    little = Little.of({"rules": [{"fault": "T05", "trigger": window}], "max_consecutive": None})
    assert statuses(little, 4) == seen
