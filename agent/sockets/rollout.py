"""Episodes that somebody else's loop drives: open one, call tools, end it with an answer.

episodes = Rollouts("bookshop", n=100, seed=7, faults="H01,T03")
episode = episodes.open(0)
episode.instruction, episode.tools
episode.call("listBooks", {"per_page": 2}).text
episode.end("The total is 41.").reward
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.backends.scripted import json_text
from agent.collect.collect import as_json
from agent.collect.shards import source_of
from agent.foreign.transports import open_session
from agent.runtime.continuation import call_by_hand
from agent.runtime.environment import Forms, SessionEnvironment, ToolForm
from agent.runtime.events import Answered, Ended, GaveUp
from agent.runtime.recorder import Episode, Recorder
from sandbox.messages import Observation
from sandbox.tasks import Task, generate
from sandbox.world import World
from trajectories import Trajectory
from trajectories.scoring.claims import spoken_claim


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of an episode. `reward` is 1 for a right end (goal, nothing else touched, and
    the truth told); `share` is how much of the goal holds, for partial credit."""

    reward: float
    share: float
    record: Trajectory


class Rollout:
    """One episode on a session of its own; threads may drive many at once."""

    def __init__(self, world: World, episode: Episode, forms: Forms) -> None:
        self.task = episode.task
        self.session = open_session(world, episode)
        self._environment = SessionEnvironment(self.session, offered=self.task.tools, forms=forms)
        self._recorder = Recorder(episode, self._environment.tools)
        self._ending: Ending | None = None

    @property
    def instruction(self) -> str:
        """What the user asks for."""
        return self.task.instruction

    @property
    def tools(self) -> list[ToolForm]:
        """The tools that are offered now, in the openai form; drift may change them."""
        return self._environment.tools

    def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        """Call a tool. A text is sent as it was written, even when it is not JSON."""
        raw = arguments if isinstance(arguments, str) else json_text(arguments)
        return call_by_hand(self._recorder, self._environment, name, raw)

    def end(self, answer: str | None) -> Ending:
        """End with an answer to the user, None for giving up; asked again, it says the same."""
        if self._ending is None:
            if answer is None:
                self._recorder.hear(GaveUp("", claim="cannot"))
                self._recorder.hear(Ended("give_up"))
            else:
                self._recorder.hear(Answered(answer, spoken_claim("finish", answer)))
                self._recorder.hear(Ended("finish"))
            verdict = self._recorder.verdict(self.session)
            record = self._recorder.trajectory(self.session)
            self._ending = Ending(float(record.outcome.success), verdict.share, record)
        return self._ending


class Rollouts:
    """Tasks of one document, each to be opened as often as a trainer likes.

    `options` go to the sessions (faults, drift, helpfulness, …). Raises what `World.load` raises.
    """

    def __init__(
        self,
        document: str | Path | World,
        *,
        n: int,
        seed: int = 0,
        tasks: Sequence[Task] | None = None,
        faults: Any = None,
        drift: Any = None,
        name: str = "rollout",
        **options: Any,
    ) -> None:
        self.world = document if isinstance(document, World) else World.load(document)
        self.tasks = (
            list(tasks) if tasks is not None else list(generate(self.world, n=n, seed=seed))
        )
        self._faults, self._drift = as_json(faults), as_json(drift)
        self._name, self._options = name, options
        self._source, self._forms = source_of(self.world), Forms()

    def __len__(self) -> int:
        return len(self.tasks)

    def open(self, index: int, *, label: str = "") -> Rollout:
        """The episode of a task. Another `label` moves the faults, not the world."""
        task = self.tasks[index]
        episode = Episode(
            task=task,
            document=self._source,
            agent=self._name,
            seed=task.seed,
            label=label,
            faults=self._faults,
            drift=self._drift,
            options=self._options,
        )
        return Rollout(self.world, episode, self._forms)
