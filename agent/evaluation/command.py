"""What `wavetank eval` does: choose static or live by what it is given, and score."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import AgentError

if TYPE_CHECKING:
    from rich.progress import Progress

    from agent.evaluation.steps import Step
    from trajectories import Store


def is_static(target: str) -> bool:
    """Whether a target is a test file (a JSON list of conversations) or a store of trajectories."""
    if target.startswith(("sqlite:", "postgresql:")):
        return True
    place = Path(target)
    if not place.is_file():
        return False
    with place.open("rb") as stream:
        head = stream.read(4096)
    return head.startswith(b"SQLite format 3") or head.lstrip()[:1] == b"["


def static_scores(target: str, agent: str, *, bar: Progress) -> dict[str, Any]:
    """The five metrics of an agent on recorded steps. Raises AgentError where it has none."""
    from agent.evaluation import baseline, evaluate, evaluate_roles

    steps = recorded_steps(target)
    if not steps:
        raise AgentError(
            f"{target}: holds no scored step: no planner turn with a closing tag that may be learnt"
        )
    if agent.startswith("baseline:"):
        try:
            predict = baseline(agent)
        except KeyError as error:
            raise AgentError(str(error.args[0])) from error
        return {"agent": agent, **evaluate(steps, predict).as_json()}
    backends = role_backends(agent)
    shown = bar.add_task(agent, total=2 * len(steps), rate="")

    def advance(done: int, total: int) -> None:
        bar.update(shown, completed=done, total=total)

    scores = asyncio.run(evaluate_roles(steps, backends, progress=advance))
    return {"agent": agent, **scores.as_json()}


def yardstick_scores(
    name: str,
    agent: str,
    *,
    limit: int | None,
    seed: int,
    bar: Progress,
    note: Callable[[str], None],
) -> dict[str, Any]:
    """An agent's figures on an outside yardstick. Raises AgentError where it has none."""
    from agent.evaluation.yardsticks import load_yardstick, run_yardstick

    load_yardstick(name)
    backends = None if agent.startswith("baseline:") else role_backends(agent)
    shown = bar.add_task(f"{name} {agent}", total=None, rate="")

    def advance(done: int, total: int) -> None:
        bar.update(shown, completed=done, total=total)

    return run_yardstick(
        name, agent, limit=limit, seed=seed, backends=backends, progress=advance, note=note
    )


def role_backends(agent: str) -> dict[Any, Any]:
    """The three roles of an agent that has roles. Raises AgentError for one that has none."""
    name = agent.partition(" without ")[0]
    kind = name.partition(":")[0]
    if name in ("base", "umi", "single") or kind == "checkpoint":
        from agent.backends.local import role_backends as local

        return local(agent)
    raise AgentError(
        f"{agent}: cannot be scored step by step; valid are base, umi, single, checkpoint:DIR and "
        "baseline:NAME"
    )


def recorded_steps(target: str) -> list[Step]:
    """The scored steps of a test file or of a store's successful trajectories."""
    from agent.evaluation import read_steps, steps_of
    from trajectories import Store

    place = Path(target)
    if place.is_file() and not _is_sqlite(place):
        try:
            return read_steps(place)
        except ValueError as error:
            raise AgentError(str(error)) from error
    with Store.open(target, create=False) as store:
        return steps_of(trajectory for trajectory in store.iterate() if trajectory.outcome.success)


def _is_sqlite(place: Path) -> bool:
    with place.open("rb") as stream:
        return stream.read(15) == b"SQLite format 3"


def live_scores(
    documents: Sequence[str],
    agent: str,
    *,
    n: int,
    trials: int,
    task_file: Path | None,
    faults: str | None,
    drift: str | None,
    seed: int,
    store: Store,
    bar: Progress,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """Whole episodes on documents, judged by state and answer, and kept in the store."""
    from agent.agents import agent_from
    from agent.collect.collect import Collected, Invalid, Known, collect, read_tasks
    from agent.evaluation.live import live
    from sandbox import World
    from sandbox.tasks import generate

    worlds = [World.load(source, only=only) for source in documents]
    given = read_tasks(task_file, worlds[0]) if task_file is not None else None
    acting = agent_from(agent)
    total = (len(given) if given is not None else n) * trials
    shown = bar.add_task(agent, total=total, rate="")
    invalid, ids = 0, list[str]()
    share = [n // len(documents) + (index < n % len(documents)) for index in range(len(documents))]
    for world, count in zip(worlds, share, strict=True):
        tasks = given if given is not None else list(generate(world, n=count, seed=seed))
        for news in collect(
            [world], acting, store, n=len(tasks) * trials, tasks=tasks, faults=faults, drift=drift,
            seed=seed,
        ):  # fmt: skip
            ids += [news.id] if isinstance(news, Collected) else ()
            ids += news.ids if isinstance(news, Known) else ()
            invalid += isinstance(news, Invalid)
            bar.update(shown, advance=int(isinstance(news, Collected | Invalid)))
    found = live(record for record in map(store.get, ids) if record is not None)
    return {"agent": agent, **found, "invalid": invalid}
