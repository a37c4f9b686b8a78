"""Making a record's calls again: the callable that `trajectories.replay` needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agent.errors import AgentError
from agent.foreign.transports import open_session
from agent.runtime.environment import Forms, SessionEnvironment
from agent.runtime.parsing import read_arguments
from agent.runtime.recorder import Episode
from sandbox.errors import SandboxError
from sandbox.messages import Observation
from sandbox.tasks import Task
from sandbox.world import World
from trajectories import Trajectory
from trajectories.records import Call
from trajectories.replay import Difference, Report, replay


def is_imported(trajectory: Trajectory) -> bool:
    """Whether a record came from elsewhere: there is no world in which its calls could be made."""
    return trajectory.agent.startswith("imported:")


def episode_of(trajectory: Trajectory) -> Episode:
    """The episode as it was planned."""
    return Episode(
        task=Task.model_validate(trajectory.task),
        document=trajectory.document,
        agent=trajectory.agent,
        seed=trajectory.seed,
        label=trajectory.label,
        faults=trajectory.faults,
        drift=trajectory.drift,
        options=trajectory.options,
    )


def verify(trajectory: Trajectory, rerun: Reruns) -> Report:
    """Replay a record; also one without observations must still be what its id stands for."""
    report = replay(trajectory, rerun)
    made = episode_of(trajectory).id
    if report.same and made != trajectory.id:
        return Report(
            trajectory.id, report.compared, Difference(0, None, "id", trajectory.id, made)
        )
    return report


class Reruns:
    """Opens each record's document once and plays its calls in a fresh session."""

    def __init__(self, documents: Sequence[str] = ()) -> None:
        self._worlds: dict[str, World] = {}
        self._forms = Forms()
        for source in documents:
            world = World.load(source)
            self._worlds[world.document.sha256] = world

    @classmethod
    def of(cls, worlds: Sequence[World]) -> Reruns:
        """For records of worlds that are loaded already."""
        made = cls()
        made._worlds = {world.document.sha256: world for world in worlds}
        return made

    def __call__(self, trajectory: Trajectory) -> Iterator[Observation]:
        """What the agent would be shown, call by call. Raises AgentError when it cannot be run."""
        world, episode = self.world(trajectory), episode_of(trajectory)
        session = open_session(world, episode)
        environment = SessionEnvironment(session, offered=episode.task.tools, forms=self._forms)
        for message in trajectory.messages:
            if message.role == "caller" and message.call is not None:
                yield environment.call(message.call.name, call_arguments(message.call))

    def world(self, trajectory: Trajectory) -> World:
        """The world of a record's document. Raises AgentError when it has changed or is gone."""
        source = trajectory.document
        found = self._worlds.get(source.sha256)
        if found is not None:
            return found
        try:
            world = World.load(source.source)
        except SandboxError as error:
            raise AgentError(f"{trajectory.id}: its document cannot be read: {error}") from error
        if world.document.sha256 != source.sha256:
            raise AgentError(
                f"{trajectory.id}: {source.source} has changed since it was recorded; "
                "name the document it was recorded on with --doc"
            )
        self._worlds[source.sha256] = world
        return world


def call_arguments(call: Call) -> dict[str, Any] | str:
    """What to send for a recorded call: the arguments in the order in which they were written.

    Replies may keep that order, and a record's own arguments are sorted.
    """
    if call.arguments is None:
        return call.raw
    written = read_arguments(call.raw) if call.raw else None
    return call.arguments if written is None else written
