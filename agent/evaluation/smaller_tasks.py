"""A smaller task from a larger one: fewer calls, fewer and plainer values, a goal that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson

from agent.evaluation.cases import Case
from agent.evaluation.ddmin import minimise
from sandbox.errors import SandboxError
from sandbox.tasks import Task
from sandbox.tasks.goals import goal_of
from sandbox.tasks.references import Unresolved, json_of_observation, resolve
from sandbox.tasks.sayable import Rejected

Holds = Callable[[Case], bool]
Steps = Sequence[Mapping[str, Any]]
Place = tuple[int, tuple[str | int, ...]]
"""(step, keys down its arguments)."""


def task_cases(case: Case, holds: Holds) -> Case:
    """Fewer steps, then fewer and plainer values, then fewer given entities."""
    task = case.task
    steps = plain_steps(case)
    if steps is not None and task.get("solvable", True):

        def rebuilt(kept: Steps) -> bool:
            made = _rebuilt(case, kept)
            return made is not None and holds(made)

        kept: list[Any] = minimise(steps, rebuilt) if rebuilt(steps) else []
        if kept:
            places = minimise(list(_places(kept)), lambda p: rebuilt(_only(kept, p)))
            kept = _only(kept, places)
            for place in places:
                for plainer in _plainer(_value(kept, place)):
                    if rebuilt(changed := _with(kept, place, plainer)):
                        kept = changed
                        break
            case = _rebuilt(case, kept) or case
    plain = replace(case, task={**case.task, "id": "task", "seed": 0}, seed=0)
    case = plain if holds(plain) else case
    given = list(case.task.get("given") or ())
    fewer = minimise(given, lambda each: holds(_with_given(case, each))) if given else given
    return _with_given(case, fewer) if len(fewer) < len(given) else case


def plain_steps(case: Case) -> list[dict[str, Any]] | None:
    """The solution's steps with every reference filled in; None where it cannot be acted out."""
    solution = case.task.get("solution")
    if not solution:
        return None
    session = case.world.session(seed=case.seed, given=list(case.task.get("given") or ()))
    results: list[Any] = []
    steps = []
    for step in solution:
        try:
            arguments = resolve(step.get("arguments") or {}, results)
        except Unresolved:
            return None
        seen = session.call(step["tool"], arguments)
        if seen.error:
            return None
        results.append(json_of_observation(seen.text, seen.status))
        steps.append({"tool": step["tool"], "arguments": arguments})
    return steps


def _rebuilt(case: Case, steps: Steps) -> Case | None:
    """The task of making just these calls, with the goal that follows; None where there is none."""
    answer = (case.task.get("goal") or {}).get("answer") or {}
    session = case.world.session(seed=case.seed, given=list(case.task.get("given") or ()))
    for step in steps:
        if session.call(step["tool"], dict(step["arguments"])).error:
            return None
    try:
        goal, allow = goal_of(session)
    except (Rejected, SandboxError):
        return None
    asked = any(answer.values())
    stated = goal.model_dump(mode="json", exclude_defaults=True)
    if not stated and not asked:
        return None
    old = case.task
    made: dict[str, Any] = {
        "id": old["id"],
        "instruction": old["instruction"] if asked else instruction(steps),
        "goal": {**stated, "answer": answer} if asked else stated,
        "solution": [dict(step) for step in steps],
    }
    kept = ("seed", "given", "tools", *(("reference_answer", "kind") if asked else ()))
    made |= {name: old[name] for name in kept if old.get(name)}
    if allow:
        made["allow"] = [each.model_dump(mode="json", exclude_defaults=True) for each in allow]
    Task.model_validate(made)
    return replace(case, task=made)


def instruction(steps: Steps) -> str:
    """The calls in words: an instruction that says everything, for whoever reads only that."""
    said = []
    for step in steps:
        values = [f"{n} = {orjson.dumps(v).decode()}" for n, v in step["arguments"].items()]
        said.append(f"use {step['tool']}" + (f" with {', '.join(values)}" if values else ""))
    text = ", then ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _with_given(case: Case, given: Sequence[Any]) -> Case:
    rest = {name: value for name, value in case.task.items() if name != "given"}
    return replace(case, task={**rest, "given": list(given)} if given else rest)


def _places(steps: Steps) -> Iterator[Place]:
    for number, step in enumerate(steps):
        for path in _paths(step["arguments"]):
            yield number, path


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            inner = list(_paths(item))
            yield from ((name, *rest) for rest in inner or [()])


def _only(steps: Steps, places: Sequence[Place]) -> list[Any]:
    """The steps with the values at these places alone."""
    kept = set(places)
    fewer: list[Any] = deepcopy(list(steps))
    for place in _places(steps):
        if place not in kept:
            _drop(fewer[place[0]]["arguments"], place[1])
    return fewer


def _drop(value: Any, path: tuple[str | int, ...]) -> None:
    for name in path[:-1]:
        value = value[name]
    del value[path[-1]]


def _value(steps: Steps, place: Place) -> Any:
    value: Any = steps[place[0]]["arguments"]
    for name in place[1]:
        value = value[name]
    return value


def _with(steps: Steps, place: Place, value: Any) -> list[Any]:
    changed: list[Any] = deepcopy(list(steps))
    inner: Any = changed[place[0]]["arguments"]
    for name in place[1][:-1]:
        inner = inner[name]
    inner[place[1][-1]] = value
    return changed


def _plainer(value: Any) -> list[Any]:
    """Shorter values of the same kind."""
    if isinstance(value, str):
        return ["a"] if len(value) > 1 else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [1] if value not in (0, 1) else []
    return [value[:1]] if isinstance(value, list) and len(value) > 1 else []
