"""The tasks that a stress run uses: of a larger pool those that together give every kind of bug
its occasion.

A bug shows only where a task leads to it: a lost key where something is created, a stale id where
two things are changed. So tasks are chosen by what they exercise, rarest first, not as they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.tasks import SolutionStep, Task, generate
from sandbox.tasks.models import is_reference

if TYPE_CHECKING:
    from sandbox.world import World

_POOL: Final = 3
"""Tasks generated for each one that is used."""
Trait = tuple[str, ...]
"""One thing that a task exercises."""


def suite_tasks(world: World, n: int, *, seed: int = 0) -> list[Task]:
    """`n` tasks, or fewer where the document gives no more: a function of (document, n, seed)."""
    pool_seed = Draw("suite", seed, world.document.sha256).integer(0, 2**31 - 1)
    pool = list(generate(world, n=_POOL * n, seed=pool_seed))
    return _cover(pool, [frozenset(traits(task, world)) for task in pool], n)


def _cover(pool: Sequence[Task], exercised: Sequence[frozenset[Trait]], n: int) -> list[Task]:
    """Pick the task that adds most, again and again; each time counts half as much as before."""
    covered: Counter[Trait] = Counter()
    left = list(range(len(pool)))
    chosen: list[Task] = []
    while left and len(chosen) < n:
        # Of equals the first: `max` keeps the order of the pool.
        best = max(left, key=lambda each: sum(0.5 ** covered[t] for t in exercised[each]))
        left.remove(best)
        covered.update(exercised[best])
        chosen.append(pool[best])
    return chosen


def traits(task: Task, world: World) -> Iterator[Trait]:
    """What the reference solution of a task does."""
    yield "kind", task.kind
    if task.goal.answer.required:
        yield ("answers",)
    steps = [step for step in task.solution or () if step.tool in world.tools]
    for step in steps:
        yield "tool", step.tool
        yield from _call_traits(world, step)
    yield from _repetition_traits(world, steps)


def _call_traits(world: World, step: SolutionStep) -> Iterator[Trait]:
    tool = world.tools[step.tool]
    assert tool.operation is not None
    act = world.resources.meaning(tool.operation).act
    yield "act", act
    if any(map(is_reference, step.arguments.values())):
        yield ("uses what was read",)
    if tool.operation.method == "GET":
        return
    if tool.key_argument is not None:
        yield "takes a key", act
    for name, value in step.arguments.items():
        if tool.arguments[name][0] == "body":
            yield "sends", act, type(value).__name__
            if name not in tool.parameters.get("required", ()):
                yield "sends a choice", act


def _repetition_traits(world: World, steps: Sequence[SolutionStep]) -> Iterator[Trait]:
    """What only several calls show: pages, several writes, several ids."""
    ids: dict[str, Any] = {}
    made: set[str] = set()
    for step in steps:
        tool = world.tools[step.tool]
        assert tool.operation is not None
        if step.tool in made:
            yield "again", tool.operation.method
        elif made and tool.operation.method != "GET":
            yield ("writes later",)
        made.add(step.tool)
        for name, value in step.arguments.items():
            if tool.arguments[name][0] == "path" and ids.setdefault(name, value) != value:
                yield ("other id",)
