"""How fast tasks are made."""

from __future__ import annotations

from time import perf_counter

import pytest

import specs
from sandbox.tasks import generate
from sandbox.world import World


@pytest.mark.bench
@pytest.mark.parametrize("name", specs.names())
def test_at_least_a_hundred_verified_tasks_a_second(name: str) -> None:
    world = World.load(name)
    begun = perf_counter()
    made = sum(1 for _ in generate(world, n=400, seed=3))
    rate = made / (perf_counter() - begun)
    assert rate >= 100, f"{rate:.0f} tasks/s"
