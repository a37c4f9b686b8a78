"""What each turn was: mistake, fault, drift, recovery or clean; and what may be learnt.

Labels come from the ledger's truth, never from what an agent says about itself.

- mistake: a malformed call, an unknown tool, a refused call that no drift explains, the same
  refused call again, the same call with the same reply a third time, a call before its due wait
  was over, an effect committed twice.
- fault, drift: on the observation in which the agent met one.
- recovery: the turns that lead from a failure to the next time the same intent goes well.
- clean: any other turn of a role.

A mistake is masked (`learn=False`); what comes after it is not: that is the recovery to learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trajectories.records import Message, Trajectory
from trajectories.scoring.exchanges import (
    Row,
    created,
    firings,
    intent,
    stale,
    stated_wait,
    went_well,
)

LABELS: Final = ("mistake", "fault", "drift", "recovery", "clean")
ROLES: Final = ("planner", "caller", "summarizer")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call with the turns around it and its row of the ledger."""

    planner: int | None
    caller: int
    observation: int | None
    row: Row

    @property
    def turns(self) -> tuple[int, ...]:
        """Indices of what the agent wrote."""
        return (self.caller,) if self.planner is None else (self.planner, self.caller)

    @property
    def well(self) -> bool:
        """Whether the reply looked like success."""
        return went_well(self.row)

    @property
    def intent(self) -> str:
        return intent(self.row)


def label(trajectory: Trajectory) -> Trajectory:
    """The record with labels and loss masks on its turns; labels it had are replaced."""
    tried = attempts(trajectory)
    labels: dict[int, set[str]] = {index: set() for index in range(len(trajectory.messages))}
    wrong = {_written(trajectory, each) for each in tried if _refused(each)}
    for number, attempt in enumerate(tried):
        # A fault that hides a wrong call's refusal does not make the call right.
        hidden = firings(attempt.row) and not attempt.well
        if hidden and _written(trajectory, attempt) in wrong:
            labels[attempt.caller].add("mistake")
        for index in _mistaken(trajectory, tried, number):
            labels[index].add("mistake")
        if attempt.observation is not None:
            labels[attempt.observation] |= set(_weather(attempt))
    for index in _recovering(trajectory, tried, labels):
        labels[index].add("recovery")
    turns = [_labelled(turn, labels[index]) for index, turn in enumerate(trajectory.messages)]
    return trajectory.model_copy(update={"messages": turns})


def attempts(trajectory: Trajectory) -> list[Attempt]:
    """The calls of a record; the ledger has one row for each, in order."""
    messages = trajectory.messages
    callers = [index for index, turn in enumerate(messages) if turn.role == "caller"]
    rows: Iterator[Row] = iter(trajectory.ledger)
    made = []
    for index in callers:
        # An action that could not even be read as a call never reached the world.
        row = next(rows, {}) if messages[index].call is not None else {}
        made.append(
            Attempt(
                planner=_beside(messages, index - 1, "planner"),
                caller=index,
                observation=_beside(messages, index + 1, "observation"),
                row=row,
            )
        )
    return made


def _beside(messages: Sequence[Message], index: int, role: str) -> int | None:
    inside = 0 <= index < len(messages)
    return index if inside and messages[index].role == role else None


def _labelled(turn: Message, labels: set[str]) -> Message:
    spoken = turn.role in ROLES
    if spoken and not labels:
        labels = {"clean"}
    ordered = [name for name in LABELS if name in labels]
    learn = spoken and "mistake" not in labels
    return turn.model_copy(update={"labels": ordered, "learn": learn})


def _weather(attempt: Attempt) -> Iterator[str]:
    if firings(attempt.row):
        yield "fault"
    if stale(attempt.row) and not attempt.well:
        yield "drift"


def _mistaken(trajectory: Trajectory, tried: Sequence[Attempt], number: int) -> tuple[int, ...]:
    """Turns that were a mistake: the call alone, or also the thought that ordered it."""
    attempt = tried[number]
    call = trajectory.messages[attempt.caller].call
    if call is None or call.arguments is None:
        return (attempt.caller,)
    earlier = tried[:number]
    if any(rule(attempt, earlier) for rule in (_repeats, _loops, _too_soon, _doubles)):
        return attempt.turns
    return (attempt.caller,) if _refused(attempt) else ()


