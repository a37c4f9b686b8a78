"""Checkpoint folders, results files and stores as pages of numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.viewing import number_page
from agent.errors import AgentError
from agent.evaluation.report.figures import data_figures
from tests.trajectories.little import finished
from trajectories import Store
from trajectories.viewer.figures import Bars, Lines, Table

FLAGS = {"recipe": "glpft", "method": "lora", "rank": 8}


def written(place: Path, value: Any) -> Path:
    place.write_text(json.dumps(value))
    return place


def test_a_finished_training_has_a_curve_per_stage_in_their_order(tmp_path: Path) -> None:
    stages = {"planner": {"steps": 2, "tokens": 90}, "caller": {"steps": 1, "tokens": 8}}
    written(tmp_path / "checkpoint.json", {"flags": FLAGS, "stages": stages, "backbone": "b"})
    written(tmp_path / "caller.loss.json", [1.0])
    written(tmp_path / "planner.loss.json", [2.0, 1.5])
    found = number_page(tmp_path)
    assert found is not None and found.facts["recipe"] == "glpft" and not found.note
    curves = [(part.title, part.values) for part in found.parts if isinstance(part, Lines)]
    assert curves == [("planner: loss", [2.0, 1.5]), ("caller: loss", [1.0])]
    read = next(part for part in found.parts if isinstance(part, Table))
    assert (list(read.columns), list(read.rows[0])) == (
        ["", "steps", "tokens"], ["planner", 2, 90],
    )  # fmt: skip


def test_a_training_under_way_shows_what_there_is(tmp_path: Path) -> None:
    written(tmp_path / "run.json", {"flags": FLAGS})
    written(tmp_path / "backbone.loss.json", [3.0, 2.0])
    found = number_page(tmp_path)
    assert found is not None and "under way" in found.note
    assert isinstance(found.parts[0], Lines)


def test_a_yardstick_stands_beside_its_baselines_and_printed_figures(tmp_path: Path) -> None:
    value = {
        "suite": "hammer", "agent": "umi", "metrics": {"f1": 30.0}, "intervals": {"f1": [20, 40]},
        "baselines": {"copy": {"f1": 10.0}}, "printed": [{"model": "GPT", "f1": 70.0}],
        "n_questions": 5, "of": 9,
    }  # fmt: skip
    found = number_page(written(tmp_path / "r.json", value))
    assert found is not None and found.facts["questions"] == "5 of 9"
    bars, table = found.parts
    assert isinstance(bars, Bars) and isinstance(table, Table)
    assert [(bar.label, bar.interval) for bar in bars.bars] == [
        ("umi", (20, 40)), ("baseline:copy", None),
    ]  # fmt: skip
    assert ["GPT (printed)", 70.0] in [list(row) for row in table.rows]


def test_any_results_become_facts_tables_and_curves(tmp_path: Path) -> None:
    value = {
        "command": "bench", "runs": {"a": {"ms": 1, "parts": {"x": {"n": 1}, "y": {"n": 2}}},
                                     "b": {"ms": 2}},
        "trace": [0.5] * 13, "range": [1, 2],
    }  # fmt: skip
    found = number_page(written(tmp_path / "r.json", value))
    assert found is not None and found.facts == {"command": "bench", "range": [1, 2]}
    shapes = [(part.title, len(getattr(part, "rows", ()))) for part in found.parts]
    assert shapes == [("runs", 2), ("runs: a: parts", 2), ("trace", 0)]


def test_rows_of_a_stress_run_are_named_by_agent_and_scenario(tmp_path: Path) -> None:
    row = {"agent": "a", "scenario": "H01", "episodes": 8, "right_end": {"part": 1, "of": 8}}
    found = number_page(written(tmp_path / "s.json", [row, row | {"scenario": "calm"}]))
    assert found is not None
    table, ends, _ = found.parts
    assert isinstance(table, Table) and [line[0] for line in table.rows] == ["a / H01", "a / calm"]
    assert ends.title == "Results: a / H01: right_end"


def test_what_is_neither_is_left_to_the_readers(tmp_path: Path) -> None:
    assert number_page(written(tmp_path / "e.json", {"messages": []})) is None
    assert number_page(tmp_path) is None and number_page(tmp_path / "none") is None
    with pytest.raises(AgentError, match="a JSON object or a list of them, not list"):
        number_page(written(tmp_path / "l.json", [1]))


def test_a_stores_data_says_how_different_its_episodes_are() -> None:
    store = Store.open(":memory:")
    store.add_many(finished(n) for n in (1, 2, 3))
    found = data_figures(store)
    assert (found.facts["episodes"], found.facts["right"]) == (3, 3)
    assert found.facts["different wordings"] == 1  # only the book's id differs
    assert found.facts["different call sequences"] == 1 and found.facts["tools called"] == 1
    kinds = next(p for p in found.parts if isinstance(p, Bars) and p.title == "By kind of task")
    assert [(bar.label, bar.value) for bar in kinds.bars] == [("read", 3)]
