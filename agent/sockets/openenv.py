"""OpenEnv: a server of episodes, `python -m agent.sockets.openenv bookshop --faults H01`.

`reset(seed=…, index=…)` opens a task on a session of its own, `step` calls a tool or ends with an
answer; the reward comes with the end. Every websocket has an episode of its own.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import uvicorn
from openenv.core.env_server import create_fastapi_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, EnvironmentMetadata, Observation, State
from pydantic import Field

from agent.sockets.rollout import Rollout, Rollouts
from specs import __version__


class TankAction(Action):
    """A tool call, or with `answer` the end of the episode."""

    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    answer: str | None = None


class TankObservation(Observation):
    """What a tool showed; after a reset the instruction and the tools in the openai form."""

    text: str = ""
    status: int | None = None
    error: bool = False
    instruction: str = ""
    tools: list[dict[str, Any]] = Field(default_factory=list)
    share: float = 0.0
    """Of what was asked, how much holds at the end."""
    outcome: str = ""


class TankState(State):
    """Which task is open, and how it was drawn."""

    index: int = 0
    label: str = ""


class Tank(Environment[TankAction, TankObservation, TankState]):
    """Episodes over one document's tasks."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, rollouts: Rollouts) -> None:
        super().__init__()
        self._rollouts = rollouts
        self._state = TankState()
        self._open: Rollout | None = None

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, index: int = 0, **more: Any
    ) -> TankObservation:
        """Open the task at `index`; `seed` moves the faults, the task keeps its world."""
        place, label = index % len(self._rollouts), "" if seed is None else str(seed)
        self._open = self._rollouts.open(place, label=label)
        self._state = TankState(episode_id=episode_id, index=place, label=label)
        return TankObservation(instruction=self._open.instruction, tools=self._open.tools)

    def step(
        self, action: TankAction, timeout_s: float | None = None, **more: Any
    ) -> TankObservation:
        """Call a tool, or end the episode. Without a reset before it, the first task is opened."""
        episode = self._open or self._first()
        self._state.step_count += 1
        if action.answer is None and action.tool:
            seen = episode.call(action.tool, action.arguments)
            return TankObservation(text=seen.text, status=seen.status, error=seen.error)
        ending = episode.end(action.answer)
        outcome = ending.record.outcome.kind or ""
        return TankObservation(done=True, reward=ending.reward, share=ending.share, outcome=outcome)

    def _first(self) -> Rollout:
        self.reset()
        assert self._open is not None
        return self._open

    @property
    def state(self) -> TankState:
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        about = f"{len(self._rollouts)} tasks on {self._rollouts.world.document.title}"
        return EnvironmentMetadata(name="wavetank", description=about, version=__version__)


def application(rollouts: Rollouts, *, most: int = 256) -> Any:
    """The ASGI application; at most `most` episodes at once."""
    make = partial(Tank, rollouts)
    return create_fastapi_app(make, TankAction, TankObservation, max_concurrent_envs=most)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document")
    parser.add_argument("-n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults")
    parser.add_argument("--drift")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    rollouts = Rollouts(
        asked.document, n=asked.n, seed=asked.seed, faults=asked.faults, drift=asked.drift
    )
    uvicorn.run(application(rollouts), host="127.0.0.1", port=asked.port)


if __name__ == "__main__":
    main()
