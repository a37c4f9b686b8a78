"""Goals hold what was asked and no more: a write left out fails, and so does one added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox import World
from sandbox.errors import SandboxError
from sandbox.tasks import Task, generate, judge
from sandbox.tasks.judge import net_effects
from sandbox.tasks.models import SolutionStep, references
from sandbox.tasks.references import json_of_observation, resolve
from sandbox.world.session import Session
from tests.proofs.tally import Tally


def measure(world: World, name: str, n: int = 24) -> tuple[Tally, Tally, Tally]:
    """(solutions that pass, those with a write left out that fail, with one added that fail)."""
    whole, left_out, added = Tally(), Tally(), Tally()
    tasks = [task for task in generate(world, n=n, seed=73) if task.solvable]
    others = [task for task in tasks if task.kind in ("create", "update", "delete", "act")]
    for task in tasks:
        session, steps = _run(world, task, task.solution or [])
        whole.count(_passes(task, session), f"{name}: {task.id} fails with its own solution")
        for index in _writes(session):
            rest = _without(steps, index)
            if rest is not None:
                passes = _passes(task, _run(world, task, rest)[0])
                left_out.count(not passes, f"{name}: {task.kind} {task.id} passes without {index}")
        touched = _touched(session)
        for other in others:
            extra, _ = _run(world, task, other.solution or [])
            if other.seed == task.seed and touched.isdisjoint(_touched(extra)) and _touched(extra):
                both = [*steps, *_shifted(other.solution or [], len(steps))]
                more, _ = _run(world, task, both)
                if _touched(more) == touched:
                    continue  # What it was to be added to is gone.
                passes = _passes(task, more)
                added.count(not passes, f"{name}: {task.kind} {task.id} passes with {other.id}")
                break
    return whole, left_out, added


def _run(
    world: World, task: Task, steps: Sequence[SolutionStep]
) -> tuple[Session, Sequence[SolutionStep]]:
    session = world.session(seed=task.seed, given=[g.model_dump() for g in task.given])
    results: list[Any] = []
    for step in steps:
        try:
            seen = session.call(step.tool, resolve(step.arguments, results))
            results.append(json_of_observation(seen.text, seen.status))
        except SandboxError:
            results.append(None)
    return session, steps


def _passes(task: Task, session: Session) -> bool:
    return judge(task, session, task.reference_answer).success


def _touched(session: Session) -> set[tuple[str, str]]:
    effects = (effect for row in session.ledger for effect in row.effects)
    return {(change.collection, change.id) for change in net_effects(effects)}


def _writes(session: Session) -> list[int]:
    return [index for index, row in enumerate(session.ledger) if row.effects]


def _without(steps: Sequence[SolutionStep], index: int) -> list[SolutionStep] | None:
    """The steps without one of them; None where a later one needs its result."""
    kept = []
    for number, step in enumerate(steps):
        if number > index:
            if index in references(step.arguments):
                return None
            step = step.model_copy(update={"arguments": _moved(step.arguments, index, -1)})
        if number != index:
            kept.append(step)
    return kept


def _shifted(steps: Sequence[SolutionStep], by: int) -> list[SolutionStep]:
    return [s.model_copy(update={"arguments": _moved(s.arguments, -1, by)}) for s in steps]


def _moved(value: Any, after: int, by: int) -> Any:
    """A value whose references to results later than `after` are moved."""
    if isinstance(value, dict):
        made = {name: _moved(item, after, by) for name, item in value.items()}
        if "$result" in value and value["$result"] > after:
            made["$result"] = value["$result"] + by
        return made
    return [_moved(item, after, by) for item in value] if isinstance(value, list) else value
