"""Preference pairs: two ways out of the same situation, the better one chosen.

The two records share document, task and seed, so they part only where the agents did: at the first
turn that differs. What they share is the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trajectories import canonical
from trajectories.labels import attempts, label
from trajectories.records import Trajectory


@dataclass(frozen=True, slots=True)
class Pair:
    """A chosen and a rejected record of the same situation."""

    chosen: Trajectory
    rejected: Trajectory
    shared: int
    """Number of leading turns that are the same in both."""


def pair(one: Trajectory, other: Trajectory) -> Pair | None:
    """The pair of two records, or None: another situation, equally good, or no turn shared.

    Better is: success, then fewer mistakes, then fewer effects, then fewer calls.
    """
    if situation(one) != situation(other):
        return None
    ranks = rank(one), rank(other)
    if ranks[0] == ranks[1]:
        return None
    chosen, rejected = (one, other) if ranks[0] < ranks[1] else (other, one)
    shared = _shared_length(chosen, rejected)
    whole = shared == len(chosen.messages) or shared == len(rejected.messages)
    return None if shared == 0 or whole else Pair(label(chosen), label(rejected), shared)


def pairs(trajectories: Iterable[Trajectory]) -> Iterator[Pair]:
    """The best record of each situation against every worse one.

    Holds the records of all situations until the input ends: filter it first.
    """
    groups: dict[bytes, list[Trajectory]] = {}
    for trajectory in trajectories:
        groups.setdefault(situation(trajectory), []).append(trajectory)
    for group in groups.values():
        best, *worse = sorted(group, key=lambda item: (rank(item), item.id))
        for other in worse:
            made = pair(best, other) if best.outcome.success else None
            if made is not None:
                yield made


def situation(trajectory: Trajectory) -> bytes:
    """What two records must share to be compared: document, task, seed, label, storm, tools."""
    return canonical.dumps(
        [
            trajectory.document.sha256,
            trajectory.task,
            trajectory.seed,
            trajectory.label,
            trajectory.faults,
            trajectory.drift,
            trajectory.options,
            trajectory.tools,
        ]
    )


def rank(trajectory: Trajectory) -> tuple[int, int, int, int]:
    """Lower is better: failed, mistakes, committed effects, calls."""
    tried = attempts(trajectory)
    mistakes = sum("mistake" in turn.labels for turn in label(trajectory).messages)
    effects = sum(len(attempt.row.get("effects") or ()) for attempt in tried)
    return (int(not trajectory.outcome.success), mistakes, effects, len(tried))


def _shared_length(one: Trajectory, other: Trajectory) -> int:
    both = zip(one.messages, other.messages, strict=False)
    parting = (
        index
        for index, (left, right) in enumerate(both)
        if (left.role, left.content, left.call) != (right.role, right.content, right.call)
    )
    return next(parting, min(len(one.messages), len(other.messages)))
