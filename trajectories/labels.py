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
    doubled_creates,
    early_call_indices,
    firings,
    intent,
    is_client_error,
    reply_signature,
    stale,
    went_well,
)
from trajectories.scoring.incidents import mended_at

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


def label(trajectory: Trajectory) -> Trajectory:
    """The record with labels and loss masks on its turns; labels it had are replaced."""
    tried = attempts(trajectory)
    labels: dict[int, set[str]] = {index: set() for index in range(len(trajectory.messages))}
    rows = [attempt.row for attempt in tried]
    hasty_or_double = {*early_call_indices(rows), *doubled_creates(rows)}
    wrong = {_call_as_written(trajectory, each) for each in tried if is_client_error(each.row)}
    for number, attempt in enumerate(tried):
        # A fault that hides a wrong call's refusal does not make the call right.
        hidden = firings(attempt.row) and not attempt.well
        if hidden and _call_as_written(trajectory, attempt) in wrong:
            labels[attempt.caller].add("mistake")
        for index in _mistaken_turns(
            trajectory, attempt, rows[: number + 1], number in hasty_or_double
        ):
            labels[index].add("mistake")
        if attempt.observation is not None:
            labels[attempt.observation] |= set(_causes(attempt))
    for index in _recovering(trajectory, tried, labels):
        labels[index].add("recovery")
    turns = [_with_labels(turn, labels[index]) for index, turn in enumerate(trajectory.messages)]
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


def _with_labels(turn: Message, labels: set[str]) -> Message:
    spoken = turn.role in ROLES
    if spoken and not labels:
        labels = {"clean"}
    ordered = [name for name in LABELS if name in labels]
    learn = spoken and "mistake" not in labels
    return turn.model_copy(update={"labels": ordered, "learn": learn})


def _causes(attempt: Attempt) -> Iterator[str]:
    if firings(attempt.row):
        yield "fault"
    if stale(attempt.row) and not attempt.well:
        yield "drift"


def _mistaken_turns(
    trajectory: Trajectory, attempt: Attempt, rows: Sequence[Row], harmful: bool
) -> tuple[int, ...]:
    """Turns that were a mistake: the call alone, or also the thought that ordered it."""
    call = trajectory.messages[attempt.caller].call
    if call is None or call.arguments is None:
        return (attempt.caller,)
    if harmful or _repeats(rows) or _loops(rows):
        return attempt.turns
    return (attempt.caller,) if is_client_error(attempt.row) else ()


def _call_as_written(trajectory: Trajectory, attempt: Attempt) -> tuple[object, ...]:
    """The call as it was written, under the documentation of its time: wrong once, always wrong."""
    call = trajectory.messages[attempt.caller].call
    docs = attempt.row.get("docs")
    return (attempt.caller,) if call is None else (call.name, call.text(), docs)


def _repeats(rows: Sequence[Row]) -> bool:
    """The last call is the one just before, which had been refused for good, and is again."""
    if len(rows) < 2 or not intent(rows[-1]) or went_well(rows[-1]):
        return False
    last = rows[-2]
    lasting = not went_well(last) and not firings(last) and not stale(last)
    return lasting and intent(last) == intent(rows[-1])


def _loops(rows: Sequence[Row]) -> bool:
    """The third same call in a row with the same reply; another reply would make it polling."""
    alike = len({reply_signature(row) for row in rows[-3:]}) == 1
    return len(rows) > 2 and bool(intent(rows[-1])) and alike


def _recovering(
    trajectory: Trajectory, tried: Sequence[Attempt], labels: Mapping[int, set[str]]
) -> Iterator[int]:
    """Turns between a failure and the call by which it was mended, mistakes left out."""
    rows = [attempt.row for attempt in tried]
    for number, attempt in enumerate(tried):
        if attempt.well and not firings(attempt.row):
            continue
        end = mended_at(rows, number)
        if end is None and trajectory.outcome.success:
            # Found out another way, as by reading back what was committed: the end proves it.
            end = next((n for n in range(number + 1, len(rows)) if tried[n].well), None)
        for later in tried[number + 1 : end + 1] if end is not None else ():
            yield from (index for index in later.turns if "mistake" not in labels[index])


def is_verified(trajectory: Trajectory) -> bool:
    """Judged a success: safe to learn from."""
    return trajectory.outcome.success and trajectory.outcome.attribution != "ours"


def recovers(trajectory: Trajectory) -> bool:
    """Holds at least one recovery (label it first)."""
    return any("recovery" in turn.labels for turn in trajectory.messages)


def scenario_key(trajectory: Trajectory) -> str:
    """The faults that fired, as one key: "none", "H01", "H01+T03"."""
    return "+".join(trajectory.fired) or "none"


def limit_per_scenario(trajectories: Iterable[Trajectory], *, limit: int) -> Iterator[Trajectory]:
    """At most `limit` records of each scenario, in the order they come."""
    seen: dict[str, int] = {}
    for trajectory in trajectories:
        kind = scenario_key(trajectory)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= limit:
            yield trajectory
