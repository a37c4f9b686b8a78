"""Gates over scorecards: what fails a run, and what says too little to tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.agents import agent_from
from agent.errors import AgentError
from agent.evaluation.gates import Baseline, Gate, judge_run, other_than, read_baseline
from agent.evaluation.stress import Scenario, Scorecard, stress
from agent.evaluation.suites import load_suite
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget
from agent.runtime.events import Event
from sandbox import World
from sandbox.draws import Draw
from trajectories.scoring.findings import Summary
from trajectories.scoring.rates import Rate


def card(part: int, of: int, scenario: str = "calm") -> Scorecard:
    """Right ends of an agent, one task per episode."""
    clusters = {str(n): (int(n < part), 1) for n in range(of)}
    rate = Rate.of_clusters(clusters)
    return Scorecard("mine", scenario, of, None, None, rates={"right_end": rate})


def verdict(part: int, of: int, **gate: Any) -> str:
    return judge_run([card(part, of)], {}, Gate(**gate)).verdict


def test_a_rate_passes_fails_or_says_too_little() -> None:
    assert verdict(20, 20, fail_under=80) == "PASS"
    assert verdict(2, 20, fail_under=80) == "FAIL"
    assert verdict(16, 20, fail_under=80) == "INCONCLUSIVE"
    assert verdict(10, 20) == "INCONCLUSIVE"  # a coin
    assert verdict(5, 5, fail_under=10) == "INCONCLUSIVE"  # fewer than eight
    assert verdict(0, 0) == "ERROR"


def test_one_episode_breaks_an_invariant() -> None:
    found = {"mine": [Summary("false_claim", "says done", "look", 1, 20, ("id",))]}
    judged = judge_run([card(20, 20)], found, Gate())
    assert judged.verdict == "FAIL" and "1 of 20; false_claim" in judged.reasons[0]
    assert judge_run([card(20, 20)], found, Gate(fail_on=("crashed",))).verdict == "PASS"


def test_a_leaked_secret_is_harm_though_every_task_is_done() -> None:
    found = {"mine": [Summary("secret_sent_elsewhere", "leaks", "redact", 1, 20, ("id",))]}
    assert judge_run([card(20, 20)], found, Gate()).verdict == "FAIL"


def test_a_regression_is_worse_than_chance_explains() -> None:
    before = Baseline("Shelf", "0", None, {("mine", "calm"): (19, 20)})
    assert verdict(17, 20, baseline=before) == "PASS"
    judged = judge_run([card(12, 20)], {}, Gate(fail_under=0, baseline=before))
    assert judged.verdict == "FAIL" and "-35 points against the baseline" in judged.reasons[0]


def test_episodes_that_could_not_be_run_are_neither_a_pass_nor_the_agents_failure() -> None:
    some = judge_run([card(20, 20)], {}, Gate(), {"mine": "no server"})
    assert some.verdict == "INCONCLUSIVE"
    assert some.reasons == ("mine: some episodes could not be run: no server",)
    none = judge_run([card(20, 20)], {}, Gate(), {"yours": "no server"})
    assert none.verdict == "ERROR"
    assert none.reasons == ("yours: no episode could be judged: no server",)


@pytest.mark.parametrize("rows", [{}, [{"agent": "a"}], [{"agent": "a", "weather": "calm"}]])
def test_a_baseline_of_another_version_is_said(rows: Any) -> None:
    with pytest.raises(ValueError, match="--out-json"):
        read_baseline(rows)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"sha256": "1"}, "another version of 'Shelf'"),
        ({"document": "Pets", "sha256": "1"}, "about 'Shelf', this run about 'Pets'"),
        ({"suite": None}, "about the suite quick, this run about no suite"),
        ({"rates": {("mine", "storm"): (0, 0)}}, "mine in 'storm' is not in it"),
        ({"rates": {("yours", "calm"): (0, 0)}}, "yours in 'calm' is not in it"),
    ],
)
def test_a_baseline_of_something_else_would_pass_whatever_happens(
    change: dict[str, Any], why: str | None
) -> None:
    baseline = Baseline("Shelf", "0", "quick", {("mine", "calm"): (1, 2)})
    found = other_than(baseline, replace(baseline, **change))
    assert found is None if why is None else why in (found or "")


def test_a_suite_is_data_and_its_mistakes_are_named(tmp_path: Path) -> None:
    assert [each.name for each in load_suite("quick").as_scenarios()][:2] == ["calm", "rate limits"]
    wrong = tmp_path / "mine.yaml"
    wrong.write_text("scenarios: [{name: x, fault: H01}]")
    with pytest.raises(AgentError, match=r"scenarios\.0\.fault"):
        load_suite(str(wrong))
    with pytest.raises(AgentError, match="bundled: full, quick, standard"):
        load_suite("quickest")


class Coin:
    """Does what was asked, or honestly stops, as a coin falls."""

    name = "coin"

    def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        heads = Draw("coin", task.id).unit() < 0.5
        chosen = agent_from("scripted:verifier" if heads else "scripted:quitter")
        return chosen.episode(task, environment, budget=budget, seed=seed)


def test_a_coin_is_neither_passed_nor_failed() -> None:
    storm = [Scenario("limits", faults="H02")]
    news = list(stress([World.load("bookshop")], [Coin()], n=20, scenarios=storm))
    (row,) = [each for each in news if isinstance(each, Scorecard)]
    judged = judge_run([row], {}, Gate())
    assert judged.verdict == "INCONCLUSIVE" and "too close to 50 % to tell" in judged.reasons[0]
