"""Repairs: the wrong call is refused, the right one then succeeds."""

from __future__ import annotations

import pytest

import specs
from sandbox.tasks.references import json_of_observation, resolve
from sandbox.tasks.repairs import Repair, repairs
from sandbox.world import World


def play(world: World, repair: Repair) -> int | None:
    """The status of the corrected call, made right after the broken one."""
    session = world.session(seed=repair.task.seed, label=repair.task.id)
    results: list[object] = []
    for step in (repair.task.solution or [])[: repair.step]:
        seen = session.call(step.tool, resolve(step.arguments, results))
        results.append(json_of_observation(seen.text, seen.status))
    for call in repair.broken.calls:
        assert session.call(call.tool, call.arguments).error
    right = repair.broken.corrected
    return session.call(right.tool, right.arguments).status


@pytest.mark.parametrize("name", specs.names())
def test_the_corrected_call_succeeds_after_the_broken_one(name: str) -> None:
    world = World.load(name)
    found = list(repairs(world, n=30, seed=5))
    assert len(found) == 30
    for repair in found:
        assert repair.error.error and repair.thought
        assert repair.broken.corrected.tool in repair.thought
        status = play(world, repair)
        assert status is not None and 200 <= status < 300


def test_mistakes_are_of_many_kinds_and_their_difference_is_said() -> None:
    found = list(repairs(World.load("bookshop"), n=80, seed=1))
    assert len({repair.broken.id[:3] for repair in found}) >= 8
    named = [repair for repair in found if repair.broken.id == "K04"]
    assert named and all(step["op"] == "add" for step in named[0].difference)


def test_helpfulness_changes_the_words_and_not_the_mistake() -> None:
    world = World.load("helpdesk")
    terse = list(repairs(world, n=12, seed=2, helpfulness=0))
    kind = list(repairs(world, n=12, seed=2, helpfulness=4))
    assert [repair.broken for repair in terse] == [repair.broken for repair in kind]
    assert sum(len(r.error.text) for r in terse) < sum(len(r.error.text) for r in kind)
