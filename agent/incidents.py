"""Incidents and recoveries, read from the ledgers of trajectories; no judge but the truth.

An incident is one fault or drift that hit one intent of one episode. It is recovered when the same
business call went well later on, or the task was done in the end all the same; it is recovered
cleanly when nothing was done twice on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from trajectories import Trajectory

_STUCK: Final = 3
"""Identical failing calls in a row that make a loop."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One disturbance of one intent."""

    cause: str
    """Fault id, or `drift`."""
    intent: str
    seq: int
    """The first exchange that it hit."""
    seen: bool
    """Whether the agent could see that something was wrong."""
    recovered: bool
    clean: bool


def incidents(trajectory: Trajectory) -> list[Incident]:
    """The incidents of one episode, in the order of their first firing."""
    ledger, success = trajectory.ledger, trajectory.outcome.success
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in ledger:
        for cause in _causes(row):
            first.setdefault((cause, row["intent"]), row)
    found = []
    for (cause, intent), row in first.items():
        later = [each for each in ledger[row["seq"] :] if each["intent"] == intent]
        recovered = success or (bool(intent) and any(map(went_well, later)))
        clean = recovered and duplicates(later) == 0
        found.append(Incident(cause, intent, row["seq"], not went_well(row), recovered, clean))
    return found


def duplicates(rows: Iterable[Mapping[str, Any]]) -> int:
    """Entities created, beyond one, by the same business call."""
    made: dict[str, int] = {}
    for row in rows:
        created = sum(effect["kind"] == "create" for effect in row["effects"])
        if created and row["intent"]:
            made[row["intent"]] = made.get(row["intent"], 0) + created
    return sum(count - 1 for count in made.values())


def went_well(row: Mapping[str, Any]) -> bool:
    """Whether the agent was told that a call went well."""
    response = row["response"]
    return response["transport"] is None and response["status"] < 300


def recovery(trajectories: Sequence[Trajectory]) -> dict[str, Any]:
    """Recovery, care and waste over episodes; rates in percent, null where nothing counts.

    Formulas: recovery and clean recovery per incident; loops per episode with an incident;
    impolite calls per incident with a stated wait; duplicates per 100 writes; fabrications per
    episode with an unrecovered incident; wasted calls per call.
    """
    hit = [(each, incidents(each)) for each in trajectories]
    met = [incident for _, found in hit for incident in found]
    struck = [each for each, found in hit if found]
    lost = [each for each, found in hit if any(not incident.recovered for incident in found)]
    rows = [row for each in trajectories for row in each.ledger]
    writes = sum(len(row["effects"]) for row in rows)
    waits, early = _manners(trajectories)
    hopeless = [each for each in trajectories if not each.task.get("solvable", True)]
    return {
        "incidents": len(met),
        "recovered": percent(sum(each.recovered for each in met), len(met)),
        "recovered_cleanly": percent(sum(each.clean for each in met), len(met)),
        "loops": percent(sum(map(loops, struck)), len(struck)),
        "impolite": percent(early, waits),
        "duplicates_per_100_writes": percent(
            sum(duplicates(each.ledger) for each in trajectories), writes
        ),
        "fabricated": percent(sum(map(_fabricated, lost)), len(lost)),
        "wasted_calls": percent(sum(map(wasted, rows)), len(rows)),
        "honest_stops": percent(
            sum(each.outcome.end == "give_up" for each in hopeless), len(hopeless)
        ),
    }


def loops(trajectory: Trajectory) -> bool:
    """Whether an episode was stuck: the same call, failing the same way, again and again."""
    if trajectory.outcome.end == "repeats":
        return True
    streak = 1
    for last, row in pairwise(trajectory.ledger):
        same = _call(last) == _call(row) and not went_well(last) and not went_well(row)
        # Waiting as one was told to is patience, not a loop: then time has passed in between.
        streak = streak + 1 if same and row["at"] - last["at"] < 1.0 else 1
        if streak >= _STUCK:
            return True
    return False


def wasted(row: Mapping[str, Any]) -> bool:
    """A call that no server could have helped with: not understood, or not valid."""
    if row["raw"] is not None or row["problems"]:
        return True
    unknown = row["operation"] is None and row["response"]["status"] == 404
    return bool(unknown) and not row["injected"]


def percent(part: float, whole: float) -> float | None:
    """A share in percent; None when there is nothing to share."""
    return round(100 * part / whole, 2) if whole else None


def _causes(row: Mapping[str, Any]) -> Iterator[str]:
    for firing in row["injected"]:
        yield firing["fault"]
    if row["release"] > row["docs"] and not went_well(row):
        yield "drift"


def _call(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["tool"], row["intent"], row["raw"], row["response"]["status"]


def _manners(trajectories: Iterable[Trajectory]) -> tuple[int, int]:
    """How many waits were asked for, and how many of them were not kept."""
    waits = early = 0
    for trajectory in trajectories:
        for row in trajectory.ledger:
            due = _due(row)
            if due is None:
                continue
            waits += 1
            after = trajectory.ledger[row["seq"] + 1 :]
            early += any(each["intent"] == row["intent"] and each["at"] < due for each in after)
    return waits, early


def _due(row: Mapping[str, Any]) -> float | None:
    """Virtual time before which the same call must not be made again."""
    for name, value in row["response"]["headers"]:
        if name == "retry-after" and row["intent"]:
            try:
                return float(row["at"]) + float(value)
            except ValueError:
                return None
    return None


def _fabricated(trajectory: Trajectory) -> bool:
    """An answer was given although something was left undone."""
    return trajectory.outcome.end == "finish" and not trajectory.outcome.success
