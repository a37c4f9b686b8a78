"""Collecting on Ray: the same records as in one process."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from agent.collect.collect import collect
from agent.errors import CollectError
from agent.policies.behaviours import scripted
from sandbox.world import World
from trajectories import Store

with warnings.catch_warnings():
    # Ray warns about itself as it is imported.
    warnings.simplefilter("ignore")
    ray = pytest.importorskip("ray")

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]


def test_a_local_cluster_collects_what_one_process_does(tmp_path: Path) -> None:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        with Store.open(tmp_path / "runs.db") as store, Store.open(":memory:") as alone:
            worlds = [World.load("bookshop"), World.load("helpdesk")]
            list(collect(worlds, scripted("perfect"), store, n=60, faults="H01", workers="ray"))
            list(collect(worlds, scripted("perfect"), alone, n=60, faults="H01"))
            assert [t.digest() for t in store.iterate()] == [t.digest() for t in alone.iterate()]
    finally:
        ray.shutdown()


def test_tasks_on_a_cluster_need_a_store_they_can_open() -> None:
    with Store.open(":memory:") as store, pytest.raises(CollectError, match="memory"):
        list(collect([World.load("bookshop")], scripted("perfect"), store, n=2, workers="ray"))
