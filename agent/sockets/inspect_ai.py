"""Inspect: `inspect eval agent/sockets/inspect_ai.py -T document=bookshop -T faults=H01`.

Each sample is one of our tasks on a session of its own; the scorer is our judge. The log opens in
`inspect view`, with the record of the episode in the score's metadata.
"""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageTool
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolDef, ToolParams

from agent.sockets.rollout import Rollout, Rollouts

_OPEN: dict[str, Rollout] = {}
"""Episodes that run, by their sample's uuid: a session is no JSON, so it stays out of the store."""


@task
def wavetank(
    document: str = "bookshop", n: int = 20, seed: int = 0, faults: str = "", drift: str = ""
) -> Task:
    """`n` tasks of a document, under a fault plan and a drift plan if given."""
    rollouts = Rollouts(
        document, n=n, seed=seed, faults=faults or None, drift=drift or None, name="inspect"
    )
    samples = [
        Sample(id=each.id, input=each.instruction, metadata={"index": index})
        for index, each in enumerate(rollouts.tasks)
    ]
    return Task(dataset=samples, solver=in_the_tank(rollouts), scorer=episode_scorer())


@solver
def in_the_tank(rollouts: Rollouts) -> Solver:
    """Offer the session's tools and let the model call them until it answers."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        label = f"epoch-{state.epoch}" if state.epoch > 1 else ""
        episode = rollouts.open(state.metadata["index"], label=label)
        _OPEN[state.uuid] = episode
        state.tools = [_tool(episode, each["function"]) for each in episode.tools]
        return await generate(state, tool_calls="loop")

    return solve


@scorer(metrics={"right": [mean(), stderr()], "share": [mean()]})
def episode_scorer() -> Scorer:
    """1 for a right end; `share` is how much of the goal holds."""

    async def score(state: TaskState, target: Target) -> Score:
        episode = _OPEN.pop(state.uuid)
        gave_up = isinstance(state.messages[-1], ChatMessageTool)
        ending = episode.end(None if gave_up else state.output.completion or None)
        value = {"right": ending.reward, "share": ending.share}
        reasons = "; ".join(ending.record.outcome.failures)
        record = ending.record.model_dump(mode="json", exclude={"messages", "tools"})
        return Score(value=value, explanation=reasons, metadata={"trajectory": record})

    return score


def _tool(episode: Rollout, function: dict[str, Any]) -> ToolDef:
    async def execute(**arguments: Any) -> str:
        return episode.call(function["name"], arguments).text

    shown = function["parameters"]
    # Inspect insists on a description of every parameter.
    properties = {
        name: {"description": name, **schema}
        for name, schema in shown.get("properties", {}).items()
    }
    parameters = {"properties": properties, "required": shown.get("required", [])}
    return ToolDef(
        execute,
        name=function["name"],
        description=function.get("description") or function["name"],
        parameters=ToolParams.model_validate(parameters),
    )
