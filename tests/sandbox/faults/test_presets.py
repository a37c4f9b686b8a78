"""Presets: implemented ids only, and those called solvable are solved from what agents see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import specs
from agent.agents import agent_from
from agent.evaluation.stress import Scenario, Scorecard, preset_scenarios, stress
from agent.runtime.episode import Budget
from sandbox.drift import operators
from sandbox.drift.plan import drift_presets
from sandbox.faults import FaultInjector, faults, plan
from sandbox.faults.plan import presets
from sandbox.tasks import Report, generate
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


def passes(world: World, scenario: Scenario, n: int = 8) -> list[float | None]:
    """How often a polite client reaches the goal: after a drift it reads again.

    It may take its time: what is asked is whether the goal stays within reach, so an honest stop
    does not count.
    """
    budget = Budget(steps=120, tokens=200_000)
    rows = stress(
        [world], [agent_from("scripted:verifier")], n=n, scenarios=[scenario], budget=budget
    )
    return [row.success for row in rows if isinstance(row, Scorecard)]


SOLVABLE = [each for each in preset_scenarios() if each.solvable]


@pytest.mark.parametrize("document", specs.names())
@pytest.mark.parametrize("scenario", SOLVABLE, ids=lambda each: each.name)
def test_a_solvable_preset_is_solved_by_who_looks_and_waits(
    scenario: Scenario, document: str
) -> None:
    assert passes(World.load(document), scenario) == [100.0]


@pytest.mark.parametrize("fault", ["H09", "A05"])
def test_a_plan_that_nobody_can_solve_would_be_rejected(fault: str) -> None:
    rule = {"fault": fault, "trigger": "always"}
    wrong = Scenario("wrong", faults={"solvable": True, "rules": [rule]})
    assert wrong.solvable
    assert passes(World.load("bookshop"), wrong) != [100.0]


SMALL = "petstore2.json petstore3.yaml realworld.yml museum31.yaml uspto.yaml uber2.yaml".split()
MORE = (
    "adyen-checkout-v71.yaml adyen-dispute-v30.json alertmanager2.yaml "
    "amadeus-flight-orders2.json asana.yaml box.json callback-example.json "
    "discord31.json docusign-esign2.json github.json harbor2.yaml kubernetes2.json "
    "link-example.yaml meilisearch31.json microcks.yaml netlify2.yml openai.yaml openeo.yaml "
    "ory-client.json paypal-orders-v2.json readme-schema-types31.json sendgrid-designs.yaml "
    "slack2.json spotify.yml "
    "star-trek.yaml stripe.yaml tictactoe31.yaml tmf620-v5.yaml twilio-api.json "
    "twilio-verify.yaml "
    "xero-accounting.yaml xero-files.yaml"
).split()
BARREN = {
    "camara-qod.yaml": "every operation refers to another document",
    "readme-circular.json": "nothing is kept: every operation computes",
    "readme-circular2.json": "nothing is kept: every operation computes",
    "readme-params-style.json": "no entity can be spoken of: parameters alone",
    "readme-polymorphism.json": "nothing is kept: every operation computes",
    "readme-security.json": "nothing is kept: every operation computes",
    "readme-uploads.json": "nothing is kept: every operation computes",
    "webhook31.yaml": "no operation at all",
}
"""Documents from which no task can be made, and why."""


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(name, marks=pytest.mark.soak) for name in MORE)]
)
def test_every_solvable_preset_is_solved_on_real_documents(corpus: Path, name: str) -> None:
    world = World.load(corpus / "specs" / "public" / name)
    scores = {each.name: passes(world, each, n=6) for each in SOLVABLE}
    assert scores == {each.name: [100.0] for each in SOLVABLE}


def test_every_real_document_is_held_to_it_or_says_why_not(corpus: Path) -> None:
    there = {each.name for each in (corpus / "specs" / "public").iterdir()} - {"INDEX.md"}
    assert there == {*SMALL, *MORE, *BARREN}


@pytest.mark.parametrize("name", BARREN)
def test_a_document_without_tasks_says_why(corpus: Path, name: str) -> None:
    report = Report()
    world = World.load(corpus / "specs" / "public" / name)
    assert list(generate(world, n=4, seed=0, report=report)) == []
    assert report.ended and report.rows()


def fired(injector: FaultInjector) -> int:
    return sum(row["firings"] for row in injector.report())


def test_severity_scales_how_much_happens() -> None:
    world = World.load("bookshop")
    counts = []
    for severity in (0.0, 1.0, 4.0):
        session = world.session(faults=plan("flaky").at(severity).compile(world, 0))
        for page in range(60):
            session.call("listBooks", {"page": page + 1})
        injector: Any = session.faults
        counts.append(fired(injector))
    assert counts[0] == 0 < counts[1] < counts[2]
