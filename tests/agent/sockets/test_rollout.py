"""Episodes that a foreign loop drives end in the same verdicts as ours."""

from __future__ import annotations

from typing import Any

import orjson

from agent.sockets.rollout import Ending, Rollout, Rollouts
from sandbox.tasks.references import resolve
from tests.agent.worlds import shelf


def solve(episode: Rollout) -> Ending:
    results: list[Any] = []
    for step in episode.task.solution or ():
        shown = episode.call(step.tool, resolve(step.arguments, results))
        results.append(orjson.loads(shown.text) if shown.text[:1] in "{[" else shown.text)
    return episode.end(episode.task.reference_answer or "Done.")


def test_a_solution_earns_the_reward_and_silence_does_not() -> None:
    rollouts = Rollouts(shelf(), n=4, seed=3)
    plain = [n for n, task in enumerate(rollouts.tasks) if task.solvable and task.solution]
    assert plain and all(solve(rollouts.open(index)).reward == 1.0 for index in plain)
    assert all(rollouts.open(index).end(None).reward == 0.0 for index in plain)


def test_the_share_says_how_much_of_the_goal_holds() -> None:
    rollouts = Rollouts(shelf(), n=8, seed=3)
    task = next(n for n, task in enumerate(rollouts.tasks) if task.goal.state)
    assert rollouts.open(task).end("Done.").share < 1.0
    assert solve(rollouts.open(task)).share == 1.0


def test_episodes_are_apart_and_faults_move_with_the_label() -> None:
    rollouts = Rollouts(shelf(), n=1, seed=3, faults="H01")
    one, two = rollouts.open(0, label="a"), rollouts.open(0, label="b")
    assert one.call("listBooks", {}).status == 429
    assert not two.session.ledger and one.end("x") is one.end("y")
    assert one.end(None).record.id != two.end(None).record.id
