"""How large a case is along each axis: what a reader of it has to take in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from agent.evaluation.cases import Case
from sandbox.drift.plan import drift_plan
from sandbox.faults import plan
from trajectories import Trajectory

Axis = Literal["storm", "task", "world", "drift"]
AXES: Final[tuple[Axis, ...]] = ("storm", "task", "world", "drift")
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def sizes(case: Case, record: Trajectory) -> dict[Axis, int]:
    """The elements of each axis.

    Storm: rules, their parameters, and the calls that they hit. Task: steps of the solution, values
    in them, statements of the goal, given entities. World: operations, parameters, fields. Drift:
    operators, each as often as it is applied.
    """
    faults = plan(case.faults)
    hit = sum(bool(row.get("injected")) for row in record.ledger)
    drift = drift_plan(case.drift)
    return {
        "storm": sum(1 + len(rule.params) + len(rule.compose) for rule in faults.rules) + hit,
        "task": _task(case.task),
        "world": sum(1 for _ in operations(case.document))
        + sum(1 for _ in parameters(case.document))
        + sum(len(node["properties"]) for node in schemas(case.document)),
        "drift": sum(step.count for stage in drift.releases for step in stage.operators)
        + sum(1 for stage in drift.releases if stage.to),
    }


def _task(task: Mapping[str, Any]) -> int:
    steps = task.get("solution") or ()
    goal = task.get("goal") or {}
    answer = goal.get("answer") or {}
    return (
        len(steps)
        + sum(leaves(step.get("arguments") or {}) for step in steps)
        + sum(len(part) for part in (goal.get("state") or (), goal.get("sent") or ()))
        + sum(len(part or ()) for part in answer.values())
        + len(task.get("given") or ())
    )


def leaves(value: Any) -> int:
    """The plain values in it; a reference to an earlier result counts as one."""
    if isinstance(value, Mapping):
        return 1 if "$result" in value else sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def operations(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, method) of every operation of a document."""
    for path, item in (tree.get("paths") or {}).items():
        if isinstance(item, Mapping):
            yield from ((path, method) for method in METHODS if method in item)


def parameters(tree: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(path, method, number) of every parameter of an operation; the method "" is the path's."""
    for path, item in (tree.get("paths") or {}).items():
        if not isinstance(item, Mapping):
            continue
        for method in ("", *METHODS):
            holder = item if not method else item.get(method)
            if isinstance(holder, Mapping):
                given = holder.get("parameters") or ()
                yield from ((path, method, number) for number in range(len(given)))


def schemas(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a document that has `properties`, wherever it stands."""
    if isinstance(tree, Mapping):
        if isinstance(tree.get("properties"), dict):
            yield tree  # type: ignore[misc]
        for value in tree.values():
            yield from schemas(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from schemas(value)
