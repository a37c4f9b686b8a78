"""How fast records are kept and exported, and how much room they take. Run with -m bench -s."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trajectories.little import finished
from trajectories.exports import export
from trajectories.records import Trajectory
from trajectories.store import Store

pytestmark = pytest.mark.bench


def stream(count: int) -> Iterator[Trajectory]:
    """Small records, made as they are asked for; two calls each."""
    return map(finished, range(count))


def peak() -> float:
    """The most memory this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_core_stores_a_thousand_small_records_a_second(tmp_path: Path) -> None:
    records = list(stream(4000))
    started = time.process_time()
    with Store.open(tmp_path / "a.db") as store:
        store.add_many(records)
    stored = time.process_time() - started
    started = time.process_time()
    export(records, "native", tmp_path / "a.jsonl")
    written = time.process_time() - started
    print(f"\n{4000 / stored:,.0f} stored/s/core, {stored / written:.1f} x writing JSON lines")  # noqa: T201
    assert 4000 / stored >= 1000


def test_a_hundred_thousand_rows_of_parquet_in_a_minute_and_flat_memory(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store:
        store.add_many(stream(100_000))
        export(store.iterate(fault="H01", text="b1"), "trl", tmp_path / "first.parquet")
        before, started = peak(), time.process_time()
        summary = export(store.iterate(), "trl", tmp_path / "all.parquet")
        took = time.process_time() - started
    size = (tmp_path / "a.db").stat().st_size / 100_000
    print(f"\n{took:.0f} s of CPU, +{peak() - before:.0f} MiB, {size:,.0f} bytes a record")  # noqa: T201
    assert summary.rows == 100_000
    assert took < 60 and peak() - before < 100 and size < 6000
