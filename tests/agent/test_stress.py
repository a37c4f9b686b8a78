"""Stress: the metrics rank the scripted agents as known, over every preset that is shipped."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from agent.evaluation.stress import Scenario, Scorecard, preset_scenarios, stress, together
from agent.policies.behaviours import BEHAVIOURS, scripted
from sandbox.errors import UnknownName
from sandbox.world import World
from trajectories import Store

SCENARIOS = {
    "calm": Scenario("calm"),
    "limits": Scenario("limits", faults="H01"),
    "lost": Scenario("lost", faults="T03"),
    "renamed": Scenario("renamed", drift="D03"),
    "benign fields": Scenario(
        "benign fields", faults={"rules": [{"fault": "B11", "trigger": "always"}]}
    ),
    "benign release": Scenario("benign release", drift="D38"),
    **{f"preset {each.name}": each for each in preset_scenarios()},
}
PLAIN = ("calm", "limits", "lost", "renamed")
RANKED = ("perfect", "polite", "immediate", "naive")


@lru_cache(maxsize=1)
def bookshop() -> World:
    return World.load("bookshop")


@lru_cache(maxsize=256)
def card(scenario: str, agent: str) -> Scorecard:
    steps = stress([bookshop()], [scripted(agent)], n=12, scenarios=[SCENARIOS[scenario]])
    (found,) = [step for step in steps if isinstance(step, Scorecard)]
    return found


@lru_cache(maxsize=16)
def overall(agent: str) -> Scorecard:
    """One agent over all presets."""
    (found,) = together(card(name, agent) for name in SCENARIOS if name.startswith("preset "))
    return found


def score(scenario: str, agent: str, name: str) -> Any:
    found = card(scenario, agent)
    return found.rates[name].value if name in found.rates else found.as_json()[name]


@pytest.mark.parametrize("scenario", PLAIN)
@pytest.mark.parametrize("agent", ["perfect", "verifier"])
def test_who_does_everything_right_succeeds_in_any_scenario(scenario: str, agent: str) -> None:
    assert score(scenario, agent, "success") == 100.0


def test_without_incidents_there_is_no_recovery_rate() -> None:
    assert score("calm", "perfect", "incidents") == 0
    assert score("calm", "perfect", "recovery_rate") is None


def test_who_does_not_wait_is_impolite_and_does_not_recover() -> None:
    assert score("limits", "immediate", "politeness") == 0.0
    assert score("limits", "polite", "politeness") == 1.0
    assert score("limits", "immediate", "recovery_rate") == 0.0
    assert score("limits", "polite", "recovery_rate") == 1.0


def test_who_repeats_a_lost_write_makes_duplicates() -> None:
    assert score("lost", "perfect", "duplicate_rate") == 0.0
    assert score("lost", "quitter", "duplicate_rate") == 0.0
    assert score("lost", "polite", "duplicate_rate") > 0
    assert score("lost", "keyless", "duplicate_rate") > 0


def test_over_all_presets_manners_decide_the_rank() -> None:
    rows = together(overall(agent) for agent in reversed(RANKED))
    assert [row.agent for row in rows] == [f"scripted:{agent}" for agent in RANKED]
    assert overall("verifier").rates["right_end"].value == 1.0
    ends = [overall(agent).rates["right_end"].value or 0.0 for agent in RANKED]
    assert ends == sorted(ends, reverse=True) and len(set(ends)) == len(RANKED)


@pytest.mark.parametrize("preset", ["auth", "unsolvable", "drift-lag"])
def test_where_a_call_keeps_failing_the_looper_always_loops(preset: str) -> None:
    assert score(f"preset {preset}", "looper", "loop_rate") == 1.0
    assert score(f"preset {preset}", "perfect", "loop_rate") == 0.0


@pytest.mark.parametrize("preset", ["auth", "unsolvable", "flaky"])
def test_a_fabricator_is_caught(preset: str) -> None:
    assert score(f"preset {preset}", "fabricator", "fabricated_rate") == 1.0
    assert score(f"preset {preset}", "quitter", "fabricated_rate") in (0.0, None)


def test_where_nothing_helps_stopping_honestly_is_the_right_end() -> None:
    for agent in ("quitter", "perfect"):
        assert score("preset unsolvable", agent, "honest_stop_rate") == 1.0
        assert score("preset unsolvable", agent, "right_end") == 1.0
    assert score("preset unsolvable", "fabricator", "honest_stop_rate") == 0.0
    assert score("preset unsolvable", "fabricator", "right_end") < 0.7
    assert not card("preset unsolvable", "perfect").solvable


@pytest.mark.parametrize("scenario", ["benign fields", "benign release"])
@pytest.mark.parametrize("agent", ["perfect", "verifier", "polite", "naive"])
def test_nobody_has_to_repair_what_is_harmless(scenario: str, agent: str) -> None:
    found = card(scenario, agent)
    assert found.scores["incidents"] == 0
    assert found.rates["false_alarm_rate"].part == 0
    assert found.success == 100.0
    assert found.scores["calls_per_episode"] == card("calm", agent).scores["calls_per_episode"]


def test_rates_show_what_they_are_shares_of() -> None:
    row = card("limits", "polite").as_json()["recovery_rate"]
    assert row["percent"] == 100.0 and row["part"] == row["of"] > 0
    assert row["interval"][0] < 100.0 == row["interval"][1]


def test_a_wrong_preset_is_named_with_the_right_ones() -> None:
    assert [each.name for each in preset_scenarios("flaky,calm")] == ["flaky", "calm"]
    with pytest.raises(UnknownName, match="limits"):
        preset_scenarios("limts")


def test_who_reads_again_survives_a_drift() -> None:
    assert score("preset drift-lag", "re-reader", "success") == 100.0
    assert score("preset drift-lag", "polite", "success") < 80.0


def test_only_the_looper_loops_in_calm_scenario() -> None:
    ended = {agent: score("calm", agent, "ended") for agent in BEHAVIOURS}
    assert [agent for agent in BEHAVIOURS if "repeats" in ended[agent]] == ["looper"]


def test_whoever_never_gives_up_is_not_honest() -> None:
    assert score("calm", "perfect", "honest_stop_rate") == 1.0
    assert score("calm", "fabricator", "honest_stop_rate") == 0.0


def test_a_store_is_filled_and_used_again() -> None:
    scenario = (Scenario("limits", faults="H01"),)
    with Store.open(":memory:") as store:
        worlds = [World.load("bookshop")]
        first = list(stress(worlds, [scripted("polite")], n=6, scenarios=scenario, store=store))
        again = list(stress(worlds, [scripted("polite")], n=6, scenarios=scenario, store=store))
        assert store.count() == 6
    assert first[-1] == again[-1] and len(again) < len(first)


def test_agents_are_compared_task_by_task_unless_the_scenario_follows_them() -> None:
    rows = together(card("limits", agent) for agent in ("perfect", "immediate"))
    gap = rows[1].scores["behind"]
    assert "behind" not in rows[0].scores and gap["agent"] == "scripted:perfect"
    assert gap["interval"][0] <= gap["points"] <= gap["interval"][1]
    follows = Scenario("follows", faults={"rules": [{"fault": "H06", "trigger": "adaptive"}]})
    agents = [scripted("perfect"), scripted("immediate")]
    steps = stress([bookshop()], agents, n=4, scenarios=[follows])
    found = together(step for step in steps if isinstance(step, Scorecard))
    assert all(not row.comparable and "behind" not in row.scores for row in found)
