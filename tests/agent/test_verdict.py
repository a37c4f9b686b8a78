"""A verdict claims nothing that its numbers do not hold."""

from __future__ import annotations

import pytest

from agent.evaluation.report.verdict import verdict


@pytest.mark.parametrize(
    ("trajectories", "interval", "said"),
    [
        (40, (7.8, 40.7), "the trained roles are better in Action EM"),
        (40, (-1.6, 12.5), "the trained roles are not told apart in Action EM"),
        (40, (-9.0, -1.0), "the trained roles are worse in Action EM"),
        (9, (100.0, 100.0), "9 trajectories are too few to tell"),
    ],
)
def test_what_is_said_of_training(
    trajectories: int, interval: tuple[float, float], said: str
) -> None:
    part = {
        "title": "new operations",
        "n_trajectories": trajectories,
        "differences": {"trained − untrained": {"action_em": (sum(interval) / 2, interval)}},
    }
    (line,) = verdict({"evaluation": {"static": {"unseen": part}, "live": {}}, "stress": []})
    assert said in line
