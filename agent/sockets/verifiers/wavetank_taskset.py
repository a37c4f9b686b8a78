"""verifiers: `vf-eval wavetank-taskset --env.taskset.document bookshop --env.taskset.faults H01`.

A module of the top level, since verifiers finds a taskset by its bare name. One process serves the
tools of all rollouts and keeps nothing: the calls of a rollout travel in its state, and going
through the same episode again, draw for draw, costs less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import verifiers.v1 as vf
from mcp.types import CallToolResult, TextContent, Tool
from pydantic import BaseModel, Field

from agent.sockets.rollout import Rollout, Rollouts

__all__ = ["Tank"]


class Source(BaseModel):
    """Which tasks: `n` of a document, under a fault plan and a drift plan if given."""

    document: str = "bookshop"
    n: int = 20
    seed: int = 0
    faults: str | None = None
    drift: str | None = None

    def rollouts(self) -> Rollouts:
        """The tasks, drawn once in a process."""
        return _rollouts(**self.model_dump())


class TankConfig(vf.TasksetConfig, Source):
    """A taskset's settings on the command line."""

    tools: vf.SharedToolsetConfig = vf.SharedToolsetConfig()


class TankData(vf.TaskData):
    """A task by its place in the source that it is drawn from."""

    source: Source
    index: int


class TankState(vf.State):
    """A rollout: its task and the calls so far."""

    source: Source = Source()
    index: int = 0
    calls: list[tuple[str, dict[str, Any]]] = Field(default_factory=list)

    def episode(self) -> Rollout:
        """The episode after the calls so far."""
        episode = self.source.rollouts().open(self.index)
        for name, arguments in self.calls:
            episode.call(name, arguments)
        return episode


class TankTools(vf.Toolset[vf.SharedToolsetConfig, TankState]):
    """The tools of every rollout; drift may change them from call to call."""

    TOOL_PREFIX = None

    def register(self, mcp: Any) -> None:
        mcp.list_tools = self._with_state(self.list_tools)
        mcp.call_tool = self._with_state(self.call_tool)

    async def list_tools(self) -> list[Tool]:
        each = [tool["function"] for tool in self.state.episode().tools]
        return [
            Tool(name=f["name"], description=f.get("description"), input_schema=f["parameters"])
            for f in each
        ]

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        seen = self.state.episode().call(name, arguments)
        self.state.calls.append((name, arguments))
        text = TextContent(type="text", text=seen.text)
        return CallToolResult(content=[text], is_error=seen.error)


class TankTask(vf.Task[TankData, TankState]):
    """The reward is 1 for a right end; `share` is how much of the goal holds."""

    async def setup(self, trace: Any, runtime: Any) -> None:
        trace.state.source, trace.state.index = self.data.source, self.data.index

    @vf.reward
    async def right(self, trace: Any) -> float:
        return float(trace.state.episode().end(trace.last_reply or None).reward)

    @vf.metric
    async def share(self, trace: Any) -> float:
        return float(trace.state.episode().end(trace.last_reply or None).share)


class Tank(vf.Taskset[TankTask, TankConfig]):
    """Tasks of one document, each on a session of its own."""

    @classmethod
    def toolsets(cls, config: TankConfig) -> list[Any]:
        return [TankTools(config.tools)]

    def load(self) -> Iterator[TankTask]:
        source = Source(**self.config.model_dump(include=set(Source.model_fields)))
        for index, task in enumerate(source.rollouts().tasks):
            data = TankData(name=task.id, prompt=task.instruction, source=source, index=index)
            yield TankTask(data, self.config.task)


@cache
def _rollouts(**source: Any) -> Rollouts:
    return Rollouts(**source, name="verifiers")


if __name__ == "__main__":
    TankTools.run()
