"""The published out-of-domain test file of α-UMi, step by step with the paper's metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from agent.errors import AgentError
from agent.evaluation.metrics import score
from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step, read_steps
from agent.evaluation.yardsticks.questions import Question, Tally


def questions(files: Sequence[Path]) -> list[Question]:
    """One question per scored step; a trajectory's steps go together. Raises AgentError."""
    found = []
    for path in files:
        try:
            steps = read_steps(path)
        except ValueError as error:
            raise AgentError(str(error)) from error
        for index, step in enumerate(steps):
            cluster = f"{path.stem}/{step.cluster}"
            found.append(
                Question(f"{cluster}/{index}", path.stem, cluster, step, partial(tally, step))
            )
    return found


def tally(step: Step, replies: Sequence[Reply]) -> Tally:
    """The paper's five metrics of one step."""
    values = score(step.cluster, step.names, step.reference, replies[0]).values
    return {name: (value, 1) for name, value in values.items() if value is not None}
