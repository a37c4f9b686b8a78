"""The judge: did the session end as the task asks, and was nothing else touched?

A verdict is a pure function of the task, the ledger's effects, the final state and the values that
the answer states; what the user was told of the deed is judged in `trajectories.scoring`. What
counts as changed is the net effect per entity: a duplicate that was deleted again, or a field that
was set back, did no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeVar

from sandbox.tasks.answers import states
from sandbox.tasks.assertions import MISSING, at_pointer, holds, same_value, unmet_reason
from sandbox.tasks.models import Assertion, EffectPattern, SentValue, Task
from sandbox.tasks.models import Goal as TaskGoal
from sandbox.world.ledger import Effect

if TYPE_CHECKING:
    from sandbox.world.ledger import Exchange
    from sandbox.world.state.state import State

Goal = Literal["reached", "half", "wrong", "untouched"]
"""All of it holds · some of it was done · something was set to another value · nothing was done."""

Key = tuple[str, str]
NEW: Final = ("create", "call")
"""Kinds of effects that leave something which was not there."""

About = TypeVar("About", Assertion, SentValue)


class Judged(Protocol):
    """What the judge looks at: a session, or anything that has its ledger and its state."""

    @property
    def ledger(self) -> Sequence[Exchange]: ...

    @property
    def state(self) -> State: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the goal, what failed, and the effects that nobody asked for."""

    goal: Goal
    answered: bool
    """Whether the answer states every value that it must, and none that it must not."""
    failures: tuple[str, ...] = ()
    collateral: tuple[Effect, ...] = ()
    share: float = 1.0
    """Of what was asked, how much holds: assertions of the state, values sent, values answered."""

    @property
    def success(self) -> bool:
        """Whether state and answer are as the task asks; a task without a solution asks nothing."""
        return not self.failures


def judge(task: Task, session: Judged, answer: str | None) -> Verdict:
    """Judge the end of one episode. `answer` is None when none was given."""
    changes = net_effects(effect for exchange in session.ledger for effect in exchange.effects)
    bound, unmet = _bind(task.goal, session, changes)
    wrong_answer = _answer_failures(task, answer) if task.solvable else []
    collateral = _collateral(session.state, changes, bound, task.allow)
    required = len(task.goal.answer.required) if task.solvable else 0
    asked = len(task.goal.state) + len(task.goal.sent) + required
    lacking = len(unmet) + min(len(wrong_answer), required)
    return Verdict(
        goal=_goal(bound, unmet, changes),
        answered=not wrong_answer,
        failures=(
            *unmet.values(),
            *wrong_answer,
            *(f"collateral: {each.kind} {each.collection}/{each.id}" for each in collateral),
        ),
        collateral=collateral,
        share=1 - lacking / asked if asked else float(not wrong_answer),
    )


def _goal(bound: Sequence[Assertion], unmet: Mapping[int, str], changes: Sequence[Effect]) -> Goal:
    """How far a goal was reached: what was changed to another value than the one asked is wrong."""
    if not unmet:
        return "reached"
    if all(place >= len(bound) for place in unmet):
        return "wrong"
    by_entity = {(change.collection, change.id): change for change in changes}
    begun = False
    for place, assertion in enumerate(bound):
        change = by_entity.get((assertion.collection, assertion.id))
        if change is None:
            continue
        before, after = (
            MISSING if entity is None else at_pointer(entity, assertion.pointer, MISSING)
            for entity in (change.before, change.after)
        )
        if place in unmet:
            if change.kind in NEW or before != after:
                return "wrong"
        elif not holds(assertion.operator, before, assertion.value):
            begun = True
    return "half" if begun else "untouched"


