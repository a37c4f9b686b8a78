"""Tasks in groups under one offer of tools."""

from __future__ import annotations

from agent.collect.sharing import MOST, share_tools
from sandbox import World
from sandbox.tasks import generate


def test_groups_share_an_offer_and_keep_what_each_task_needs() -> None:
    tasks = list(generate(World.load("bookshop"), n=24, seed=0))
    shared = share_tools(tasks)
    assert {task.id for task in shared} == {task.id for task in tasks}
    before = {task.id: set(task.tools) for task in tasks}
    assert all(before[task.id] <= set(task.tools) for task in shared)
    assert len({tuple(task.tools) for task in shared}) <= len(tasks) / 2
    assert all(len(task.tools) <= max(MOST, len(before[task.id])) for task in shared)


def test_what_is_missing_on_purpose_stays_missing() -> None:
    tasks = list(generate(World.load("bookshop"), n=12, seed=1, kinds=["impossible", "read"]))
    kept = {task.id: task.tools for task in share_tools(tasks)}
    assert all(kept[task.id] == task.tools for task in tasks if task.kind == "impossible")
