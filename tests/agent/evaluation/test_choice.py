"""Which agent a pilot's figures speak for, and what each of them costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

from agent.backends.local.checkpoint import Checkpoint, stored_bytes
from agent.evaluation.report.choice import choice


def gain(points: float, low: float, high: float) -> dict[str, Any]:
    return {"points": points, "interval": (low, high), "n_tasks": 20}


def result(**gains: dict[str, Any]) -> dict[str, Any]:
    names = {"bundled": "bundled α-UMi", "untrained": "untrained", "large": "openai:large"}
    return {"evaluation": {"gains": {names[key]: value for key, value in gains.items()}}}


@pytest.mark.parametrize(
    ("gains", "answer", "reason"),
    [
        (
            {"bundled": gain(20, 5, 35)},
            "three roles",
            "trained α-UMi solves more of 20 whole tasks than bundled α-UMi",
        ),
        (
            {"bundled": gain(5, -5, 15)},
            "not yet",
            "20 whole tasks do not tell trained α-UMi from bundled α-UMi: +5.0",
        ),
        (
            {"untrained": gain(80, 60, 95)},
            "three roles",
            "than untrained: +80.0 points [60.0, 95.0]",
        ),
        (
            {"untrained": gain(80, 60, 95), "large": gain(-15, -30, -5)},
            "one larger model",
            "openai:large solves more of 20 whole tasks than trained α-UMi: +15.0 points",
        ),
        ({"untrained": gain(80, 60, 95), "large": gain(-5, -15, 5)}, "three roles", "+80.0"),
        ({"large": gain(-5, -15, 5)}, "not yet", "nothing was tried beside the roles"),
    ],
)
def test_a_choice_needs_a_paired_difference(
    gains: dict[str, Any], answer: str, reason: str
) -> None:
    chosen = choice(result(**gains))
    assert chosen is not None
    assert chosen["answer"] == answer and reason in chosen["reason"]


def test_scripted_agents_alone_are_no_choice() -> None:
    assert choice({"evaluation": {"static": {}, "live": {}}}) is None


def test_what_an_agent_needs_on_disk_is_its_backbone_and_its_adapters(tmp_path: Path) -> None:
    import numpy as np

    for name in ("base", "stage1", "planner"):
        (tmp_path / name).mkdir()
        save_file({"w": np.zeros(250, np.float32)}, tmp_path / name / "model.safetensors")
    each = (tmp_path / "base" / "model.safetensors").stat().st_size
    roles = {"planner": "planner", "caller": None, "summarizer": None}
    made = Checkpoint(tmp_path, {}, str(tmp_path / "base"), "stage1", roles)
    assert stored_bytes(made) == 3 * each
    elsewhere = Checkpoint(tmp_path, {}, "somebody/model", None, {})
    assert stored_bytes(elsewhere) is None
