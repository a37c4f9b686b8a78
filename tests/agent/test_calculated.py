"""What the runtime calculates for an answer stands in the record."""

from __future__ import annotations

import pytest

from agent.runtime.events import Answered, Ended
from agent.runtime.recorder import Episode, Recorder
from tests.agent.worlds import add_book, shelf
from trajectories.records import Source


@pytest.mark.parametrize("calculated", [("count of listBooks = 2",), ()])
def test_a_record_says_what_was_calculated_for_its_answer(calculated: tuple[str, ...]) -> None:
    session = shelf().session(seed=1)
    recorder = Recorder(Episode(add_book(), Source(), "sums"), [])
    recorder.hear(Answered("There are 2.", calculated=calculated))
    recorder.hear(Ended("finish"))
    metrics = recorder.trajectory(session).outcome.metrics
    assert metrics.get("calculated", []) == list(calculated)
