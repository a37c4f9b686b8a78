"""Intervals: tasks are drawn again, not calls; two agents are compared task by task."""

from __future__ import annotations

import pytest

from sandbox.draws import Draw
from trajectories.scoring.intervals import difference, interval, wilson
from trajectories.scoring.rates import Rate


def test_calls_of_one_task_are_not_independent_tries() -> None:
    apart = interval([(int(n % 2 == 0), 1) for n in range(100)])
    together = interval([(10, 10), (0, 10)] * 5)
    assert apart is not None and together is not None
    assert 0.38 < apart[0] < 0.44 and 0.56 < apart[1] < 0.62
    # 0.196 is 95 %; 90 % would be 0.164 wide.
    assert 0.18 < apart[1] - apart[0] < 0.215
    assert together[1] - together[0] > 2.5 * (apart[1] - apart[0])


def test_where_all_tasks_say_the_same_wilson_speaks_for_their_number() -> None:
    assert interval([(5, 5)] * 8) == wilson(1.0, 8) == pytest.approx((0.6756, 1.0), abs=1e-3)
    assert interval([(1, 3)]) == wilson(1 / 3, 1)
    assert interval([]) is None and interval([(0, 0)]) is None


def test_an_interval_mostly_holds_the_truth() -> None:
    """Twenty tasks with chances of their own around 0.6, five tries each."""
    held = 0
    for number in range(300):
        draw = Draw("coverage", number)
        chances = [0.2 + 0.8 * draw.unit(f"task {task}") for task in range(20)]
        rows = [sum(draw.chance(c, f"{t}/{n}") for n in range(5)) for t, c in enumerate(chances)]
        low, high = interval([(won, 5) for won in rows]) or (1.0, 0.0)
        held += low <= 0.6 <= high
    assert 0.89 < held / 300 < 0.99


def test_two_agents_are_compared_on_the_tasks_that_both_met() -> None:
    hard = {f"task {n}": (n % 2, 1) for n in range(40)}
    better = {name: (1 if name.endswith("0") else won, of) for name, (won, of) in hard.items()}
    low, high = difference(better, hard) or (0.0, 0.0)
    assert 0.0 < low < 0.1 < high < 0.25
    assert difference(hard, dict(hard)) is None
    assert difference(hard, {"other": (1, 1)}) is None


def test_rates_of_the_same_tasks_add_up_task_by_task() -> None:
    calm, storm = Rate.of_clusters({"a": (1, 2), "b": (0, 0)}), Rate.of_clusters({"a": (0, 2)})
    both = calm + storm
    assert (both.part, both.of, both.clusters) == (1, 4, {"a": (1, 4)})
    assert both.as_json()["clusters"] == 1 and Rate().as_json()["interval"] is None


def test_an_interval_is_the_same_every_time() -> None:
    rows = [(n % 3, 4) for n in range(30)]
    assert interval(rows) == interval(list(rows))
