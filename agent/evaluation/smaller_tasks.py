"""A smaller task from a larger one: fewer calls, fewer and plainer values, a goal that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from agent.evaluation.cases import Case
from agent.evaluation.ddmin import minimise
from sandbox.errors import SandboxError
from sandbox.tasks import Task
from sandbox.tasks.goals import goal_of
from sandbox.tasks.models import is_reference
from sandbox.tasks.references import Unresolved, json_of_observation, resolve
from sandbox.tasks.sayable import Rejected

if TYPE_CHECKING:
    from sandbox.world import Session

Holds = Callable[[Case], bool]
Steps = Sequence[Mapping[str, Any]]
Place = tuple[int, tuple[str | int, ...]]
"""(step, keys down its arguments)."""


def task_cases(case: Case, holds: Holds) -> Case:
    """Fewer steps, fewer and plainer values, fewer statements of the goal, fewer given entities."""
    results = _results(case)
    if results is not None and case.task.get("solvable", True):
        solution = [
            {"tool": step["tool"], "arguments": step.get("arguments") or {}}
            for step in case.task["solution"]
        ]
        # As it stands, with references to earlier results; else with all of them filled in.
        case = (
            _fewer_steps(case, solution, results, holds)
            or _fewer_steps(case, resolve(solution, results), results, holds)
            or case
        )
    plain = replace(case, task={**case.task, "id": "task", "seed": 0}, seed=0)
    case = plain if holds(plain) else case
    case = _with_statements(case, minimise(_statements(case), lambda kept: bool(kept) and holds(
        _with_statements(case, kept))))  # fmt: skip
    given = list(case.task.get("given") or ())
    fewer = minimise(given, lambda each: holds(_with_given(case, each))) if given else given
    return _with_given(case, fewer) if len(fewer) < len(given) else case


def _fewer_steps(case: Case, steps: Steps, results: Sequence[Any], holds: Holds) -> Case | None:
    """The task of fewer of these calls, with fewer and plainer values; None where none holds."""

    def rebuilt(kept: Steps) -> bool:
        made = _rebuilt(case, kept)
        return made is not None and holds(made)

    if not rebuilt(steps):
        return None
    order = minimise(range(len(steps)), lambda o: rebuilt(_select(steps, o, results)))
    fewer = _select(steps, order, results)
    places = minimise(list(_places(fewer)), lambda p: rebuilt(_only(fewer, p)))
    plain = _only(fewer, places)
    for place in _places(plain):
        for plainer in _plainer(_value(plain, place)):
            if rebuilt(changed := _with(plain, place, plainer)):
                plain = changed
                break
    return _rebuilt(case, plain)


def _results(case: Case) -> list[Any] | None:
    """The replies to the solution's calls, parsed; None where it cannot be acted out."""
    session = case.world.session(seed=case.seed, given=list(case.task.get("given") or ()))
    return _replies_to(session, case.task.get("solution") or ())


def _replies_to(session: Session, steps: Steps) -> list[Any] | None:
    """The replies to the steps, parsed; None where there is no step or one of them fails."""
    results: list[Any] = []
    for step in steps:
        try:
            seen = session.call(step["tool"], resolve(step.get("arguments") or {}, results))
        except Unresolved:
            return None
        if seen.error:
            return None
        results.append(json_of_observation(seen.text, seen.status))
    return results or None


def _select(steps: Steps, order: Sequence[int], results: Sequence[Any]) -> list[Any]:
    """Some of the steps; what they take from a step that is gone stands there as a value."""
    places = {old: new for new, old in enumerate(order)}

    def put(value: Any) -> Any:
        if is_reference(value):
            number = value["$result"]
            known = number in places
            return {**value, "$result": places[number]} if known else resolve(value, results)
        if isinstance(value, Mapping):
            return {name: put(item) for name, item in value.items()}
        return [put(item) for item in value] if isinstance(value, list) else value

    return [put(dict(steps[number])) for number in order]


Statement = tuple[tuple[str, ...], Any]
"""Where in a goal a statement stands, and the statement."""


def _statements(case: Case) -> list[Statement]:
    goal = case.task.get("goal") or {}
    places = [("state",), ("sent",), *(("answer", part) for part in goal.get("answer") or {})]
    return [(place, each) for place in places for each in _at(goal, place) or ()]


def _at(goal: Mapping[str, Any], place: Sequence[str]) -> Any:
    found: Any = goal
    for name in place:
        found = (found or {}).get(name)
    return found if isinstance(found, list) else ()


def _with_statements(case: Case, statements: Sequence[Statement]) -> Case:
    """The case with these statements of its goal alone."""
    goal = deepcopy(dict(case.task.get("goal") or {}))
    for place in {place for place, _ in _statements(case)}:
        holder = goal[place[0]] if len(place) > 1 else goal
        holder[place[-1]] = [each for at, each in statements if at == place]
    return replace(case, task={**case.task, "goal": goal})


def _rebuilt(case: Case, steps: Steps) -> Case | None:
    """The task of making just these calls, with the goal that follows; None where there is none."""
    answer = (case.task.get("goal") or {}).get("answer") or {}
    session = case.world.session(seed=case.seed, given=list(case.task.get("given") or ()))
    if _replies_to(session, steps) is None:
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
        values = [f"{n} = {_text(v)}" for n, v in (step.get("arguments") or {}).items()]
        said.append(f"use {step['tool']}" + (f" with {', '.join(values)}" if values else ""))
    text = ", then ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _text(value: Any) -> str:
    if is_reference(value):
        field = str(value.get("pointer", "")).rpartition("/")[2] or "the reply"
        return f"{field} of step {value['$result'] + 1}"
    return orjson.dumps(value).decode()


def _with_given(case: Case, given: Sequence[Any]) -> Case:
    rest = {name: value for name, value in case.task.items() if name != "given"}
    return replace(case, task={**rest, "given": list(given)} if given else rest)


def _places(steps: Steps) -> Iterator[Place]:
    for number, step in enumerate(steps):
        for path in _paths(step.get("arguments") or {}):
            yield number, path


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The places in it that can be left out; a reference is one, a list of plain values too."""
    pairs: Any = value.items() if isinstance(value, Mapping) and not is_reference(value) else ()
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        pairs = enumerate(value)
    for name, item in pairs:
        inner = list(_paths(item))
        yield from ((name, *rest) for rest in inner or [()])


def _only(steps: Steps, places: Sequence[Place]) -> list[Any]:
    """The steps with the values at these places alone."""
    kept = set(places)
    fewer: list[Any] = deepcopy(list(steps))
    for place in reversed(list(_places(steps))):  # from behind, so that numbers stay right
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
        return [each for each in ("a", value.split(" ")[0]) if len(each) < len(value)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [each for each in (0, 1) if value not in (0, 1)]
    return [value[:1]] if isinstance(value, list) and len(value) > 1 else []
