"""Evaluation step by step against references: the paper's metrics, intervals, trivial baselines."""

from __future__ import annotations

from agent.evaluation.baselines import BASELINES, baseline
from agent.evaluation.metrics import METRICS, Scores, difference
from agent.evaluation.replies import Reply
from agent.evaluation.static import evaluate, evaluate_roles
from agent.evaluation.steps import Step, read_steps, steps_of

__all__ = [
    "BASELINES",
    "METRICS",
    "Reply",
    "Scores",
    "Step",
    "baseline",
    "difference",
    "evaluate",
    "evaluate_roles",
    "read_steps",
    "steps_of",
]
