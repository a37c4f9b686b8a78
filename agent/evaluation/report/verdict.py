"""The verdict: what the numbers say, in sentences; nothing is claimed that no interval holds."""

from __future__ import annotations

from typing import Any, Final

ENOUGH: Final = 10
"""Trajectories under which a bootstrap interval says more about the sample than about the agent."""


def verdict(result: dict[str, Any]) -> list[str]:
    """What the numbers say, in sentences; nothing is claimed that an interval does not hold."""
    lines = []
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
    for agent, row in result["evaluation"]["live"].items():
        if agent == "trained α-UMi" or not agent.startswith("scripted:"):
            lines.append(
                f"{agent} reached the goal of {row['success']:.0f} % of {row['n_tasks']} tasks."
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
    return lines
