"""The catalogue as data: one row per fault, for lists, reports and documentation."""

from __future__ import annotations

from typing import Any

from sandbox.faults.registry import VOICES, Fault, faults


def catalogue() -> list[dict[str, Any]]:
    """One row per fault: family, parameters, oracle, default trigger, transports that render it."""
    return [_row(entry) for entry in faults().values()]


def _row(entry: Fault) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "family": entry.family,
        "kind": entry.kind,
        "silent": entry.silent,
        "solvable": entry.solvable,
        "suits": entry.suits,
        "params": dict(entry.params),
        "choices": {name: list(values) for name, values in entry.choices.items()},
        "trigger": dict(entry.trigger),
        "oracle": str(entry.oracle),
        "transports": list(entry.renders),
        "meta_tools": [tool for id, tool in VOICES if id == entry.id],
        "about": (entry.behaviour.__doc__ or "").strip(),
    }
