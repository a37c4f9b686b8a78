"""A student's failed episode, ended by the solver: true, and only the solver's turns are learnt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.agents import agent_from
from agent.collect.collect import collect
from agent.evaluation.corrections import correction
from agent.runtime.rerun import Reruns
from sandbox import World
from tests.agent.cli.running import wavetank
from trajectories import Store, Trajectory

WORLD = World.load("bookshop")


def failed(bug: str) -> Iterator[Trajectory]:
    with Store.open(":memory:") as store:
        for _ in collect([WORLD], agent_from(f"mutant:{bug}"), store, n=12, seed=3):
            pass
        yield from (record for record in store.iterate() if not record.outcome.success)


@pytest.mark.parametrize("bug", ["wrong-entity", "drops-field", "claims-undone", "loops"])
def test_the_solver_ends_well_what_a_student_began(bug: str) -> None:
    for record in failed(bug):
        found = correction(record, Reruns.of([WORLD]))
        assert found is not None and found.outcome.success
        both = list(zip(record.messages, found.messages, strict=False))
        shared = [one.content == other.content for one, other in both].index(False)
        assert not any(turn.learn for turn in found.messages[:shared])
        assert found.messages[-1].learn and shared < len(found.messages)
        assert found.tools == record.tools and found.task == record.task


def test_what_went_well_or_cannot_be_done_is_no_lesson() -> None:
    (record, *_) = failed("claims-undone")
    well = correction(record, Reruns.of([WORLD]))
    assert well is not None and correction(well, Reruns.of([WORLD])) is None
    unsolved = record.model_copy(update={"task": record.task | {"solution": []}})
    assert correction(unsolved, Reruns.of([WORLD])) is None


def test_corrections_are_collected_and_can_be_trained_on(tmp_path: Path) -> None:
    student, into = tmp_path / "student.db", tmp_path / "into.db"
    wavetank("collect", "bookshop", "-n", "8", "--agent", "mutant:denies-done", "--store", student)
    told = json.loads(wavetank("correct", "--store", student, "--into", into, "--json").stdout)
    with Store.open(into, create=False) as store:
        kept = list(store.iterate())
    assert 0 < told["corrected"] == told["failed"] == len(kept)
    assert all(record.outcome.success for record in kept)
    assert "another store" in wavetank("correct", "--store", into, "--into", into, check=2).stderr
