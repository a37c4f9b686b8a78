"""Held-out operations: what training must never see, so that evaluation measures the unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.draws import Draw
from sandbox.tasks import Task


@dataclass(frozen=True, slots=True)
class Split:
    """Tasks in three parts. No held-out tool is used by, or shown in, a training task."""

    train: tuple[Task, ...]
    seen: tuple[Task, ...]
    """Fresh tasks on operations that training used."""
    unseen: tuple[Task, ...]
    """Tasks whose solution needs a held-out operation."""
    tools: tuple[str, ...]
    """The held-out tools."""


def used(task: Task) -> frozenset[str]:
    """The tools of a task's reference solution."""
    return frozenset(step.tool for step in task.solution or ())


def split(tasks: Sequence[Task], *, seed: int, share: float = 0.25, seen: float = 0.1) -> Split:
    """Hold out about `share` of the tools that solutions use, and a `seen` share of the rest.

    Operations are held out whole: a task goes to `unseen` as soon as one of its steps needs one,
    and the rest is offered to training without them.
    """
    names = sorted(frozenset().union(*map(used, tasks))) if tasks else []
    order = Draw("holdout", seed).shuffled(names)
    held = frozenset(order[: max(1, round(share * len(names)))] if len(names) > 2 else ())
    unseen = [task for task in tasks if used(task) & held]
    rest = [task for task in tasks if not used(task) & held]
    kept = [_without(task, held) for task in rest]
    draw = Draw("seen", seed)
    apart = {task.id for task in kept if draw.chance(seen, task.id)}
    return Split(
        train=tuple(task for task in kept if task.id not in apart),
        seen=tuple(task for task in kept if task.id in apart),
        unseen=tuple(unseen),
        tools=tuple(sorted(held)),
    )


def _without(task: Task, held: frozenset[str]) -> Task:
    if not held.intersection(task.tools):
        return task
    return task.model_copy(update={"tools": [name for name in task.tools if name not in held]})
