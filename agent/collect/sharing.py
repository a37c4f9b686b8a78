"""Tasks that share an offer of tools: a model then reads one head of tool docs for several tasks,
and finds the near misses of one task among the tools of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.draws import Draw
from sandbox.tasks.models import Task

TOGETHER: Final = 8
"""Tasks under one offer."""
MOST: Final = 14
"""Tools in one offer, where no single task is offered more."""


def share_tools(tasks: Sequence[Task], *, seed: int = 0) -> list[Task]:
    """The tasks in groups of up to eight of one world that are offered the same tools in one order.

    A task for which a tool is missing on purpose keeps its own offer.
    """
    found: list[Task] = []
    for number, group in enumerate(_groups(tasks)):
        offer = list(dict.fromkeys(name for task in group for name in task.tools))
        if len(group) > 1:
            offer = Draw("offer", seed, number, *offer).shuffled(offer)
        found += [task.model_copy(update={"tools": offer}) for task in group]
    return found


def _groups(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    alone = [task for task in tasks if task.kind == "impossible" or not task.tools]
    left = [task for task in tasks if task not in alone]
    while left:
        group, offer = [left.pop(0)], set[str]()
        offer |= set(group[0].tools)
        while len(group) < TOGETHER:
            fitting = [
                task for task in left if len(offer | set(task.tools)) <= max(MOST, len(offer))
            ]
            if not fitting:
                break
            nearest = min(fitting, key=lambda task: len(set(task.tools) - offer))
            left.remove(nearest)
            group.append(nearest)
            offer |= set(nearest.tools)
        yield group
    yield from ([task] for task in alone)
