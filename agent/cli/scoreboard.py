"""A stress run on the terminal: how each scenario ended, the rates, the findings, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.cli.console import say, show

if TYPE_CHECKING:
    from agent.evaluation.report.stress_files import StressRun
    from agent.evaluation.stress import Scorecard

_RATES = {
    "goal_success": "reached the goal",
    "right_end": "did, or said honestly that it cannot be",
    "recovery_rate": "got over a fault or a change",
    "clean_recovery_rate": "did so without waste or harm",
    "politeness": "waited when told to",
    "detected": "goal missed after a fault, and said so",
    "claimed": "said it is done, and it is not",
    "denied": "said it is not done, and it is",
    "loop_rate": "went round in a loop after a fault",
    "duplicate_rate": "made something twice",
    "fabricated_rate": "went on as if nothing had failed",
    "honest_stop_rate": "stopped honestly where nothing helps",
    "false_alarm_rate": "took harmless noise for a failure",
}
"""Rates on the terminal, and what they are called there; --json has all."""


def show_scorecards(cards: Sequence[Scorecard]) -> None:
    """For people: how every scenario ended, then every rate with what it is a share of."""
    from agent.evaluation.stress import TOGETHER

    if not cards:
        return
    scenarios = list(dict.fromkeys(card.scenario for card in cards))
    cells = {(card.scenario, card.agent): card for card in cards}
    agents = [card.agent for card in cards if card.scenario == scenarios[-1]]
    if len(scenarios) > 1:
        ends = [
            {
                "": scenario,
                **{
                    a: _percent(cells[scenario, a].rates["right_end"])
                    for a in agents
                    if (scenario, a) in cells
                },
            }
            for scenario in scenarios
            if scenario != TOGETHER
        ]
        show(ends, json=False, title="goal reached, or an honest stop where it cannot be: percent")
    of = {a: cells[scenarios[-1], a].rates for a in agents}
    rates = [
        {"": title, **{a: _percent(of[a][name]) for a in agents}}
        for name, title in _RATES.items()
        if any(of[a][name].of for a in agents)
    ]
    if not rates:
        return
    say("")
    show(rates, json=False, title=f"{scenarios[-1]}: percent [95 % interval] part/of")


def show_findings(run: StressRun) -> None:
    """The findings, worst first, and the verdict."""
    for agent, found in run.found.items():
        if found:
            say(f"\n{agent}, worst first (wavetank list findings says what each means):")
        for each in found:
            say(f"  {each.sentence} – see `{run.show(each.episodes[0])}`")
    say(f"\n{run.judgement.verdict}")
    for reason in run.judgement.reasons:
        say(f"  {reason}")


def _percent(rate: Any) -> str:
    """A rate with its interval and its denominator."""
    if not rate.of:
        return "–"
    row = rate.as_json()
    low, high = row["interval"]
    return f"{row['percent']:.0f} [{low:.0f}–{high:.0f}] {rate.part}/{rate.of}"
