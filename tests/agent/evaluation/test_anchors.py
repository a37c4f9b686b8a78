"""The published test file and the numbers that trivial predictors score on it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from agent.evaluation import baseline, evaluate, read_steps

ANCHORS = [
    ("always-call", "plan_acc", 74.08),
    ("call2", "plan_acc", 66.32),
    ("call3", "plan_acc", 74.85),
    ("call4", "plan_acc", 78.22),
    ("first-tool", "action_em", 26.35),
    ("first-unused", "action_em", 32.72),
    ("empty-args", "argument_f1", 41.10),
    ("text-args", "argument_f1", 96.89),
    ("rationale", "rouge_l", 30.43),
    ("last-observation", "rouge_l", 9.64),
    ("no-answer", "rouge_l", 0.34),
    ("reference", "rouge_l", 100.0),
    ("reference", "hallucination", 0.0),
]


@pytest.mark.parametrize(("name", "metric", "value"), ANCHORS)
def test_trivial_predictors(corpus: Path, name: str, metric: str, value: float) -> None:
    steps = read_steps(corpus / "toolbench/out_of_domain.json")
    assert evaluate(steps, baseline(f"baseline:{name}")).mean(metric) == pytest.approx(
        value, abs=0.05
    )


def test_the_steps_of_the_published_file(corpus: Path) -> None:
    steps = read_steps(corpus / "toolbench/out_of_domain.json")
    plans = Counter(step.reference.plan for step in steps)
    assert plans == {"call": 1146, "finish": 294, "give_up": 107}
    assert len({step.cluster for step in steps}) == 400


def test_an_unknown_baseline_names_the_valid_ones() -> None:
    with pytest.raises(KeyError, match="valid: trivial, copy, call2, call3, call4"):
        baseline("baseline:nope")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a readable JSON file"),
        ("{}", "expected a list"),
        (json.dumps([{"tools": []}]), "entry 0 is not in the published test format"),
        (json.dumps([{"tools": [1], "conversations": []}]), "entry 0"),
    ],
)
def test_a_file_in_another_format_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_steps(path)
