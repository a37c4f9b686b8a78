"""How fast scripted episodes are run, judged and stored: trajectories per CPU second."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.collect import Collected, collect
from agent.scripted import scripted
from sandbox.world import World
from trajectories import Store

N = 600


@pytest.mark.bench
@pytest.mark.parametrize(("faults", "least"), [(None, 600), ("H01,T03", 300)])
def test_trajectories_per_cpu_second(tmp_path: Path, faults: str | None, least: int) -> None:
    worlds = [World.load(name) for name in ("bookshop", "helpdesk", "calendar")]
    with Store.open(tmp_path / "runs.db") as store:
        # Tasks are made and documents compiled here; what is timed is the episodes.
        list(collect(worlds, scripted("naive"), store, n=N))
        start = time.process_time()
        news = list(collect(worlds, scripted("perfect"), store, n=N, faults=faults))
        speed = N / (time.process_time() - start)
    assert sum(isinstance(each, Collected) for each in news) == N
    assert speed >= least, f"{speed:.0f} trajectories per CPU second"
