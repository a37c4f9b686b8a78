"""An episode ends at its budget: not one turn before it, not one after."""

from __future__ import annotations

import pytest

from agent.runtime.episode import Budget, Meter
from agent.runtime.events import Called, Ended, Planned


def test_steps_end_at_their_number() -> None:
    meter = Meter(Budget(steps=3, untagged=9))
    for step in range(3):
        assert meter.over() is None, step
        meter.note(Planned("I look.", "call"))
    assert meter.over() == Ended("steps", "planner")


def test_repeats_count_identical_calls_in_a_row() -> None:
    meter = Meter(Budget(repeats=3))
    for raw in ("{}", "{}", '{"a":1}', "{}", "{}"):
        meter.note(Called("look", {}, raw))
        assert meter.over() is None
    meter.note(Called("look", {}, "{}"))
    assert meter.over() == Ended("repeats", "planner")


@pytest.mark.parametrize(("characters", "over"), [(399, False), (400, True)])
def test_four_characters_are_a_token(characters: int, over: bool) -> None:
    meter = Meter(Budget(tokens=100))
    meter.wrote("caller", "x" * characters)
    assert (meter.over() == Ended("tokens", "caller")) is over


def test_a_tag_starts_the_count_of_untagged_turns_again() -> None:
    meter = Meter(Budget(untagged=2))
    for plan in ("none", "call", "none"):
        meter.note(Planned("Well …", plan))
        assert meter.over() is None
    meter.note(Planned("Well …", "none"))
    assert meter.over() == Ended("error", "planner")
