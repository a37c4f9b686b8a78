"""A collection in several processes. Each writes whole records into the store by itself; ids keep
two of them from storing the same episode, so a worker that dies loses only what it was doing."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import aclosing
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from multiprocessing.synchronize import Event
from typing import Any, Final

from agent.agents import agent_from
from agent.collect.job import Job, work
from agent.collect.progress import Progress, Short, Strikes
from agent.collect.shards import Setting, Shard, plan_shards
from agent.errors import AgentError, CollectError
from agent.foreign.transports import Transport
from agent.runtime.episode import Budget
from sandbox.errors import SandboxError
from sandbox.tasks.models import Task
from sandbox.world import World
from trajectories import Store, TrajectoryError


@dataclass(frozen=True, slots=True)
class Order:
    """A job in a form that another process can read: names in place of what they stand for."""

    documents: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...]
    """(source, sha256, filters, overrides) of each world."""
    setting: Setting
    tasks: tuple[dict[str, Any], ...] | None
    budget: Budget
    width: int
    transport: Transport
    store: str

    @classmethod
    def of(cls, job: Job, store: Store) -> Order:
        """The order for a job. Raises CollectError when the store is in this process only."""
        if ":memory:" in store.place:
            raise CollectError("several workers need a store that all can open, not :memory:")
        documents = tuple(
            (world.document.source, world.document.sha256, world.only, world.overrides)
            for world in job.worlds
        )
        tasks = None if job.tasks is None else tuple(t.model_dump(mode="json") for t in job.tasks)
        return cls(documents, job.setting, tasks, job.budget, job.width, job.transport, store.place)

    def job(self) -> Job:
        """The job, made anew. Raises CollectError when a document is not the same any more."""
        worlds = [_world(*document) for document in self.documents]
        tasks = None if self.tasks is None else [Task.model_validate(task) for task in self.tasks]
        agent = agent_from(self.setting.agent)
        return Job(
            worlds, agent, self.setting, tasks, self.budget, self.width, transport=self.transport
        )


def spread(job: Job, store: Store, *, n: int, workers: int) -> Iterator[Progress]:
    """Run a job in `workers` processes. Yields what they report, a shard at a time."""
    order = Order.of(job, store)
    # Forking would copy whatever threads and connections the caller holds.
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_enlist, initargs=(order, stopped))

    def submit(shard: Shard) -> Future[Served]:
        # Ctrl-C reaches every process of a terminal. This one hears it and stops the others,
        # which are begun here and never do.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return pool.submit(_serve, shard)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    with pool:
        try:
            yield from deal_out(len(job.worlds), n, submit)
        except (KeyboardInterrupt, GeneratorExit):
            stopped.set()
            raise


def deal_out(
    documents: int, n: int, submit: Callable[[Shard], Future[Served]]
) -> Iterator[Progress]:
    """Deal out a collection's shards to whatever works them off, round by round."""
    rounds = plan_shards(documents, n)
    shards: list[Shard] | None = next(rounds, None)
    found = 0
    while shards:
        yields = yield from _round(submit, shards)
        found += sum(yields)
        try:
            shards = rounds.send(yields)
        except StopIteration:
            break
    if found < n:
        yield Short(n, found)


def _round(
    submit: Callable[[Shard], Future[Served]], shards: Sequence[Shard]
) -> Generator[Progress, None, list[int]]:
    counts: dict[int, int] = {}
    strikes = Strikes()
    futures = {submit(shard): index for index, shard in enumerate(shards)}
    waiting: set[Future[Served]] = set(futures)
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                served = future.result()
                if served.failure:
                    raise CollectError(served.failure)
                counts[futures[future]] = served.count
                for news in served.news:
                    yield news
                    strikes.see(news)
    except BrokenProcessPool:
        raise CollectError(DIED) from None
    finally:
        for future in waiting:
            future.cancel()
    return [counts[index] for index in range(len(shards))]


DIED: Final = "a worker process died; what it had stored is safe, run the same command again"


@dataclass(frozen=True, slots=True)
class Served:
    """What a worker reports about one shard."""

    count: int = 0
    """Its tasks."""
    news: tuple[Progress, ...] = ()
    failure: str = ""
    """Why the collection cannot go on. A text: not every exception survives the way home."""


_POST: dict[str, Any] = {}
"""What a worker process holds: its order, and once it works its job and its store."""


def _enlist(order: Order, stopped: Event) -> None:
    """A worker's first act."""
    threading.Thread(target=_follow_parent, daemon=True).start()
    threading.Thread(target=_stop, args=(stopped,), daemon=True).start()
    _POST["order"] = order


def _stop(stopped: Event) -> None:
    """When the parent stops: end the shard that is worked off, in order, and begin no other."""
    stopped.wait()
    _POST["stopped"] = True
    loop, task = _POST.get("running") or (None, None)
    if loop is not None and task is not None:
        loop.call_soon_threadsafe(task.cancel)


def _follow_parent() -> None:
    """End with the parent, even when it is killed and can tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _serve(shard: Shard) -> Served:
    """One shard, in a process that has its order."""
    try:
        return Served() if "stopped" in _POST else serve(_POST["order"], shard)
    except asyncio.CancelledError:
        return Served()


def serve(order: Order, shard: Shard) -> Served:
    """One shard: how many tasks it has, and what happened."""
    try:
        if _POST.get("working") != order:
            _POST["store"] = Store.open(order.store)
            _POST["job"] = order.job()
            _POST["working"] = order
        return asyncio.run(_work_off(_POST["job"], shard, _POST["store"]))
    except (AgentError, SandboxError, TrajectoryError) as error:
        return Served(failure=str(error))


async def _work_off(job: Job, shard: Shard, store: Store) -> Served:
    yields: list[int] = []
    _POST["running"] = asyncio.get_running_loop(), asyncio.current_task()
    try:
        async with aclosing(work(job, [shard], store, yields)) as working:
            news = tuple([each async for each in working])
    finally:
        _POST["running"] = None
        await job.close()
    return Served(sum(yields), news)


def _world(source: str, sha256: str, only: Sequence[str], overrides: dict[str, Any]) -> World:
    world = World.load(source, only=only, overrides=overrides)
    if world.document.sha256 != sha256:
        raise CollectError(f"{source} has changed since the collection began")
    return world
