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


def rate(success: float, tasks: int, interval: tuple[float, float]) -> dict[str, object]:
    return {"success": success, "n_tasks": tasks, "interval": interval}


def test_whole_tasks_are_said_last_beside_those_of_the_untrained_model() -> None:
    live = {
        "untrained": rate(50.0, 8, (20.0, 80.0)),
        "trained α-UMi": rate(75.0, 8, (40.0, 90.0)),
        "scripted:naive": rate(100.0, 8, (70.0, 100.0)),
    }
    worst = {"agent": "scripted:looper", "preset": "H01", "success": 0.0, "episodes": 6}
    said = verdict({"evaluation": {"static": {}, "live": live}, "stress": [worst]})
    assert said[-1] == (
        "trained α-UMi reached the goal of 75 % of 8 whole tasks [40, 90], the untrained model in "
        "the same decision forms of 50 % of 8 whole tasks [20, 80]."
    )
    assert len(said) == 2 and "0 % of 6" in said[0]


def test_a_choice_is_said_first() -> None:
    result = {"evaluation": {"static": {}, "live": {}}, "stress": []}
    result["choice"] = {"answer": "not yet", "reason": "nothing was tried beside the roles"}
    assert verdict(result) == ["Not yet: nothing was tried beside the roles."]
