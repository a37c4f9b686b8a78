"""Stress: agents × weathers on the same tasks and seeds, one scorecard row for each pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.collect import Collected, Known, Progress, Transport, collect
from agent.evaluation.live import live
from agent.incidents import recovery
from agent.runtime import Agent, Budget
from sandbox.tasks import Task
from sandbox.world import World
from trajectories import Store, Trajectory


@dataclass(frozen=True, slots=True)
class Weather:
    """What the agents go through."""

    name: str
    faults: Any = None
    drift: Any = None


WEATHERS: Final = (
    Weather("calm"),
    Weather("rate limits", faults="H01"),
    Weather("lost replies", faults="T03"),
    Weather("renamed fields", drift="D03"),
    Weather("moved paths", drift="D15"),
    Weather("all at once", faults="H01,T03", drift="D03"),
)
"""What `stress` does when it is told nothing else."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What became of one agent in one weather. Rates in percent."""

    agent: str
    weather: str
    episodes: int
    success: float | None
    interval: tuple[float, float] | None
    """95 % interval of the success."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Everything else; see `agent.evaluation.live` and `agent.incidents`."""

    def as_json(self) -> dict[str, Any]:
        """One flat row."""
        return {
            "agent": self.agent,
            "weather": self.weather,
            "episodes": self.episodes,
            "success": self.success,
            "interval": self.interval,
            **self.scores,
        }


def stress(
    worlds: Sequence[World],
    agents: Sequence[Agent],
    *,
    n: int = 40,
    weathers: Sequence[Weather] = WEATHERS,
    tasks: Sequence[Task] | None = None,
    seed: int = 0,
    store: Store | None = None,
    width: int = 32,
    transport: Transport = "in-process",
    budget: Budget | None = None,
    **options: Any,
) -> Iterator[Progress | Scorecard]:
    """Every agent through every weather, `n` episodes each; yields progress and scorecards.

    All meet the same tasks under the same seeds, so differences are theirs. With a `store` the
    trajectories are kept there, and what it already holds is not run again.
    """
    for weather in weathers:
        for agent in agents:
            with Store.open(":memory:") as own:
                kept = own if store is None else store
                ids: list[str] = []
                for news in collect(
                    worlds, agent, kept, n=n, tasks=tasks, faults=weather.faults,
                    drift=weather.drift, seed=seed, width=width, transport=transport,
                    budget=budget, **options,
                ):  # fmt: skip
                    if isinstance(news, Collected):
                        ids.append(news.id)
                    if isinstance(news, Known):
                        ids += news.ids
                    yield news
                found = (kept.get(id) for id in ids)
                yield scorecard(agent.name, weather.name, [each for each in found if each])


def scorecard(agent: str, weather: str, trajectories: Sequence[Trajectory]) -> Scorecard:
    """The scores of one agent's episodes in one weather."""
    lived = live(trajectories)
    return Scorecard(
        agent=agent,
        weather=weather,
        episodes=lived.pop("n_episodes"),
        success=lived.pop("success"),
        interval=lived.pop("interval"),
        scores={**lived, **recovery(trajectories)},
    )
