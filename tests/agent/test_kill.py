"""Killed at any moment and begun again: none lost, none doubled, none half."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.collect.collect import collect
from agent.policies.behaviours import scripted
from sandbox.draws import Draw
from sandbox.world import World
from trajectories import Store

N = 240

RUN = """
import sys
from agent.collect.collect import collect
from agent.policies.behaviours import scripted
from sandbox.world import World
from trajectories import Store

if __name__ == "__main__":
    place, workers = sys.argv[1], int(sys.argv[2])
    with Store.open(place) as store:
        worlds = [World.load("bookshop"), World.load("helpdesk")]
        for _ in collect(worlds, scripted("perfect"), store, n=240, faults="H01,T03",
                         workers=workers, width=4):
            print("x", end="", flush=True)
"""


def begun(script: Path, place: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(script), str(place), str(workers)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}
    )


@pytest.mark.soak
@pytest.mark.parametrize("kills", [pytest.param(10, id="fifth"), pytest.param(50, id="entirely")])
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_collecting_loses_and_doubles_nothing(
    tmp_path: Path, workers: int, kills: int
) -> None:
    script, place = tmp_path / "run.py", tmp_path / "runs.db"
    script.write_text(RUN)
    for kill in range(kills):
        child = begun(script, place, workers)
        assert child.stdout is not None
        # Begin to wait when the first records are in, so that no kill comes before the work.
        child.stdout.read(1)
        time.sleep(Draw("kill", workers, kill).unit() * 0.2)
        child.kill()
        child.wait()
        child.stdout.close()
    child = begun(script, place, workers)
    child.communicate()
    assert child.returncode == 0
    with Store.open(place) as store, Store.open(":memory:") as whole:
        worlds = [World.load("bookshop"), World.load("helpdesk")]
        list(collect(worlds, scripted("perfect"), whole, n=N, faults="H01,T03"))
        assert store.count() == N
        assert [t.digest() for t in store.iterate()] == [t.digest() for t in whole.iterate()]