def net_effects(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """One effect per entity that ended up different, in the order of first touch."""
    first: dict[tuple[str, str], Any] = {}
    last: dict[tuple[str, str], Any] = {}
    calls = set()
    for effect in effects:
        key = (effect.collection, effect.id)
        first.setdefault(key, effect.before)
        last[key] = effect.after
        if effect.kind == "call":
            calls.add(key)
    net = []
    for (collection, id), before in first.items():
        after = last[collection, id]
        if before == after:
            continue
        kind = "create" if before is None else "delete" if after is None else "update"
        kind = "call" if (collection, id) in calls else kind
        net.append(Effect(kind=kind, collection=collection, id=id, before=before, after=after))
    return tuple(net)


def changed_pointers(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ; lists are compared as wholes."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from changed_pointers(
                before.get(name, MISSING), after.get(name, MISSING), f"{at}/{step}"
            )
    elif before != after:
        yield at


def _answer_failures(task: Task, answer: str | None) -> list[str]:
    goal = task.goal.answer
    text = answer or ""
    missing = [f"answer lacks {value!r}" for value in goal.required if not states(text, value)]
    wrong = [f"answer states {value!r}" for value in goal.forbidden if states(text, value)]
    return missing + wrong


# --- stars: which new entity is meant -------------------------------------------------------


def _bind(
    goal: TaskGoal, session: Judged, changes: Sequence[Effect]
) -> tuple[tuple[Assertion, ...], dict[int, str]]:
    """State assertions with every star replaced by an id, and why some fail under the best choice.

    The failures are by the place of their assertion; those of sent values come after the state's.
    """
    wanted: list[Assertion | SentValue] = [*goal.state, *goal.sent]
    stars = list(dict.fromkeys(star for each in wanted for star in _stars(each)))
    ids = list(dict.fromkeys(change.id for change in changes if change.kind in NEW))
    calls = {(each.collection, each.id): each.after for each in changes if each.kind == "call"}
    best: tuple[tuple[Assertion, ...], dict[int, str]] | None = None
    for choice in permutations([*ids, *[""] * len(stars)], len(stars)) if stars else [()]:
        names = dict(zip(stars, choice, strict=True))
        bound = tuple(_substitute(assertion, names) for assertion in goal.state)
        reasons = [unmet_reason(each, session.state, calls) for each in bound]
        sent = (_substitute(each, names) for each in goal.sent)
        reasons += [_unsent_reason(each, session.ledger) for each in sent]
        unmet = {place: reason for place, reason in enumerate(reasons) if reason}
        if best is None or len(unmet) < len(best[1]):
            best = (bound, unmet)
        if not unmet:
            break
    return best if best is not None else ((), {})


def _stars(about: Assertion | SentValue) -> list[str]:
    parts = [*about.collection.split("/"), about.id]
    return [part for part in parts if part.startswith("*") and part[1:].isdigit() | (part == "*")]


def _substitute(about: About, names: Mapping[str, str]) -> About:
    if not names:
        return about
    parts = [names.get(part, part) or part for part in about.collection.split("/")]
    id = names.get(about.id, about.id) or about.id
    return about.model_copy(update={"collection": "/".join(parts), "id": id})


def _unsent_reason(wanted: SentValue, ledger: Sequence[Exchange]) -> str:
    """Why no call that changed the entity carried the value; "" when one did."""
    for row in ledger:
        touched = ((effect.collection, effect.id) for effect in row.effects)
        if row.arguments is None or (wanted.collection, wanted.id) not in touched:
            continue
        found = at_pointer(getattr(row.arguments, wanted.location), wanted.pointer, MISSING)
        if found is not MISSING and same_value(found, wanted.value):
            return ""
    place = f"{wanted.location}{wanted.pointer}"
    return f"no call for {wanted.collection}/{wanted.id} sent {place} {wanted.value!r}"


# --- collateral -----------------------------------------------------------------------------


def _collateral(
    state: State,
    changes: Sequence[Effect],
    goal: Sequence[Assertion],
    allow: Sequence[EffectPattern],
) -> tuple[Effect, ...]:
    wanted: dict[tuple[str, str], list[Assertion]] = {}
    for assertion in goal:
        wanted.setdefault((assertion.collection, assertion.id), []).append(assertion)
    return tuple(
        change
        for change in changes
        if not _asked_for(state, change, wanted.get((change.collection, change.id), ()))
        and not _is_allowed(state, change, allow)
    )


def _asked_for(state: State, change: Effect, assertions: Sequence[Assertion]) -> bool:
    if not assertions:
        return False
    if change.kind in NEW:
        return any(assertion.operator != "absent" for assertion in assertions)
    if change.kind == "delete":
        return any(a.operator == "absent" and not a.pointer for a in assertions)
    return _within(state, change, [assertion.pointer for assertion in assertions])


def _is_allowed(state: State, change: Effect, allow: Sequence[EffectPattern]) -> bool:
    return any(
        pattern.kind in ("", change.kind)
        and pattern.collection in ("", change.collection)
        and pattern.id in ("", change.id)
        and (
            not pattern.pointers
            or change.kind != "update"
            or _within(state, change, pattern.pointers)
        )
        for pattern in allow
    )


def _within(state: State, change: Effect, pointers: Sequence[str]) -> bool:
    """Whether an update stays inside the given pointers and what the server keeps."""
    return all(
        any(at == pointer or at.startswith(f"{pointer}/") for pointer in pointers)
        or state.population.changes_by_itself(change.collection, at)
        for at in changed_pointers(change.before, change.after)
    )
