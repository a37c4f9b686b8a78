"""The data commands beyond their one run: filters, counts, and what must not be written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.collecting import Tally, processes
from agent.collect.collect import collect
from agent.collect.holdout import document_of
from agent.collect.progress import Collected, Skipped, Yielded
from agent.policies.behaviours import scripted
from agent.runtime.rerun import Reruns, is_imported, verify
from sandbox.world import World
from tests.agent.cli.running import wavetank
from trajectories import Store


def test_a_file_that_cannot_be_read_leaves_no_store(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    store = tmp_path / "runs.db"
    told = wavetank(
        "import", tmp_path / "bad.json", "--format", "alpha-umi", "--store", store, check=2
    )
    assert "not JSON" in told.stderr and not store.exists()


def test_replay_counts_imported_records_and_sees_a_changed_seed(tmp_path: Path) -> None:
    store, other = tmp_path / "runs.db", tmp_path / "other.db"
    wavetank("collect", "bookshop", "--store", store, "-n", "3", "--helpfulness", "3")
    with Store.open(store) as opened, Store.open(other) as changed:
        kept = list(opened.iterate())
        silent = kept[0].model_copy(update={"seed": 7, "messages": kept[0].messages[:1]})
        foreign = kept[1].model_copy(update={"id": "f" * 24, "agent": "imported:openai"})
        assert kept[0].options == {"helpfulness": 3}
        assert all(verify(each, Reruns()).same for each in kept) and is_imported(foreign)
        changed.add_many([silent, foreign])
    told = wavetank("replay", "--store", other, "--json", check=1)
    found = json.loads(told.stdout)
    assert (found["trajectories"], found["imported"]) == (1, 1)
    assert "not what its id says" in found["different"][0]


def test_export_filters_count_and_hold_out(tmp_path: Path) -> None:
    store, out = tmp_path / "runs.db", tmp_path / "rows.jsonl"
    wavetank(
        "collect", "bookshop", "calendar", "--store", store, "-n", "30",
        "--agent", "scripted:stumbler", "--json",
    )  # fmt: skip
    told = wavetank(
        "export", "--store", store, "--format", "native", "--out", out, "--only-recoveries",
        "--outcome", "success", "--hold-out", "document",
    )  # fmt: skip
    lines, apart = (
        place.read_text().splitlines() for place in (out, tmp_path / "rows-unseen.jsonl")
    )
    assert f"{len(lines) + len(apart)} of 30 trajectories are asked for" in told.stdout
    assert lines and apart and "held out:" in told.stderr
    titles = [{json.loads(line)["document"]["title"] for line in part} for part in (lines, apart)]
    assert not titles[0] & titles[1]
    bad = wavetank(
        "export", "--store", store, "--format", "native", "--out", out, "--outcome", "x", check=2
    )
    assert "give_up" in bad.stderr
    with Store.open(store) as opened:
        assert {name for each in opened.iterate() for name in document_of(each)} > titles[1]


def test_tasks_report_shows_diversity() -> None:
    found = json.loads(wavetank("tasks", "bookshop", "-n", "40", "--report", "--json").stdout)
    assert found["tasks"] == 40 and found["pairs"] > 30
    told = wavetank("tasks", "bookshop", "-n", "40", "--report").stdout
    assert "distinct-2" in told and "held-out families" in told


def test_what_a_store_holds_is_counted_by_document(tmp_path: Path) -> None:
    place = tmp_path / "runs.db"
    with Store.open(place) as store:
        worlds = [World.load("bookshop"), World.load("calendar")]
        assert list(collect(worlds, scripted("perfect"), store, n=20))
    *each, whole = json.loads(wavetank("tasks", "--store", place, "--json").stdout)
    assert [row["document"] for row in each] == ["Bookshop", "Calendar"]
    assert [row["share"] for row in each] == [0.5, 0.5]
    assert whole["trajectories"] == 20 and 15 < whole["pairs"] <= 20
    assert "either a document or --store" in wavetank("tasks", check=2).stderr


def test_a_dead_teacher_leaves_the_tasks_as_they_were() -> None:
    plain = wavetank("tasks", "bookshop", "-n", "3")
    told = wavetank("tasks", "bookshop", "-n", "3", "--teacher", "m@http://127.0.0.1:9/v1")
    assert told.stdout == plain.stdout and "0 of 3 instructions rephrased" in told.stderr
    assert "no answer from the model server" in told.stderr


def test_the_table_tells_what_each_document_gave() -> None:
    tally = Tally()
    tally.hear(Yielded("A", "a.yaml", 24, 6, why="no list"))
    tally.hear(Skipped("B", "b.yaml", 24, "D03 finds nothing"))
    tally.hear(Collected("1", "A", True, "finish", None, "a.yaml"))
    rows = tally.as_json()["documents"]
    assert [row["document"] for row in rows] == ["a.yaml", "b.yaml"]
    assert (rows[0]["tasks"], rows[0]["collected"], rows[0]["why"]) == (6, 1, "no list")
    assert rows[1]["why"] == "D03 finds nothing"


def test_workers_are_a_number_or_ray() -> None:
    assert processes("3") == 3
    with pytest.raises(Exception, match="neither a number of processes nor ray"):
        processes("some")
