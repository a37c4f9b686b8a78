"""OpenEnv: a server of episodes, `python -m agent.sockets.openenv bookshop --faults H01`.

`reset(seed=…, index=…)` opens a task on a session of its own, `step` calls a tool or ends with an
answer; the reward comes with the end. Every websocket has an episode of its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import typer
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
    share: float = Field(0.0, description="Of what was asked, how much holds at the end.")
    outcome: str = ""


class Tank(Environment[TankAction, TankObservation, State]):
    """Episodes over one document's tasks; its state says which one is open, and how drawn."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, rollouts: Rollouts) -> None:
        super().__init__()
        self._rollouts = rollouts
        self._state = State()
        self._open: Rollout | None = None

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, index: int = 0, **more: Any
    ) -> TankObservation:
        """Open the task at `index`; `seed` moves the faults, the task keeps its world."""
        place, label = index % len(self._rollouts), "" if seed is None else str(seed)
        self._open = self._rollouts.open(place, label=label)
        self._state = State(episode_id=episode_id, index=place, label=label)
        return TankObservation(instruction=self._open.instruction, tools=self._open.tools)

    def step(
        self, action: TankAction, timeout_s: float | None = None, **more: Any
    ) -> TankObservation:
        """Call a tool, or end the episode. Without a reset before it, the first task is opened."""
        if self._open is None:
            self.reset()
        episode = self._open
        assert episode is not None
        self._state.step_count += 1
        if action.answer is None and action.tool:
            seen = episode.call(action.tool, action.arguments)
            return TankObservation(text=seen.text, status=seen.status, error=seen.error)
        ending = episode.end(action.answer)
        outcome = ending.record.outcome.kind or ""
        return TankObservation(done=True, reward=ending.reward, share=ending.share, outcome=outcome)

    @property
    def state(self) -> State:
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        about = f"{len(self._rollouts)} tasks on {self._rollouts.world.document.title}"
        return EnvironmentMetadata(name="wavetank", description=about, version=__version__)


def main(
    document: str, n: int = 100, seed: int = 0, faults: str = "", drift: str = "",
    port: int = 8000, most: int = 256,
) -> None:  # fmt: skip
    """Serve `n` tasks of a document, at most `most` episodes at once."""
    make = partial(
        Tank, Rollouts(document, n=n, seed=seed, faults=faults or None, drift=drift or None)
    )
    app = create_fastapi_app(make, TankAction, TankObservation, max_concurrent_envs=most)
    uvicorn.run(app, host="127.0.0.1", port=port)


if __name__ == "__main__":
    typer.run(main)
