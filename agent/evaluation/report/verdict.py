"""The verdict: what the numbers say, in sentences; nothing is claimed that no interval holds."""

from __future__ import annotations

from typing import Any, Final

from agent.evaluation.report.choice import BUNDLED, TRAINED, UNTRAINED

ENOUGH: Final = 10
"""Trajectories under which a bootstrap interval says more about the sample than about the agent."""


def verdict(result: dict[str, Any]) -> list[str]:
    """What the numbers say, in sentences; nothing is claimed that an interval does not hold."""
    lines = []
    if chosen := result.get("choice"):
        answer = chosen["answer"]
        lines.append(f"{answer[0].upper()}{answer[1:]}: {chosen['reason']}.")
    for part in result["evaluation"]["static"].values():
        change = part["differences"]["trained − untrained"]["action_em"]
        if change[1] is None:
            continue
        if part["n_trajectories"] < ENOUGH:
            lines.append(
                f"On {part['title']}, {part['n_trajectories']} trajectories are too few to tell "
                f"the trained roles from the untrained ones ({change[0]:+.1f} points in Action EM)."
            )
            continue
        low, high = change[1]
        held = "better" if low > 0 else "worse" if high < 0 else "not told apart"
        lines.append(
            f"On {part['title']}, the trained roles are {held} in Action EM: "
            f"{change[0]:+.1f} points, 95 % interval [{low:.1f}, {high:.1f}]."
        )
    worst = min(
        (row for row in result["stress"] if row["success"] is not None),
        key=lambda row: (row["success"], row["agent"]),
        default=None,
    )
    if worst is not None:
        lines.append(
            f"Weakest under stress: {worst['agent']} with {worst['preset']}, "
            f"{worst['success']:.0f} % of {worst['episodes']}."
        )
    return [*lines, *_whole_tasks(result["evaluation"]["live"])]


def _whole_tasks(live: dict[str, Any]) -> list[str]:
    """How many whole tasks each agent that is no script reached the goal of."""
    lines = [
        f"{agent} reached the goal of {_rate(row)}."
        for agent, row in live.items()
        if agent not in (TRAINED, UNTRAINED, BUNDLED) and not agent.startswith("scripted:")
    ]
    if TRAINED in live:
        trained = f"{TRAINED} reached the goal of {_rate(live[TRAINED])}"
        before = {
            UNTRAINED: "the untrained model in the same decision forms",
            BUNDLED: "the bundled roles without this training",
        }
        for agent, name in before.items():
            if agent in live:
                trained += f", {name} of {_rate(live[agent])}"
        lines.append(f"{trained}.")
    return lines


def _rate(row: dict[str, Any]) -> str:
    low, high = row["interval"]
    return f"{row['success']:.0f} % of {row['n_tasks']} whole tasks [{low:.0f}, {high:.0f}]"
