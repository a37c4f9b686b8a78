"""Collecting trajectories: many episodes at once, each stored whole or not at all.

    with Store.open("runs.db") as store:
        for news in collect([World.load("bookshop")], scripted("perfect"), store, n=100):
            ...

The plan is deterministic and every episode's id is known before it runs, so a run that was killed
is started again with the same arguments: what is stored is skipped, and nothing is stored twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from agent.environment import Environment, Forms, SessionEnvironment
from agent.errors import AgentError, CollectError, UnknownAgent
from agent.recorder import Episode, Recorder
from agent.runtime import Agent, Budget, run
from agent.shards import Setting, Shard, plan_shards, shard_episodes
from sandbox.draws import Draw
from sandbox.tasks.models import Task
from sandbox.world import Session, World
from trajectories import Store, Trajectory

if TYPE_CHECKING:
    from agent.served import Hub

Transport = Literal["in-process", "http"]

_PATIENCE: Final = 5
"""Episodes that may fail through us, one after another, before a collection stops."""


@dataclass(frozen=True, slots=True)
class Collected:
    """An episode was run and its record is in the store."""

    id: str
    document: str
    success: bool
    end: str
    attribution: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """These episodes of the plan were in the store already."""

    ids: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Invalid:
    """An episode failed through us: nothing is stored, and running again will try it again."""

    id: str
    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class Short:
    """The worlds have no more tasks than these."""

    asked: int
    found: int


Progress = Collected | Known | Invalid | Short


def collect(
    worlds: Sequence[World],
    agent: Agent,
    store: Store,
    *,
    n: int,
    tasks: Sequence[Task] | None = None,
    faults: Any = None,
    drift: Any = None,
    seed: int = 0,
    workers: int = 1,
    width: int = 32,
    transport: Transport = "in-process",
    budget: Budget | None = None,
    **options: Any,
) -> Iterator[Progress]:
    """Bring the store to `n` episodes of this setting; yields what happens.

    `tasks` are given ones, for a single world; without them each world makes its own. `width` is
    how many episodes one process runs at once, `options` go to the sessions. Raises CollectError
    when nothing can be collected, StoreError when the store fails; what is stored stays.
    """
    if tasks is not None and len(worlds) != 1:
        raise CollectError("given tasks are about one document, so give exactly one")
    setting = Setting(agent.name, seed, as_json(faults), as_json(drift), options)
    job = Job(list(worlds), agent, setting, tasks, budget or Budget(), width, transport)
    if workers > 1:
        from agent.workers import spread

        yield from spread(job, store, n=n, workers=workers)
        return
    with asyncio.Runner() as runner:
        news = _collecting(job, store, n)
        try:
            while (step := runner.run(_next(news))) is not None:
                yield step
        finally:
            runner.run(_closed(news, job))


@dataclass(slots=True)
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
    _hub: Hub | None = field(default=None, repr=False)

    @property
    def hub(self) -> Hub:
        """The server of a collection over HTTP."""
        if self._hub is None:
            from agent.served import Hub

            self._hub = Hub(self.worlds)
        return self._hub

    async def close(self) -> None:
        """End what was started for the job."""
        if self._hub is not None:
            await self._hub.close()
            self._hub = None
        close = getattr(self.agent, "close", None)
        if close is not None:
            await close()

    def episodes(self, shard: Shard) -> list[Episode]:
        """The attempts of one shard."""
        return shard_episodes(self.worlds[shard.document], shard, self.setting, self.tasks)

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
    async with aclosing(_flow(job, missing)) as flow:
        async for result in flow:
            if isinstance(result, Trajectory):
                finished.append(result)
                if len(finished) < job.width:
                    continue
                for news in _stored(store, finished):
                    yield news
                finished = []
            else:
                yield result
    for news in _stored(store, finished):
        yield news


@dataclass(slots=True)
class Strikes:
    """Stops a collection in which nothing works any more."""

    count: int = 0

    def see(self, news: Progress) -> None:
        """Take note. Raises CollectError after too many episodes that failed through us."""
        self.count = self.count + 1 if isinstance(news, Invalid) else 0
        if isinstance(news, Invalid) and self.count >= _PATIENCE:
            raise CollectError(f"{self.count} episodes in a row failed: {news.reason}")


async def _collecting(job: Job, store: Store, n: int) -> AsyncGenerator[Progress, None]:
    rounds = plan_shards(len(job.worlds), n)
    shards: list[Shard] | None = next(rounds, None)
    found, strikes = 0, Strikes()
    while shards:
        yields: list[int] = []
        async with aclosing(work(job, shards, store, yields)) as working:
            async for news in working:
                yield news
                strikes.see(news)
        found += sum(yields)
        try:
            shards = rounds.send(yields)
        except StopIteration:
            break
    if found < n:
        yield Short(n, found)


def _missing(
    job: Job, shards: Iterable[Shard], store: Store, yields: list[int]
) -> Iterator[Episode | Known]:
    """The episodes that are not in the store, made as they are needed."""
    known = set(store.ids(agent=job.agent.name))
    for shard in shards:
        episodes = job.episodes(shard)
        yields.append(len(episodes))
        there = tuple(episode.id for episode in episodes if episode.id in known)
        if there:
            yield Known(there)
        yield from (episode for episode in episodes if episode.id not in known)


async def _flow(
    job: Job, episodes: Iterator[Episode | Known]
) -> AsyncGenerator[Trajectory | Known | Invalid, None]:
    """Run episodes, at most `width` at once, and hand each over when it is done."""
    worlds = {world.document.sha256: world for world in job.worlds}
    running: set[asyncio.Task[Trajectory | Invalid]] = set()
    try:
        for episode in episodes:
            if isinstance(episode, Known):
                yield episode
                continue
            world = worlds[episode.document.sha256]
            running.add(asyncio.create_task(_attempted(job, world, episode)))
            if len(running) >= job.width:
                for result in await _first(running):
                    yield result
        while running:
            for result in await _first(running):
                yield result
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _first(
    running: set[asyncio.Task[Trajectory | Invalid]],
) -> list[Trajectory | Invalid]:
    """The results of those that are done first; they leave `running` unless one of them raises."""
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    results = [task.result() for task in done]
    running -= done
    return results


async def _attempted(job: Job, world: World, episode: Episode) -> Trajectory | Invalid:
    """An episode's record, or why it does not count. A bug of ours is not hidden: it is raised."""
    try:
        return await job.attempt(world, episode)
    except UnknownAgent:
        raise
    except AgentError as error:
        return Invalid(episode.id, episode.document.title, str(error))


