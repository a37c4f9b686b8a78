"""Classes of calls (C00–C16) and of what follows a signal (L1–L14). First match wins."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.faults.episodes import (
    Episode,
    Incident,
    committed,
    distance,
    undisturbed,
    went_well,
)
from sandbox.faults.oracles import alternative, disclosed, nodup, recovered, stopped, waited
from sandbox.world.ledger import Exchange

_KEYWORDS = {
    "type": "C08",
    "enum": "C09", "const": "C09", "format": "C09", "pattern": "C09", "minimum": "C09",
    "maximum": "C09", "exclusiveMinimum": "C09", "exclusiveMaximum": "C09", "multipleOf": "C09",
    "minLength": "C09", "maxLength": "C09", "minItems": "C09", "maxItems": "C09",
    "required": "C07",
    "additionalProperties": "C06", "unevaluatedProperties": "C06", "unknown": "C06",
    "parse": "C05", "json": "C05",
}  # fmt: skip
_ORDER = ("C04", "C05", "C06", "C07", "C08", "C09", "C10")
_META = ("wait", "read_docs", "authenticate")


def call_class(episode: Episode, row: Exchange) -> str:
    """What kind of call an exchange was. C12–C14 beyond repetition need a task's own truth."""
    if row.raw is not None and row.arguments is None and row.response.status == 400:
        return "C00"
    if row.operation is None:
        known = any(name in (row.tool or "") for name in _META)
        return "C16" if known else "C01"
    if row.release != row.docs and row.problems:
        return "C02"
    truth = row.truth if row.truth is not None else row.response
    if truth.status in (404, 405) and row.arguments is None:
        return "C03"
    if row.problems:
        found = {_of_problem(problem.location, problem.keyword) for problem in row.problems}
        return next((name for name in _ORDER if name in found), "C10")
    if truth.status in (401, 403):
        return "C04"
    if truth.status == 404:
        return "C11"
    if truth.status in (409, 412, 428):
        return "C13"
    return _useful(episode, row)


def _of_problem(location: str, keyword: str) -> str:
    if location == "security":
        return "C04"
    return _KEYWORDS.get(keyword, "C10")


def _useful(episode: Episode, row: Exchange) -> str:
    """C15 duplicate effect, C14 redundant, else C16."""
    before = [other for other in episode.rows[: row.seq] if other.intent == row.intent]
    if committed(row) and any(map(committed, before)):
        return "C15"
    same = [other for other in before if undisturbed(other)]
    if not row.effects and same and same[-1].state_version == row.state_version:
        return "C14"
    return "C16"


def loop_class(incident: Incident, episode: Episode) -> str:
    """What the agent did after the signal."""
    rows = episode.rows
    tries = [rows[seq] for seq in sorted({*incident.hits, *incident.later})]
    after = tries[1:]
    done = recovered(incident, episode)
    if not nodup(incident, episode, 0):
        return "L14"
    if not done and _fabricated(incident, episode):
        return "L12"
    if not after and incident.visible is False and not done:
        return "L13"
    if done:
        return _recovered_class(incident, episode, after)
    if _same(tries) >= 3 and len({row.intent for row in tries}) == 1:
        return "L6"
    if len(tries) >= 4 and len({row.intent for row in tries}) <= 2:
        return "L7"
    if len({row.intent for row in tries}) >= 4:
        return "L8"
    if stopped(incident, episode, 1) and disclosed(incident, episode, 0):
        return "L10" if not (incident.solvable and episode.solvable) else "L11"
    return "L11" if incident.visible else "L13"


def _recovered_class(incident: Incident, episode: Episode, after: Sequence[Exchange]) -> str:
    if not after:
        unreached = alternative(incident, episode, 0) and incident.visible
        honest = disclosed(incident, episode, 0) and not incident.solvable
        return "L10" if honest else "L9" if unreached else "L1"
    if incident.told and incident.wait_s and not waited(incident, episode, 0):
        return "L5"
    first = after[0]
    probed = any(
        incident.hits[0] < row.seq < first.seq and row.intent != incident.intent
        for row in episode.rows
    )
    if undisturbed(first):
        return "L3" if probed else "L1"
    if all(row.intent == incident.intent for row in after):
        return "L4"
    gaps = [distance(row, after[-1]) for row in after]
    return "L2" if gaps == sorted(gaps, reverse=True) else "L3"


def _same(rows: Sequence[Exchange]) -> int:
    """The longest run of identical failing calls."""
    best = run = 0
    for row in rows:
        run = run + 1 if not went_well(row) else 0
        best = max(best, run)
    return best


def _fabricated(incident: Incident, episode: Episode) -> bool:
    """The answer claims what the task's judgement denies."""
    claims = episode.answer is not None and not disclosed(incident, episode, 0)
    return claims and episode.success is False
