"""Scripted agents: known behaviour, ranked as known; what they write is the published protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent.collect.collect import collect
from agent.policies.behaviours import BEHAVIOURS, scripted
from agent.runtime.parsing import parse_call, parse_plan
from tests.agent.worlds import add_book, impossible, read_price, shelf
from trajectories import Store, Trajectory
from trajectories.scoring.incidents import Episode, incidents


def ran(name: str, tasks: list[Any], **options: Any) -> Iterator[Trajectory]:
    with Store.open(":memory:") as store:
        n = len(tasks)
        list(collect([shelf()], scripted(name), store, n=n, tasks=tasks, **options))
        yield from store.iterate()


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_all_but_the_hopeless_succeed_in_calm_weather(name: str) -> None:
    tasks = [add_book(), read_price(shelf())]
    assert [t.outcome.success for t in ran(name, tasks)] == [True, True]


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_turn_is_written_in_the_protocol(name: str) -> None:
    for trajectory in ran(name, [add_book()], faults="H01"):
        for turn in trajectory.messages:
            if turn.role == "planner":
                assert parse_plan(turn.content).plan != "none"
            if turn.role == "caller":
                assert turn.call is not None
                assert parse_call(turn.content).arguments == turn.call.arguments


@pytest.mark.parametrize(
    ("name", "success", "end"),
    [
        ("perfect", True, "finish"),
        ("verifier", True, "finish"),
        ("polite", True, "finish"),
        ("immediate", False, "give_up"),
        ("quitter", False, "give_up"),
        ("naive", False, "finish"),
        ("fabricator", False, "finish"),
        ("looper", False, "repeats"),
    ],
)
def test_under_rate_limits_only_waiting_helps(name: str, success: bool, end: str) -> None:
    (trajectory,) = ran(name, [read_price(shelf())], faults="H01")
    assert (trajectory.outcome.success, trajectory.outcome.end) == (success, end)


@pytest.mark.parametrize(
    ("name", "books"), [("perfect", 1), ("verifier", 1), ("polite", 2), ("re-reader", 2)]
)
def test_after_a_lost_reply_only_looking_avoids_a_duplicate(name: str, books: int) -> None:
    (trajectory,) = ran(name, [add_book()], faults="T03")
    created = [e for row in trajectory.ledger for e in row["effects"] if e["kind"] == "create"]
    assert len(created) == books
    assert trajectory.outcome.success == (books == 1)


@pytest.mark.parametrize(
    ("name", "success"), [("perfect", True), ("quitter", True), ("fabricator", False)]
)
def test_a_task_that_cannot_be_done_is_to_be_given_up(name: str, success: bool) -> None:
    (trajectory,) = ran(name, [impossible()])
    assert trajectory.outcome.success is success


def test_the_failure_of_a_looper_is_the_planners() -> None:
    (trajectory,) = ran("looper", [read_price(shelf())], faults="H01")
    assert trajectory.outcome.attribution == "agent:planner"


def test_the_failure_of_a_quitter_is_the_faults() -> None:
    (trajectory,) = ran("quitter", [read_price(shelf())], faults="H01")
    assert trajectory.outcome.attribution == "injected:H01"


def test_nobody_states_what_was_never_seen() -> None:
    task = read_price(shelf())
    (trajectory,) = ran("fabricator", [task], faults="H01")
    assert str(task.goal.answer.required[0]) not in (trajectory.outcome.answer or "")


@pytest.mark.parametrize(("name", "success"), [("verifier", True), ("perfect", False)])
def test_a_silent_no_op_is_seen_by_whoever_looks(name: str, success: bool) -> None:
    (trajectory,) = ran(name, [add_book()], faults="S06")
    assert trajectory.outcome.success is success


def test_what_only_shows_late_is_not_done_twice() -> None:
    (trajectory,) = ran("verifier", [add_book()], faults="S01")
    assert trajectory.outcome.success


@pytest.mark.parametrize("fault", ["H03", "H05", "H12", "A02", "A04", "B06", "T09", "S09"])
def test_the_perfect_agent_reads_every_sign(fault: str) -> None:
    for trajectory in ran("perfect", [add_book(), read_price(shelf())], faults=fault):
        assert trajectory.outcome.success, trajectory.outcome


@pytest.mark.parametrize("fault", ["A05", "H09"])
def test_what_cannot_be_mended_is_given_up_honestly(fault: str) -> None:
    (trajectory,) = ran("perfect", [read_price(shelf())], faults=fault)
    assert trajectory.outcome.end == "give_up"


@pytest.mark.parametrize("operator", ["D03", "D15"])
def test_whoever_reads_again_finds_the_new_form(operator: str) -> None:
    for trajectory in ran("perfect", [add_book(), read_price(shelf())], drift=operator):
        assert trajectory.outcome.success, trajectory.outcome


@pytest.mark.parametrize("control", [{"faults": "B11"}, {"drift": "D38"}])
@pytest.mark.parametrize("name", ["verifier", "perfect", "polite"])
def test_harmless_noise_leaves_nothing_to_repair(name: str, control: dict[str, str]) -> None:
    found = list(ran(name, [add_book(), read_price(shelf())], **control))
    assert [t.outcome.success for t in found] == [True, True]
    assert [incidents(Episode.of(t)) for t in found] == [[], []]


def test_only_a_new_entity_answers_for_a_lost_one() -> None:
    task = add_book()
    (trajectory,) = ran("verifier", [task], faults="H06")
    created = [e for row in trajectory.ledger for e in row["effects"] if e["kind"] == "create"]
    assert trajectory.outcome.success and len(created) == 1