def _refused(attempt: Attempt) -> bool:
    """A call that was wrong in itself: refused, and neither fault nor drift explains it."""
    disturbed = firings(attempt.row) or stale(attempt.row)
    refused = attempt.row.get("problems") or _unknown_tool(attempt)
    return bool(refused) and not disturbed


def _written(trajectory: Trajectory, attempt: Attempt) -> tuple[object, ...]:
    """The call as it was written, under the documentation of its time: wrong once, always wrong."""
    call = trajectory.messages[attempt.caller].call
    docs = attempt.row.get("docs")
    return (attempt.caller,) if call is None else (call.name, call.text(), docs)


def _unknown_tool(attempt: Attempt) -> bool:
    return attempt.row.get("operation") is None and not attempt.well


def _repeats(attempt: Attempt, earlier: Sequence[Attempt]) -> bool:
    """The same call as just before, which had been refused for good, and is again."""
    if not earlier or not attempt.intent or attempt.well:
        return False
    last = earlier[-1]
    lasting = not last.well and not firings(last.row) and not stale(last.row)
    return lasting and last.intent == attempt.intent


def _loops(attempt: Attempt, earlier: Sequence[Attempt]) -> bool:
    """The third same call in a row with the same reply; another reply would make it polling."""
    if len(earlier) < 2 or not attempt.intent:
        return False
    return len({_reply(item) for item in (*earlier[-2:], attempt)}) == 1


def _reply(attempt: Attempt) -> tuple[object, ...]:
    response = attempt.row.get("response") or {}
    return (
        attempt.intent,
        response.get("status"),
        response.get("transport"),
        response.get("sha256"),
    )


def _too_soon(attempt: Attempt, earlier: Sequence[Attempt]) -> bool:
    """A call of an intent that was told to wait, before the wait was over."""
    for last in reversed(earlier):
        if last.intent and last.intent == attempt.intent:
            wait = stated_wait(last.row)
            due = float(last.row.get("at") or 0) + wait
            return wait > 0 and not last.well and float(attempt.row.get("at") or 0) < due
    return False


def _doubles(attempt: Attempt, earlier: Sequence[Attempt]) -> bool:
    """An intent that creates something once more, although it was committed before."""
    if not attempt.intent or not created(attempt.row):
        return False
    return any(last.intent == attempt.intent and created(last.row) for last in earlier)


def _recovering(
    trajectory: Trajectory, tried: Sequence[Attempt], labels: Mapping[int, set[str]]
) -> Iterator[int]:
    """Turns between a failure and the next success of the same intent, mistakes left out."""
    for number, attempt in enumerate(tried):
        if attempt.well and not firings(attempt.row):
            continue
        end = _recovered_at(trajectory, tried, number)
        for later in tried[number + 1 : end + 1] if end is not None else ():
            yield from (index for index in later.turns if "mistake" not in labels[index])


def _recovered_at(trajectory: Trajectory, tried: Sequence[Attempt], number: int) -> int | None:
    failed = tried[number]
    after = range(number + 1, len(tried))
    for index in after:
        if tried[index].well and _same_aim(failed, tried[index]):
            return index
    # Found out another way, as by reading back what was committed: the end proves it.
    if not trajectory.outcome.success:
        return None
    return next((index for index in after if tried[index].well), None)


def _same_aim(failed: Attempt, later: Attempt) -> bool:
    if failed.intent and failed.intent == later.intent:
        return True
    # A call that was never understood has no intent: the operation must do.
    operation = failed.row.get("operation")
    refused = bool(failed.row.get("problems")) or not failed.intent
    same = operation is None or operation == later.row.get("operation")
    return refused and same and later.row.get("operation") is not None


def verified(trajectory: Trajectory) -> bool:
    """Judged a success: safe to learn from."""
    return trajectory.outcome.success and trajectory.outcome.attribution != "ours"


def recovers(trajectory: Trajectory) -> bool:
    """Holds at least one recovery (label it first)."""
    return any("recovery" in turn.labels for turn in trajectory.messages)


def weather(trajectory: Trajectory) -> str:
    """The faults that fired, as one key: "none", "H01", "H01+T03"."""
    return "+".join(trajectory.fired) or "none"


def balanced(trajectories: Iterable[Trajectory], *, limit: int) -> Iterator[Trajectory]:
    """At most `limit` records of each weather, in the order they come."""
    seen: dict[str, int] = {}
    for trajectory in trajectories:
        kind = weather(trajectory)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= limit:
            yield trajectory
