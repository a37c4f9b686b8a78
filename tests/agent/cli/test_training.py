"""`wavetank train`: what its flags become."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agent.cli.running import wavetank
from tests.agent.tiny import episode, tiny_model
from trajectories.store import Store


def test_all_tokens_may_go_to_the_roles_of_a_stage_1_that_stays(tmp_path: Path) -> None:
    model, place = tiny_model(tmp_path / "model"), f"sqlite:///{tmp_path / 'runs.db'}"
    with Store.open(place) as store:
        store.add_many(episode(number) for number in range(4))
    common: list[str | Path] = ["train", "--store", place, "--backbone", model, "--tokens", "2000"]
    wavetank(*common, "--recipe", "single", "--out", tmp_path / "a")
    alone = wavetank(*common, "--role-share", "1", "--out", tmp_path / "b", check=None)
    assert alone.returncode and "role_share 1: needs start" in alone.stderr
    wavetank(*common, "--role-share", "1", "--start", tmp_path / "a", "--out", tmp_path / "c")
    stages = json.loads((tmp_path / "c" / "checkpoint.json").read_text())["stages"]
    assert stages["backbone"]["steps"] == 0 < stages["roles"]["steps"]


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
