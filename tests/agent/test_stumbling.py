"""Mistakes on purpose: masked, labelled, and put right whatever the weather is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

import specs
from agent.collect.collect import collect
from agent.policies.behaviours import scripted
from sandbox.drift.plan import drift_presets
from sandbox.faults.plan import presets
from sandbox.world import World
from trajectories import Store, Trajectory
from trajectories.labels import recovers

FAULTS = [name for name in specs.presets("faults") if presets()[name].solvable]
DRIFTS = [name for name in specs.presets("drift") if drift_presets()[name].solvable]


@lru_cache
def world() -> World:
    return World.load("bookshop")


def stumbled(n: int, **options: Any) -> list[Trajectory]:
    with Store.open(":memory:") as store:
        list(collect([world()], scripted("stumbler"), store, n=n, **options))
        return list(store.iterate())


def test_a_mistake_is_masked_and_its_repair_is_learnt() -> None:
    records = [each for each in stumbled(40) if each.task["kind"] != "irrelevant"]
    hurt = [each for each in records if any("mistake" in turn.labels for turn in each.messages)]
    assert len(hurt) >= 30 and all(each.outcome.success for each in records)
    for record in hurt:
        assert recovers(record)
        for turn in record.messages:
            assert not (turn.learn and "mistake" in turn.labels)


@pytest.mark.parametrize("name", FAULTS)
def test_mistakes_are_put_right_under_every_fault_preset(name: str) -> None:
    records = stumbled(12, faults=name)
    assert [each.outcome.failures for each in records if not each.outcome.success] == []
    assert sum(recovers(each) for each in records) >= 8


@pytest.mark.parametrize("name", DRIFTS)
def test_mistakes_are_put_right_under_every_drift_preset(name: str) -> None:
    records = stumbled(12, drift=name)
    assert [each.outcome.failures for each in records if not each.outcome.success] == []


def test_what_the_error_tells_is_what_the_planner_says() -> None:
    terse, kind = stumbled(20, helpfulness=0), stumbled(20, helpfulness=4)
    calls = [[turn.call for turn in each.messages if turn.call] for each in terse]
    assert sorted(map(str, calls)) == sorted(
        str([turn.call for turn in each.messages if turn.call]) for each in kind
    )
    words = [sum(len(turn.content) for e in rs for turn in e.messages) for rs in (terse, kind)]
    assert words[0] < words[1]
