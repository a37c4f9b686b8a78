"""What `wavetank list` shows: one row per thing there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rows = list[dict[str, Any]]


def faults() -> Rows:
    from sandbox.faults.catalogue import catalogue

    return list(catalogue())


def drift() -> Rows:
    from sandbox.drift.catalogue import catalogue

    return list(catalogue())


def malformed_calls() -> Rows:
    from sandbox.tasks.malformed import MUTATORS

    return [
        {
            "id": id,
            "name": mutator.name,
            "family": mutator.family,
            "params": {},
            "weight": mutator.weight,
            "label": mutator.label,
            "oracle": "REPAIRED" if mutator.surely_refused else "SUCCEEDED",
            "answers": list(mutator.answers),
            # Broken JSON and unknown tools only exist where tools are called by name.
            "transports": ["in-process", "mcp", "control plane"],
        }
        for id, mutator in sorted(MUTATORS.items())
    ]


def presets() -> Rows:
    import specs

    return [
        {"preset": name, "kind": kind}
        for kind in ("faults", "drift")
        for name in specs.presets(kind)
    ]


def suites() -> Rows:
    import specs
    from agent.evaluation.suites import load_suite

    rows: Rows = []
    for name in specs.suites():
        suite = load_suite(name)
        sizes = {"scenarios": len(suite.scenarios), "tasks": suite.tasks}
        rows.append({"suite": name, **sizes, "about": suite.about})
    return rows


def yardsticks() -> Rows:
    from agent.evaluation.yardsticks.yardstick import data_is_there
    from agent.evaluation.yardsticks.yardstick import yardsticks as known

    return [
        {
            "yardstick": name,
            "data": "here" if data_is_there(each) else "missing",
            **each.model_dump(include={"about", "metrics", "source", "licence"}),
        }
        for name, each in known().items()
    ]


def findings() -> Rows:
    from trajectories.scoring.findings import legends

    return [
        {
            "finding": kind,
            "text": legend.text.format(tool="a write"),
            "invariant": legend.invariant,
            "mend": legend.mend,
        }
        for kind, legend in legends().items()
    ]


def agents() -> Rows:
    from agent.agents import known_agents

    return [{"agent": name, "what": what} for name, what in known_agents().items()]


def formats() -> Rows:
    from trajectories.exports import FORMATS, exporter
    from trajectories.imports import FORMATS as IMPORTS

    rows: Rows = [
        {"format": name, "direction": "export", "drops": exporter(name).drops} for name in FORMATS
    ]
    return rows + [{"format": name, "direction": "import", "drops": ""} for name in IMPORTS]


def documents() -> Rows:
    import specs
    from sandbox import Document

    rows: Rows = []
    for name in specs.names():
        document = Document.load(name)
        rows.append(
            {"document": name, "title": document.title, "operations": len(document.operations)}
        )
    return rows


def schemas() -> Rows:
    """The JSON Schemas of the files that people write, by what the file is for."""
    from pydantic import TypeAdapter

    from agent.evaluation.suites import Suite
    from sandbox.conventions.overrides import ModelFile
    from sandbox.drift import DriftPlan
    from sandbox.faults import Plan
    from sandbox.tasks import TaskFile

    forms = {
        "tasks": TaskFile,
        "faults": Plan,
        "drift": DriftPlan,
        "model-file": ModelFile,
        "suite": Suite,
    }
    return [
        {"schema": name, "json_schema": TypeAdapter(form).json_schema()}
        for name, form in forms.items()
    ]


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "faults": ("id", "title", "family", "about"),
    "drift": ("id", "title", "direction", "impact", "about"),
    "malformed": ("id", "name", "family", "answers", "oracle"),
    "yardsticks": ("yardstick", "data", "licence", "about"),
    "findings": ("finding", "text", "mend"),
    "schemas": ("schema",),
}
"""What a table has of a listing's rows; --json has all."""

LISTINGS: Mapping[str, Callable[[], Rows]] = {
    "faults": faults,
    "drift": drift,
    "malformed": malformed_calls,
    "presets": presets,
    "suites": suites,
    "yardsticks": yardsticks,
    "findings": findings,
    "agents": agents,
    "formats": formats,
    "documents": documents,
    "schemas": schemas,
}
