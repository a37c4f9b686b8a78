"""Repairs: a broken call, what the server said about it, and the call that puts it right.

    broken call → error at helpfulness 0-4 → corrected call

Each stands on a step of a generated task, so the right call really succeeds after the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.conventions.paths import JOINED
from sandbox.draws import Draw
from sandbox.messages import Observation, observe
from sandbox.tasks import phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.generate import generate
from sandbox.tasks.judge import changed_pointers
from sandbox.tasks.malformed import Ground, Malformed, malform
from sandbox.tasks.models import Task
from sandbox.tasks.references import json_of_observation, resolve

if TYPE_CHECKING:
    from sandbox.world.session import Session
    from sandbox.world.world import World

_SINGLE = (
    "K01 K03 K04 K05 K06 K07 K08 K09 K10 K12 K13 K14 K15 K20"
).split()  # fmt: skip
"""Mutators whose broken call an agent can make by itself, and put right in one step."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One mistake and its correction, in the middle of a task."""

    task: Task
    step: int
    """Which step of the solution goes wrong first."""
    broken: Malformed
    error: Observation
    """What the server said, at the session's helpfulness."""
    thought: str
    """What the planner should think next: what was wrong, and which tool to call again."""
    difference: tuple[dict[str, Any], ...]
    """From the broken arguments to the right ones, as RFC 6902 operations."""


def repairs(
    world: World,
    *,
    n: int,
    seed: int,
    helpfulness: int = 2,
    ids: Iterable[str] | None = None,
) -> Iterator[Repair]:
    """Up to `n` repairs on the tasks of a document; only mistakes that the server refuses."""
    wanted = tuple(_SINGLE if ids is None else ids)
    made = 0
    for task in generate(world, n=3 * n, seed=seed):
        if made >= n or not task.solution:
            if made >= n:
                return
            continue
        found = repair_of(task, world, Draw(seed, task.id, "repair"), helpfulness, wanted)
        if found is not None:
            made += 1
            yield found


def repair_of(
    task: Task, world: World, draw: Draw, helpfulness: int, ids: Iterable[str] | None = None
) -> Repair | None:
    """A mistake in one step of a task's solution; None when none fits that is refused."""
    session = world.session(seed=task.seed, label=task.id, helpfulness=helpfulness)
    steps = task.solution or []
    at = draw.integer(0, len(steps) - 1, "step")
    results: list[Any] = []
    for step in steps[:at]:
        seen = session.call(step.tool, resolve(step.arguments, results))
        results.append(json_of_observation(seen.text, seen.status))
    arguments = resolve(steps[at].arguments, results)
    broken = malform(ground_of(session, steps[at].tool, arguments), draw, ids)
    if broken is None:
        return None
    error = _reply_to(session, broken)
    if error is None or not error.error or session.ledger[-1].effects:
        return None
    thought = thought_of(broken, error, steps[at].tool, draw)
    return Repair(task, at, broken, error, thought, _difference(broken))


def ground_of(session: Session, tool: str, arguments: Mapping[str, Any]) -> Ground:
    """The ground for mutators at this moment of a session, with other entities to confuse."""
    return Ground.of(session.world, tool, dict(arguments), _others(session, tool, arguments))


def _others(session: Session, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Argument → the id of another entity that exists, for the item that the tool works on."""
    shown = session.world.tools[tool]
    if shown.operation is None:
        return {}
    meaning = session.world.resources.meaning(shown.operation)
    if meaning.item is None or JOINED in meaning.item or meaning.collection is None:
        return {}
    names = {origin: arg for arg, (place, origin) in shown.arguments.items() if place == "path"}
    if any(names.get(name) not in arguments for name in meaning.parameters):
        return {}
    path = meaning.place.fill({name: arguments[names[name]] for name in meaning.parameters})
    session.population.know(path, meaning.collection)
    argument = names.get(meaning.item, "")
    own = arguments.get(argument)
    rest = [id for id in session.state.ids(path) if id != str(own)]
    if not rest:
        return {}
    other: Any = int(rest[0]) if isinstance(own, int) and rest[0].isdigit() else rest[0]
    return {argument: other}


def _reply_to(session: Session, broken: Malformed) -> Observation | None:
    if broken.request is not None:
        return observe(session.handle(broken.request))
    seen = None
    for call in broken.calls:
        seen = session.call(call.tool, call.arguments)
    return seen


def thought_of(broken: Malformed, error: Observation, tool: str, draw: Draw) -> str:
    """What was wrong, as far as the error says it, and what comes next."""
    said = _detail(error) or f"The call failed with {error.status}."
    wrong = broken.calls[-1].tool if broken.calls else tool
    purpose = "renamed" if wrong != tool else "unreadable" if error.status == 400 else "refused"
    return phrases.say("repairs", purpose, draw, said=said, tool=tool, wrong=wrong)


def _detail(error: Observation) -> str:
    body = json_of_observation(error.text, error.status)
    if isinstance(body, str):
        return body[:160]
    if not isinstance(body, dict):
        return ""
    rows = body.get("errors")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    text = first.get("detail") or body.get("detail") or body.get("title") or ""
    text = str(text)[:160].strip()
    return text if text.endswith(".") or not text else f"{text}."


def _difference(broken: Malformed) -> tuple[dict[str, Any], ...]:
    """RFC 6902 operations that turn the broken arguments into the right ones."""
    right = broken.corrected.arguments
    wrong = broken.calls[-1].arguments if broken.calls else right
    if isinstance(wrong, str) or isinstance(right, str):
        return ({"op": "replace", "path": "", "value": right},)
    found = []
    for pointer in changed_pointers(wrong, right):
        before, after = at_pointer(wrong, pointer, _GONE), at_pointer(right, pointer, _GONE)
        if after is _GONE:
            found.append({"op": "remove", "path": pointer})
        else:
            word = "add" if before is _GONE else "replace"
            found.append({"op": word, "path": pointer, "value": after})
    return tuple(found)


_GONE = object()
