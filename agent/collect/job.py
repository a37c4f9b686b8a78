"""The work of a collection: a job's shards become episodes, episodes become stored records.

Whoever deals out the shards (one process, several, Ray) calls `work` and passes on what it yields.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from agent.collect.progress import Collected, Invalid, Known, Progress
from agent.collect.shards import Dealt, Setting, Shard, shard_episodes, undealt, usable
from agent.errors import AgentError, UnknownAgent
from agent.foreign.transports import Transport, in_process, serve_episode
from agent.runtime.environment import Environment, Forms
from agent.runtime.episode import Agent, Budget, run
from agent.runtime.recorder import Episode, Recorder
from sandbox.draws import Draw
from sandbox.errors import PlanError
from sandbox.tasks.models import Task
from sandbox.world import Session, World
from trajectories import Store, Trajectory

if TYPE_CHECKING:
    from agent.foreign.http_session import Hub


_UNSTORED: Final = 1.0
"""Wall seconds that an episode which has ended may wait for others to be stored with."""


@dataclass
class Job:
    """A collection's arguments and what its episodes share."""

    worlds: list[World]
    agent: Agent
    setting: Setting
    tasks: Sequence[Task] | None
    budget: Budget
    width: int
    transport: Transport = "in-process"
    forms: Forms = field(default_factory=Forms)
    until: float = inf
    """Monotonic seconds after which episodes that still run are left out."""
    _hub: Hub | None = field(default=None, repr=False)

    @property
    def hub(self) -> Hub:
        """The server of a collection over HTTP."""
        if self._hub is None:
            from agent.foreign.http_session import Hub

            self._hub = Hub(self.worlds, mcp=self.transport == "mcp")
        return self._hub

    async def close(self) -> None:
        """End what was started for the job."""
        await self.close_hub()
        close = getattr(self.agent, "close", None)
        if close is not None:
            await close()

    async def close_hub(self) -> None:
        """End the server, if there is one; the agent can go on elsewhere."""
        if self._hub is not None:
            await self._hub.close()
            self._hub = None

    def episodes(self, shard: Shard) -> Dealt:
        """The attempts of one shard."""
        world = self.worlds[shard.document]
        if (refusal := self.refusals[shard.document]) is not None:
            return undealt(world, shard, refusal)
        return shard_episodes(world, shard, self.setting, self.tasks)

    @cached_property
    def refusals(self) -> list[PlanError | None]:
        """For each document, why the plans cannot be applied to it."""
        return [usable(world, self.setting) for world in self.worlds]

    async def attempt(self, world: World, episode: Episode) -> Trajectory:
        """Run one episode to its end and make its record."""
        async with _surroundings(self, world, episode) as (session, environment):
            recorder = Recorder(episode, list(environment.tools))
            seed = Draw("sampling", episode.id).integer(0, 2**31 - 1)
            async for event in run(self.agent, episode.task, environment, self.budget, seed=seed):
                recorder.hear(event)
            return recorder.trajectory(session)


async def work(
    job: Job, shards: Iterable[Shard], store: Store, yields: list[int]
) -> AsyncGenerator[Progress, None]:
    """Run shards and store what comes of them; `yields` receives the size of each shard."""
    missing = _missing(job, shards, store, yields)
    finished: list[Trajectory] = []
    stored = monotonic()
    try:
        async with aclosing(_flow(job, missing)) as flow:
            async for results in flow:
                finished += [each for each in results if isinstance(each, Trajectory)]
                for other in results:
                    if not isinstance(other, Trajectory):
                        yield other
                if len(finished) < job.width and monotonic() - stored < _UNSTORED:
                    continue
                for news in _store_all(store, finished):
                    yield news
                finished, stored = [], monotonic()
        for news in _store_all(store, finished):
            yield news
    except (asyncio.CancelledError, GeneratorExit):
        store.add_many(finished)  # Whoever stops a collection keeps what was played to its end.
        raise


def _missing(
    job: Job, shards: Iterable[Shard], store: Store, yields: list[int]
) -> Iterator[Episode | Progress]:
    """The episodes that are not in the store, made as they are needed, and what comes up."""
    known = set(store.ids(agent=job.agent.name))
    for shard in shards:
        dealt = job.episodes(shard)
        episodes = dealt.episodes
        yields.append(len(episodes))
        yield from dealt.news
        there = tuple(episode.id for episode in episodes if episode.id in known)
        if there:
            yield Known(there)
        yield from (episode for episode in episodes if episode.id not in known)


async def _flow(
    job: Job, episodes: Iterator[Episode | Progress]
) -> AsyncGenerator[Sequence[Trajectory | Progress], None]:
    """Run episodes, at most `width` at once, and hand over those that are done together."""
    worlds = {world.document.sha256: world for world in job.worlds}
    running: set[asyncio.Task[Trajectory | Invalid]] = set()
    try:
        for episode in episodes:
            if monotonic() >= job.until:
                return
            if not isinstance(episode, Episode):
                yield [episode]
                continue
            world = worlds[episode.document.sha256]
            running.add(asyncio.create_task(_attempt(job, world, episode)))
            if len(running) >= job.width:
                yield await _first(running, job.until)
        while running and monotonic() < job.until:
            yield await _first(running, job.until)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _first(
    running: set[asyncio.Task[Trajectory | Invalid]], until: float
) -> list[Trajectory | Invalid]:
    """The results of those that are done first; they leave `running` unless one of them raises."""
    left = None if until == inf else max(0.0, until - monotonic())
    done, _ = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
    results = [task.result() for task in done]
    running -= done
    return results


async def _attempt(job: Job, world: World, episode: Episode) -> Trajectory | Invalid:
    """An episode's record, or why it does not count. A bug of ours is not hidden: it is raised."""
    try:
        return await job.attempt(world, episode)
    except UnknownAgent:
        raise
    except AgentError as error:
        return Invalid(episode.id, episode.document.title, str(error))


def _store_all(store: Store, finished: Sequence[Trajectory]) -> Iterator[Collected]:
    store.add_many(finished)
    for trajectory in finished:
        outcome, document = trajectory.outcome, trajectory.document
        yield Collected(
            trajectory.id, document.title, outcome.success, outcome.end, outcome.attribution,
            document.source,
        )  # fmt: skip


def _surroundings(
    job: Job, world: World, episode: Episode
) -> AbstractAsyncContextManager[tuple[Session, Environment]]:
    """The episode's session, and the way in that the agent is given."""
    # A program of the user's has only HTTP to act through.
    if job.transport == "in-process" and not getattr(job.agent, "needs_server", False):
        return in_process(world, episode, job.forms)
    return serve_episode(job.hub, job.transport, world, episode, job.forms)
