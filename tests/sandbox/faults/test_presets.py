"""Presets: implemented ids only, and those called solvable are solved from what agents see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import specs
from agent.names import agent_from
from agent.stress import Scorecard, Weather, preset_weathers, stress
from sandbox.drift import operators
from sandbox.drift.plan import drift_presets
from sandbox.faults import Storm, faults, plan
from sandbox.faults.plan import presets
from sandbox.world.world import World

FAULTS = specs.presets("faults")
DRIFTS = specs.presets("drift")


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


def passes(world: World, weather: Weather, n: int = 8) -> list[float | None]:
    """The success of a polite client: it sees what agents see, and after a drift it reads again."""
    rows = stress([world], [agent_from("scripted:verifier")], n=n, weathers=[weather])
    return [row.success for row in rows if isinstance(row, Scorecard)]


SOLVABLE = [each for each in preset_weathers() if each.solvable]


@pytest.mark.parametrize("document", ["bookshop", "helpdesk", "calendar"])
@pytest.mark.parametrize("weather", SOLVABLE, ids=lambda each: each.name)
def test_a_solvable_preset_is_solved_by_who_looks_and_waits(
    weather: Weather, document: str
) -> None:
    assert passes(World.load(document), weather) == [100.0]


@pytest.mark.parametrize("fault", ["H09", "A05"])
def test_a_plan_that_nobody_can_solve_would_be_rejected(fault: str) -> None:
    rule = {"fault": fault, "trigger": "always"}
    wrong = Weather("wrong", faults={"solvable": True, "rules": [rule]})
    assert wrong.solvable
    assert passes(World.load("bookshop"), wrong) != [100.0]


SMALL = (
    "petstore2.json petstore3.yaml realworld.yml museum31.yaml uspto.yaml tictactoe31.yaml "
    "camara-qod.yaml uber2.yaml"
).split()
MORE = (
    "star-trek.yaml xero-files.yaml twilio-verify.yaml adyen-dispute-v30.json alertmanager2.yaml "
    "microcks.yaml adyen-checkout-v71.yaml openeo.yaml xero-accounting.yaml ory-client.json "
    "docusign-esign2.json box.json tmf620-v5.yaml"
).split()


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(name, marks=pytest.mark.soak) for name in MORE)]
)
def test_every_solvable_preset_is_solved_on_real_documents(corpus: Path, name: str) -> None:
    world = World.load(corpus / "specs" / "public" / name)
    scores = {each.name: passes(world, each, n=6) for each in SOLVABLE}
    assert scores == {each.name: [100.0] for each in SOLVABLE}


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
