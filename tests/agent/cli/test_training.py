"""`wavetank train`: what its flags become."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agent.cli.running import wavetank
from tests.agent.tiny import episode, tiny_model
from trajectories.store import Store


def test_a_learning_rate_is_that_of_stage_1_and_stage_2_has_less(tmp_path: Path) -> None:
    model, place = tiny_model(tmp_path / "model"), f"sqlite:///{tmp_path / 'runs.db'}"
    with Store.open(place) as store:
        store.add_many(episode(number) for number in range(4))
    wavetank(
        "train", "--store", place, "--backbone", model, "--out", tmp_path / "c",
        "--learning-rate", "0.004", "--epochs", "0.3",
    )  # fmt: skip
    flags = json.loads((tmp_path / "c" / "checkpoint.json").read_text())["flags"]
    assert (flags["learning_rate"], flags["role_learning_rate"]) == (0.004, 0.0032)
