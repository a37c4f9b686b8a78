"""A case: a document, a task in it and what happens there; small enough to stand in a test.

CASE = Case.parse(text)
assert "duplicate_effect" not in CASE.findings("python:bot.py:solve")
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

import orjson
import yaml
from pydantic import ValidationError

from agent.agents import agent_from
from agent.collect.job import Job
from agent.collect.shards import Setting, source_of
from agent.errors import AgentError
from agent.runtime.episode import Agent, Budget
from agent.runtime.recorder import Episode
from sandbox.document import Document
from sandbox.tasks import Task
from sandbox.world import World
from trajectories import Trajectory
from trajectories.scoring.findings import findings, legends
from trajectories.scoring.outcomes import in_words
from trajectories.timeline import timeline


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that an episode depends on beside the agent. All of it is JSON."""

    document: Mapping[str, Any]
    """An OpenAPI document, as a tree."""
    task: Mapping[str, Any]
    """As in a tasks file; see `sandbox.tasks.Task`."""
    faults: Any = None
    drift: Any = None
    seed: int = 0
    label: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the session."""

    @classmethod
    def parse(cls, text: str) -> Case:
        """A case from YAML or JSON. Raises AgentError naming what is wrong with it."""
        try:
            case = cls(**yaml.safe_load(text))
            Task.model_validate(case.task)
        except yaml.YAMLError as error:
            raise AgentError(f"case: not YAML: {' '.join(str(error).split())}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, ("task", *first["loc"])))
            raise AgentError(f"case: {place}: {first['msg']}") from None
        except TypeError:
            valid = ", ".join(each.name for each in fields(cls))
            raise AgentError(f"case: needs document and task, and takes {valid}") from None
        return case

    def as_json(self) -> dict[str, Any]:
        """What `parse` reads; defaults are left out."""
        empty: tuple[Any, ...] = (None, "", 0, {})
        return {name: value for name, value in asdict(self).items() if value not in empty}

    @property
    def world(self) -> World:
        """The world of the document, kept for the next episodes in it."""
        return _world(orjson.dumps(self.document, option=orjson.OPT_NON_STR_KEYS))

    def findings(self, agent: str, *, runs: int = 1) -> dict[str, str]:
        """What an agent, by its name, does wrong here: kind → what holds, and the episode told.

        An agent that is not deterministic is given so many `runs`.
        """
        found: dict[str, str] = {}
        with Player(agent_from(agent)) as player:
            for _ in range(runs):
                record = player.play(self)
                told = "\n".join(episode_story(record))
                for each in findings(record):
                    found[each.kind] = f"{legends()[each.kind].invariant}\n{told}"
        return found


@lru_cache(maxsize=64)
def _world(text: bytes) -> World:
    return World(Document.from_tree(orjson.loads(text), source="case"))


class Player:
    """Plays an agent in one case after another; its processes and connections are kept."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._runner = asyncio.Runner()

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        close = getattr(self.agent, "close", None)
        if close is not None:
            self._runner.run(close())
        self._runner.close()

    def play(self, case: Case) -> Trajectory:
        """One episode. Raises SandboxError or AgentError where the case cannot be played."""
        world = case.world
        task = Task.model_validate(case.task)
        episode = Episode(
            task, source_of(world), self.agent.name, case.seed, case.label,
            case.faults, case.drift, case.options,
        )  # fmt: skip
        return self._runner.run(self._attempt(world, episode))

    async def _attempt(self, world: World, episode: Episode) -> Trajectory:
        job = Job([world], self.agent, Setting(episode.agent), None, Budget(), 1)
        try:
            return await job.attempt(world, episode)
        finally:
            await job.close_hub()


def case_of(record: Trajectory, tree: Mapping[str, Any]) -> Case:
    """The case of a record; `tree` is its document."""
    return Case(
        document=tree,
        task=record.task,
        faults=record.faults,
        drift=record.drift,
        seed=record.seed,
        label=record.label,
        options=record.options,
    )


def episode_story(record: Trajectory) -> list[str]:
    """An episode in a few plain lines: what was called, what came back, what was true."""
    lines = [f"The task: {record.instruction}"]
    for step in timeline(record):
        if step.tool is None:
            continue
        line = f"{step.number}. {step.tool or 'a call that cannot be read'}: {step.shown}"
        if step.faults:
            line += f" ({', '.join(step.faults)})"
        if step.committed:
            line += f"; in truth: {', '.join(f'{c.kind} {c.place}' for c in step.changes)}"
        lines.append(line)
    ended = record.outcome
    lines.append(f"The user was told: {ended.answer or ended.claim or 'nothing'}")
    lines += [f"In truth: {in_words(failure)}" for failure in ended.failures[:3]]
    return lines
