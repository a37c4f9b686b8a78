"""Held-out operations, documents and faults: what training must never see, so that evaluation
measures the unseen. Always whole kinds, never rows: rows of one kind are too much alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.draws import Draw
from sandbox.tasks import Task
from trajectories import Trajectory


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


def used_tools(task: Task) -> frozenset[str]:
    """The tools of a task's reference solution."""
    return frozenset(step.tool for step in task.solution or ())


def split_tasks(
    tasks: Sequence[Task],
    *,
    seed: int,
    share: float = 0.25,
    seen: float = 0.1,
    known: Collection[str] = (),
) -> Split:
    """Hold out about `share` of the tools that solutions use, and a `seen` share of the rest.

    Operations are held out whole: a task goes to `unseen` as soon as one of its steps needs one,
    and the rest is offered to training without them. Names in `known`, which a model has read
    already, are held out last.
    """
    names = sorted(frozenset().union(*map(used_tools, tasks))) if tasks else []
    order = sorted(Draw("holdout", seed).shuffled(names), key=lambda name: name in known)
    held = frozenset(order[: max(1, round(share * len(names)))] if len(names) > 2 else ())
    unseen = [task for task in tasks if used_tools(task) & held]
    rest = [task for task in tasks if not used_tools(task) & held]
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


@dataclass(frozen=True, slots=True)
class Parting:
    """Trajectories in two parts that share no kind."""

    train: tuple[Trajectory, ...]
    unseen: tuple[Trajectory, ...]
    kinds: tuple[str, ...]
    """What was held out: documents or fault ids."""


def document_of(trajectory: Trajectory) -> frozenset[str]:
    """The document that a trajectory is about, by title: versions of one API stay together."""
    document = trajectory.document
    return frozenset({document.title or document.source or document.sha256})


def faults_of(trajectory: Trajectory) -> frozenset[str]:
    """The faults that really hit a trajectory, not those that might have."""
    return frozenset(trajectory.fired)


KINDS: Final = {"document": document_of, "fault": faults_of}
"""By what trajectories can be parted."""


def part(
    trajectories: Iterable[Trajectory],
    kinds: Callable[[Trajectory], frozenset[str]],
    *,
    seed: int,
    share: float = 0.25,
) -> Parting:
    """Hold out about `share` of the kinds: a trajectory with any of them is never trained on.

    Nothing is held out where there are fewer than two kinds.
    """
    records = list(trajectories)
    held = held_kinds(frozenset().union(*map(kinds, records)), seed=seed, share=share)
    return Parting(
        train=tuple(each for each in records if not kinds(each) & held),
        unseen=tuple(each for each in records if kinds(each) & held),
        kinds=tuple(sorted(held)),
    )


def held_kinds(names: Iterable[str], *, seed: int, share: float = 0.25) -> frozenset[str]:
    """Which of the names are held out; a function of the names and the seed."""
    known = sorted(set(names))
    if len(known) < 2:
        return frozenset()
    return frozenset(Draw("holdout", seed).shuffled(known)[: max(1, round(share * len(known)))])