def _stored(store: Store, finished: Sequence[Trajectory]) -> Iterator[Collected]:
    store.add_many(finished)
    for trajectory in finished:
        outcome = trajectory.outcome
        title = trajectory.document.title
        yield Collected(trajectory.id, title, outcome.success, outcome.end, outcome.attribution)


@asynccontextmanager
async def _surroundings(
    job: Job, world: World, episode: Episode
) -> AsyncIterator[tuple[Session, Environment]]:
    """The episode's session, and the way in that the agent is given."""
    offered, options = episode.task.tools, session_options(episode)
    # A program of the user's has only HTTP to act through.
    if job.transport == "in-process" and not getattr(job.agent, "needs_server", False):
        session = open_session(world, episode)
        yield session, SessionEnvironment(session, offered=offered, forms=job.forms)
        return
    from agent.served import ServedEnvironment

    held = job.hub.open(world, options)
    try:
        yield held.session, ServedEnvironment(job.hub, held, offered=offered, forms=job.forms)
    finally:
        job.hub.leave(held)


def session_options(episode: Episode) -> dict[str, Any]:
    """The arguments of `World.session` that an episode, or its record, describes."""
    return {
        "seed": episode.seed,
        "label": episode.label,
        "faults": episode.faults,
        "drift": episode.drift,
        "given": [given.model_dump() for given in episode.task.given],
        **episode.options,
    }


def open_session(world: World, episode: Episode) -> Session:
    """The session that an episode describes, in this process."""
    return world.session(**session_options(episode))


def as_json(plan: Any) -> Any:
    """A fault or drift plan as a record keeps it: models as their JSON form, the rest as it is."""
    dump: Callable[..., Any] | None = getattr(plan, "model_dump", None)
    if dump is not None:
        return dump(mode="json", exclude_defaults=True)
    return plan


async def _next(news: AsyncIterator[Progress]) -> Progress | None:
    return await anext(news, None)


async def _closed(news: AsyncGenerator[Progress, None], job: Job) -> None:
    await news.aclose()
    await job.close()
