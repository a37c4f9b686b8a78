"""Collecting trajectories: many episodes at once, each stored whole or not at all.

    with Store.open("runs.db") as store:
        for news in collect([World.load("bookshop")], scripted("perfect"), store, n=100):
            ...

The plan is deterministic and every episode's id is known before it runs, so a run that was killed
is started again with the same arguments: what is stored is skipped, and nothing is stored twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from math import inf
from pathlib import Path
from typing import Any, Literal

from agent.collect.interrupts import Interrupts
from agent.collect.job import Job, work
from agent.collect.progress import (
    Collected,
    Invalid,
    Known,
    Progress,
    Short,
    Skipped,
    Strikes,
    Yielded,
)
from agent.collect.ray_workers import spread_on_ray
from agent.collect.shards import Setting, Shard, plan_shards, usable
from agent.collect.workers import spread
from agent.errors import CollectError
from agent.foreign.transports import Transport
from agent.runtime.episode import Agent, Budget
from sandbox.document import Document
from sandbox.errors import PlanError, SandboxError
from sandbox.tasks.models import Task, TaskFile
from sandbox.world import World
from sandbox.world.meta_calls import META
from trajectories import Store, Trajectory

__all__ = [
    "Collected",
    "Invalid",
    "Known",
    "Progress",
    "Short",
    "Skipped",
    "Transport",
    "Yielded",
    "check_plans",
    "collect",
    "episodes",
    "read_tasks",
]


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
    workers: int | Literal["ray"] = 1,
    width: int = 32,
    transport: Transport = "in-process",
    budget: Budget | None = None,
    share_tools: bool = False,
    until: float = inf,
    **options: Any,
) -> Iterator[Progress]:
    """Bring the store to `n` episodes of this setting; yields what happens.

    `tasks` are given ones, for a single world; without them each world makes its own. `width` is
    how many episodes one process runs at once, `workers` how many processes there are (or "ray"),
    `share_tools` gives groups of tasks one offer, `options` go to the sessions. In one process
    nothing is begun after `until` (of `time.monotonic`), and what still runs then is left out. A
    document that the plans cannot be applied to is left out. Raises PlanError when that is so for
    all of them, CollectError when nothing can be collected, StoreError when the store fails,
    KeyboardInterrupt after Ctrl-C; what is stored stays, and what was played to its end is stored.
    """
    if tasks is not None and len(worlds) != 1:
        raise CollectError("given tasks are about one document, so give exactly one")
    for task in tasks or ():
        _check_task(task, worlds[0])
    setting = Setting(agent.name, seed, as_json(faults), as_json(drift), options, share_tools)
    job = Job(
        list(worlds), agent, setting, tasks, budget or Budget(), width, transport, until=until
    )
    check_plans(worlds, faults=setting.faults, drift=setting.drift, seed=seed)
    if workers == "ray":
        yield from spread_on_ray(job, store, n=n)
        return
    if workers > 1:
        yield from spread(job, store, n=n, workers=workers)
        return
    with asyncio.Runner() as runner, Interrupts() as interrupts:
        news = _collecting(job, store, n)
        try:
            while (step := runner.run(interrupts.next(news))) is not None:
                yield step
            interrupts.check()
        finally:
            runner.run(_close(news, job))


def episodes(
    worlds: Sequence[World], agent: Agent, store: Store, **setting: Any
) -> list[Trajectory]:
    """The records of a setting, as `collect` takes it; those that the store lacks are run first."""
    ids: list[str] = []
    for news in collect(worlds, agent, store, **setting):
        if isinstance(news, Collected):
            ids.append(news.id)
        elif isinstance(news, Known):
            ids += news.ids
    return [each for each in map(store.get, ids) if each is not None]


def read_tasks(place: Path, world: World) -> list[Task]:
    """The tasks in a file. Raises PlanError for what is no tasks file, CollectError for one without
    tasks or about another document."""
    kept = TaskFile.load(place)
    if not kept.tasks:
        raise CollectError(f"{place}: there are no tasks in it")
    title = world.document.title
    if kept.document and kept.document != world.document.source:
        # A version of the same document, or one that is no longer where it was, may do.
        with suppress(SandboxError):
            title = Document.load(kept.document).title
    if title != world.document.title:
        raise CollectError(
            f"{place}: its tasks are about {title!r}, not about {world.document.title!r}"
        )
    return kept.tasks


def _check_task(task: Task, world: World) -> None:
    """Raise CollectError for a task that nobody could carry out, or judge, on the document."""
    known = {*world.tools, *META}
    calls = next((step.tool for step in task.solution or () if step.tool not in known), None)
    paths = {each.collection for each in task.goal.state}
    paths |= {each.collection for each in task.goal.sent}
    collection = next((path for path in sorted(paths) if not world.resources.may_hold(path)), None)
    if calls or collection:
        lack = f"its solution calls {calls}" if calls else f"it speaks of {collection}"
        raise CollectError(
            f"task {task.id}: {lack}, which {world.document.source} does not offer; are the tasks "
            "of another document?"
        )


def check_plans(
    worlds: Sequence[World], *, faults: Any = None, drift: Any = None, seed: int = 0
) -> None:
    """Raise PlanError when the plans can be applied to none of the documents."""
    refusal: PlanError | None = None
    for world in worlds:
        refusal = usable(world, Setting("", seed, faults, drift))
        if refusal is None:
            return
    if refusal is not None:
        raise refusal


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


def as_json(plan: Any) -> Any:
    """A fault or drift plan as a record keeps it: models as their JSON form, the rest as it is."""
    dump: Callable[..., Any] | None = getattr(plan, "model_dump", None)
    if dump is not None:
        return dump(mode="json", exclude_defaults=True)
    return plan


async def _close(news: AsyncGenerator[Progress, None], job: Job) -> None:
    await news.aclose()
    await job.close()
