"""The published row files are training data as they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agent.training import TrainingError
from agent.training.published import read_rows


def test_the_published_example_has_its_rows(corpus: Path) -> None:
    made = read_rows(corpus / "toolbench")
    assert Counter(row.role for row in made) == {
        "backbone": 79,
        "planner": 79,
        "caller": 59,
        "summarizer": 14,
    }
    assert all(row.history for row in made)


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no rows here"):
        read_rows(tmp_path)


@pytest.mark.parametrize("text", ["{", "3", '[{"input": "x"}]', "[1]"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "train_planner.json").write_text(text)
    with pytest.raises(TrainingError, match=r"train_planner\.json: not a file of rows"):
        read_rows(tmp_path)
