"""Classes of calls (C00–C16) and of what follows a signal (L1–L14). First match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trajectories.scoring.evidence import early_calls
from trajectories.scoring.exchanges import (
    Row,
    created_ids,
    distance,
    duplicates,
    effects,
    intent,
    is_undisturbed,
    meta,
    same_request,
    stale,
    went_well,
)
from trajectories.scoring.incidents import Episode, Incident
from trajectories.scoring.oracles import is_recovered
from trajectories.scoring.primitives import stopped, succeeded

_KEYWORDS: Final = {
    "type": "C08",
    "enum": "C09", "const": "C09", "format": "C09", "pattern": "C09", "minimum": "C09",
    "maximum": "C09", "exclusiveMinimum": "C09", "exclusiveMaximum": "C09", "multipleOf": "C09",
    "minLength": "C09", "maxLength": "C09", "minItems": "C09", "maxItems": "C09",
    "required": "C07",
    "additionalProperties": "C06", "unevaluatedProperties": "C06", "unknown": "C06",
    "parse": "C05", "json": "C05",
}  # fmt: skip
_ORDER: Final = ("C04", "C05", "C06", "C07", "C08", "C09", "C10")


def call_class(episode: Episode, index: int) -> str:
    """What kind of call an exchange was. C12–C14 beyond repetition need a task's own truth."""
    row = episode.rows[index]
    true = row.get("truth") or row.get("response") or {}
    status = int(true.get("status") or 0)
    problems: Sequence[Mapping[str, Any]] = row.get("problems") or ()
    if row.get("raw") is not None and row.get("arguments") is None and status == 400:
        return "C00"
    if row.get("operation") is None:
        return "C16" if meta(row) else "C01"
    if problems and stale(row):
        return "C02"
    if status in (404, 405) and row.get("arguments") is None:
        return "C03"
    if problems:
        found = {_of_problem(problem) for problem in problems}
        return next((name for name in _ORDER if name in found), "C10")
    if status in (401, 403):
        return "C04"
    if status == 404:
        return "C11"
    if status in (409, 412, 428):
        return "C13"
    return _useful(episode, index)


def _of_problem(problem: Mapping[str, Any]) -> str:
    if problem.get("location") == "security":
        return "C04"
    return _KEYWORDS.get(str(problem.get("keyword")), "C10")


def _useful(episode: Episode, index: int) -> str:
    """C15 duplicate effect, C14 redundant, else C16."""
    row = episode.rows[index]
    before = [other for other in episode.rows[:index] if same_request(row, other)]
    if created_ids(row) and any(map(created_ids, before)):
        return "C15"
    same = [other for other in before if is_undisturbed(other)]
    if same and not effects(row) and same[-1].get("state_version") == row.get("state_version"):
        return "C14"
    return "C16"


def loop_class(incident: Incident, episode: Episode) -> str:
    """What the agent did after the signal."""
    rows = episode.rows
    tries = [rows[index] for index in sorted({*incident.hits, *incident.later})]
    done = is_recovered(incident, episode)
    first = tries[0]
    if duplicates([row for row in rows if same_request(first, row)]):
        return "L14"
    if not done and episode.fabricated:
        return "L12"
    if not done and len(tries) == 1 and not incident.visible:
        return "L13"
    hopeless = not (incident.solvable and episode.solvable)
    # An honest end is honest, however long the way to it was.
    if hopeless and episode.disclosed and not succeeded(incident, episode, 0):
        return "L10"
    if done:
        return _recovered_class(incident, episode, tries[1:])
    intents = {intent(row) for row in tries}
    if _longest_failure(tries) >= 3 and len(intents) == 1:
        return "L6"
    if len(tries) >= 4 and len(intents) <= 2:
        return "L7"
    if len(intents) >= 4:
        return "L8"
    if stopped(incident, episode, 1) and episode.disclosed:
        return "L11"
    return "L11" if incident.visible else "L13"


def _recovered_class(incident: Incident, episode: Episode, after: Sequence[Row]) -> str:
    if not after:
        return "L9" if incident.visible and episode.reached else "L1"
    if incident.wait_stated and early_calls(incident, episode):
        return "L5"
    first = after[0]
    probed = any(
        row is not first and intent(row) != incident.intent
        for row in episode.rows[incident.hits[0] + 1 : _index(episode, first)]
    )
    if is_undisturbed(first):
        return "L3" if probed else "L1"
    if all(intent(row) == incident.intent for row in after):
        return "L4"
    gaps = [distance(row, after[-1]) for row in after]
    return "L2" if gaps == sorted(gaps, reverse=True) else "L3"


def _index(episode: Episode, row: Row) -> int:
    return next(index for index, other in enumerate(episode.rows) if other is row)


def _longest_failure(rows: Sequence[Row]) -> int:
    """The longest run of failing calls."""
    best = run = 0
    for row in rows:
        run = 0 if went_well(row) else run + 1
        best = max(best, run)
    return best
