"""Schemathesis finds nothing wrong: our own control plane, and a served document."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

QUIET = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
