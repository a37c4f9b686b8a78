"""The paper's five step metrics, their intervals, and the difference of two runs.

Definitions follow the published evaluation (every edge of them is pinned in the tests). Values are
in percent. Intervals are bootstrap percentiles over whole trajectories, since the steps of one
trajectory are not independent.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from agent.evaluation.replies import NONE, Reply
from trajectories.scoring.intervals import Interval, interval
from trajectories.scoring.intervals import difference as paired

METRICS: Final = ("plan_acc", "action_em", "hallucination", "argument_f1", "rouge_l")


@dataclass(frozen=True, slots=True)
class StepScore:
    """One step's share in each metric, from 0 to 1; None where the metric does not count it."""

    cluster: str
    """The trajectory it belongs to."""
    values: Mapping[str, float | None]
    tagged: bool = True


def score(cluster: str, tools: Sequence[str], reference: Reply, predicted: Reply) -> StepScore:
    """Compare one predicted step with its reference. `tools` are the offered names."""
    calls, finishes = reference.plan == "call", reference.plan == "finish"
    action = predicted.action if predicted.plan == "call" else NONE
    answer = predicted.answer if predicted.plan == "finish" else NONE
    values = {
        "plan_acc": float(predicted.plan == reference.plan),
        "action_em": float(action == reference.action) if calls else None,
        "hallucination": float(action != NONE and action not in tools),
        "argument_f1": argument_f1(reference, predicted) if calls else None,
        "rouge_l": rouge_l(answer, reference.answer) if finishes else None,
    }
    return StepScore(cluster, values, predicted.tagged)


def argument_f1(reference: Reply, predicted: Reply) -> float | None:
    """F1 of the arguments; a right key with another value counts half. A wrong action scores 0.

    None when the reference's own arguments cannot be read: the step is not counted.
    """
    if predicted.plan != "call" or predicted.action != reference.action:
        return 0.0
    wanted, given = _object(reference.arguments), _object(predicted.arguments)
    if wanted is None:
        return None
    if given is None:
        return 0.0
    if not wanted or not given:
        return float(not wanted and not given)
    points = sum(
        1.0 if same(value, given[key]) else 0.5 for key, value in wanted.items() if key in given
    )
    return 2 * points / (len(wanted) + len(given))


def same(left: Any, right: Any) -> bool:
    """JSON equality: types count (`"1"` is not `1`, `true` is not `1`), numbers by value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def rouge_l(hypothesis: str, reference: str) -> float:
    """ROUGE-L F as the package `rouge` 1.0.1 computes it; 0 when either text has no words."""
    if not _words(hypothesis) or not _words(reference):
        return 0.0
    from rouge import Rouge

    with _deep_recursion():
        return float(
            Rouge(metrics=["rouge-l"]).get_scores(hypothesis, reference)[0]["rouge-l"]["f"]
        )


def _words(text: str) -> list[str]:
    return text.replace(".", " ").split()


@contextmanager
def _deep_recursion() -> Iterator[None]:
    # The package walks its alignment table recursively, one level per word.
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 50_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scored steps of one run."""

    steps: tuple[StepScore, ...]

    def mean(self, metric: str) -> float | None:
        """One metric in percent; None when no step counts for it."""
        return _percent(*_total(self.steps, metric))

    def interval(self, metric: str) -> Interval | None:
        """95 % bootstrap interval over trajectories, in percent."""
        return _in_percent(interval(list(_groups(self.steps, metric).values())))

    def as_json(self) -> dict[str, Any]:
        """The five metrics in percent, n_steps, their intervals, and the share without a tag."""
        found: dict[str, Any] = {metric: self.mean(metric) for metric in METRICS}
        found["n_steps"] = len(self.steps)
        found["n_trajectories"] = len({step.cluster for step in self.steps})
        found["no_tag"] = _percent(sum(not step.tagged for step in self.steps), len(self.steps))
        found["intervals"] = {metric: self.interval(metric) for metric in METRICS}
        return found


def difference(before: Scores, after: Scores, metric: str) -> tuple[float | None, Interval | None]:
    """`after` minus `before` in points, with a paired bootstrap interval.

    Both runs must have scored the same trajectories: each resample draws them together.
    """
    first, second = _groups(before.steps, metric), _groups(after.steps, metric)
    if first.keys() != second.keys():
        raise ValueError("the two runs were not scored on the same trajectories")
    old, new = before.mean(metric), after.mean(metric)
    return (None if old is None or new is None else new - old), _in_percent(paired(second, first))


def _total(steps: Sequence[StepScore], metric: str) -> tuple[float, int]:
    counted = [value for step in steps if (value := step.values[metric]) is not None]
    return sum(counted), len(counted)


def _groups(steps: Sequence[StepScore], metric: str) -> dict[str, tuple[float, int]]:
    found: dict[str, tuple[float, int]] = {}
    for step in steps:
        value = step.values[metric]
        total, count = found.get(step.cluster, (0.0, 0))
        found[step.cluster] = (total, count) if value is None else (total + value, count + 1)
    return found


def _in_percent(ends: Interval | None) -> Interval | None:
    return None if ends is None else (100 * ends[0], 100 * ends[1])


def _percent(total: float, count: int) -> float | None:
    return 100 * total / count if count else None
