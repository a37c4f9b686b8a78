"""Presets: implemented ids only, and those called solvable are solved from what agents see."""

from __future__ import annotations

from typing import Any

import pytest

import specs
from agent.names import agent_from
from agent.stress import Scorecard, Weather, stress
from sandbox.drift import operators
from sandbox.drift.plan import drift_presets
from sandbox.faults import Storm, faults, plan
from sandbox.faults.plan import presets
from sandbox.world.world import World

FAULTS = specs.presets("faults")
DRIFTS = specs.presets("drift")


def solvable(name: str) -> bool:
    return presets()[name].solvable if name in FAULTS else drift_presets()[name].solvable


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_preset_says_what_it_leaves_out(name: str) -> None:
    preset = presets()[name]
    used = {rule.fault for rule in preset.rules}
    assert preset.about and used <= set(faults())
    assert not used & set(preset.left_out)


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_preset_says_what_it_leaves_out(name: str) -> None:
    preset = drift_presets()[name]
    used = {step.op for stage in preset.releases for step in stage.operators}
    assert preset.about and used <= set(operators())
    assert not used & set(preset.left_out)


@pytest.mark.parametrize("document", ["bookshop", "helpdesk", "calendar"])
@pytest.mark.parametrize("name", [name for name in (*FAULTS, *DRIFTS) if solvable(name)])
def test_a_solvable_preset_is_solved_by_who_looks_and_waits(name: str, document: str) -> None:
    weather = Weather(name, **{"faults" if name in FAULTS else "drift": name})
    agents = [agent_from("scripted:verifier")]
    rows = stress([World.load(document)], agents, n=8, weathers=[weather])
    scores = [row.success for row in rows if isinstance(row, Scorecard)]
    assert scores == [100.0]


def fired(storm: Storm) -> int:
    return sum(row["firings"] for row in storm.report())


def test_severity_scales_how_much_happens() -> None:
    world = World.load("bookshop")
    counts = []
    for severity in (0.0, 1.0, 4.0):
        session = world.session(faults=plan("flaky").at(severity).compile(world, 0))
        for page in range(60):
            session.call("listBooks", {"page": page + 1})
        storm: Any = session.storm
        counts.append(fired(storm))
    assert counts[0] == 0 < counts[1] < counts[2]
