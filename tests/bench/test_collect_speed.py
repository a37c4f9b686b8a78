"""How fast scripted episodes are run, judged and stored: trajectories per CPU second."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.collect.collect import Collected, collect
from agent.policies.behaviours import scripted
from sandbox.world import World
from trajectories import Store

N = 600


def speed(worlds: list[World], place: Path, faults: str | None) -> float:
    with Store.open(place) as store:
        start = time.process_time()
        news = list(collect(worlds, scripted("perfect"), store, n=N, faults=faults))
        spent = time.process_time() - start
    assert sum(isinstance(each, Collected) for each in news) == N
    return N / spent


@pytest.mark.bench
@pytest.mark.parametrize(("faults", "least"), [(None, 500), ("H01,T03", 300)])
def test_trajectories_per_cpu_second(tmp_path: Path, faults: str | None, least: int) -> None:
    worlds = [World.load(name) for name in ("bookshop", "helpdesk", "calendar")]
    # Tasks are made and documents compiled in the first round; the best of the rest counts,
    # since whatever else the machine does can only slow it down.
    rounds = [speed(worlds, tmp_path / f"{n}.db", faults) for n in range(4)]
    best = max(rounds[1:])
    assert best >= least, f"{best:.0f} trajectories per CPU second"
