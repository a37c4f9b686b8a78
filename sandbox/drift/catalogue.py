"""The catalogue as data: one row per operator, for lists, reports and documentation."""

from __future__ import annotations

from typing import Any

from sandbox.drift.registry import Operator, operators

# An operator rewrites the document; what serves the document renders it, whatever the transport.
_TRANSPORTS = ["in-process", "http", "mcp", "wire"]


def catalogue() -> list[dict[str, Any]]:
    """One row per operator: direction, parameters, adapter class, findings, signal, impact."""
    return [_row(entry) for entry in operators().values()]


def _row(entry: Operator) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "family": "drift",
        "direction": entry.direction,
        "adapter": entry.adapter,
        "findings": entry.findings,
        "signal": entry.signal,
        "impact": entry.impact,
        "params": dict(entry.params),
        "choices": {name: list(values) for name, values in entry.choices.items()},
        "migration": entry.migration,
        "transports": _TRANSPORTS,
        "about": (entry.apply.__doc__ or "").strip(),
    }
