"""Drift: operators that rewrite the document, with the way from old calls to new ones."""

from sandbox.drift.plan import DriftPlan, drift_plan
from sandbox.drift.registry import Operator, operator, operators
from sandbox.drift.release import Release
from sandbox.drift.session_drift import Drift, releases

__all__ = [
    "Drift",
    "DriftPlan",
    "Operator",
    "Release",
    "drift_plan",
    "operator",
    "operators",
    "releases",
]
