"""Stress: the metrics rank the scripted agents as known."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from agent.incidents import duplicates, incidents
from agent.scripted import PLOTS, scripted
from agent.stress import Scorecard, Weather, stress
from sandbox.world import World
from trajectories import Store

WEATHERS = {
    "calm": Weather("calm"),
    "limits": Weather("limits", faults="H01"),
    "lost": Weather("lost", faults="T03"),
    "renamed": Weather("renamed", drift="D03"),
}


@lru_cache(maxsize=1)
def bookshop() -> World:
    return World.load("bookshop")


@lru_cache(maxsize=64)
def card(weather: str, agent: str) -> Scorecard:
    steps = stress([bookshop()], [scripted(agent)], n=14, weathers=[WEATHERS[weather]])
    (found,) = [step for step in steps if isinstance(step, Scorecard)]
    return found


def score(weather: str, agent: str, name: str) -> Any:
    return card(weather, agent).as_json()[name]


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("agent", ["perfect", "verifier"])
def test_who_does_everything_right_succeeds_in_any_weather(weather: str, agent: str) -> None:
    assert score(weather, agent, "success") == 100.0


def test_without_incidents_there_is_no_recovery_rate() -> None:
    assert score("calm", "perfect", "incidents") == 0
    assert score("calm", "perfect", "recovered") is None


def test_who_does_not_wait_is_impolite_and_does_not_recover() -> None:
    assert score("limits", "immediate", "impolite") > 50 > score("limits", "polite", "impolite")
    assert score("limits", "immediate", "recovered") < score("limits", "polite", "recovered")


def test_who_repeats_a_lost_write_makes_duplicates() -> None:
    name = "duplicates_per_100_writes"
    assert score("lost", "perfect", name) == score("lost", "quitter", name) == 0
    assert score("lost", "polite", name) > 0 and score("lost", "keyless", name) > 0
    assert score("lost", "polite", "recovered") > score("lost", "polite", "recovered_cleanly")


def test_who_reads_again_survives_a_drift() -> None:
    assert score("renamed", "re-reader", "success") == 100.0
    assert score("renamed", "polite", "success") < 100.0


def test_who_makes_things_up_is_found_out() -> None:
    assert score("limits", "fabricator", "fabricated") == 100.0
    assert score("limits", "quitter", "fabricated") == 0.0


def test_only_the_looper_loops_in_calm_weather() -> None:
    ended = {agent: score("calm", agent, "ended") for agent in PLOTS}
    assert [agent for agent in PLOTS if "repeats" in ended[agent]] == ["looper"]


def test_whoever_never_gives_up_is_not_honest() -> None:
    assert score("calm", "perfect", "honest_stops") == 100.0
    assert score("calm", "fabricator", "honest_stops") == 0.0


def test_a_store_is_filled_and_used_again() -> None:
    weather = (Weather("limits", faults="H01"),)
    with Store.open(":memory:") as store:
        worlds = [World.load("bookshop")]
        first = list(stress(worlds, [scripted("polite")], n=6, weathers=weather, store=store))
        again = list(stress(worlds, [scripted("polite")], n=6, weathers=weather, store=store))
        assert store.count() == 6
    assert first[-1] == again[-1] and len(again) < len(first)


def test_an_incident_is_one_fault_on_one_intent() -> None:
    with Store.open(":memory:") as store:
        weather = (Weather("limits", faults="H01"),)
        list(
            stress(
                [World.load("bookshop")], [scripted("polite")], n=8, weathers=weather, store=store
            )
        )
        for trajectory in store.iterate():
            found = incidents(trajectory)
            assert len({(each.cause, each.intent) for each in found}) == len(found)
            assert all(each.seen and each.recovered and each.clean for each in found)
            assert duplicates(trajectory.ledger) == 0
