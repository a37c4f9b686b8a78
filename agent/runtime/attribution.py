"""Whose failure was it? The first rule that fits decides, from the truth in the ledger.

1. A loop, harm that nobody asked for, or a false claim is the agent's, whatever was injected. 2. An
injected fault or a drift that hit an intent which never went well afterwards. 3. Otherwise the role
that went wrong: a call that no server could understand is the caller's, an answer that lacks what
the state has is the summarizer's, the rest is planning.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.runtime.events import Ended
from sandbox.tasks.judge import Verdict
from sandbox.world import Session
from trajectories.scoring.exchanges import Row, status
from trajectories.scoring.incidents import DRIFT, Episode, incidents
from trajectories.scoring.primitives import succeeded


def attribute(
    verdict: Verdict,
    ended: Ended,
    session: Session,
    rows: Sequence[Row],
    *,
    kind: str,
    gave_up: bool,
) -> str:
    """`agent:ROLE`, `injected:FAULT` or `drift:OPERATOR`, for an episode that failed."""
    if ended.reason in ("repeats", "tokens", "error") and ended.role is not None:
        return f"agent:{ended.role}"
    if verdict.collateral:
        return "agent:planner"
    if kind in ("done_but_denied", "not_done_but_claimed") and not gave_up:
        # Whatever happened on the way, this was not the truth about it.
        return "agent:summarizer"
    if kind == "done_but_denied":
        return "agent:planner"
    if (cause := _unrecovered(rows, session)) is not None:
        return cause
    if gave_up or ended.reason == "steps":
        return "agent:planner"
    if _all_about_answer(verdict):
        return "agent:summarizer"
    last = rows[-1] if rows else {}
    unknown = last.get("operation") is None and status(last) == 404
    if last.get("problems") or last.get("raw") is not None or unknown:
        return "agent:caller"
    return "agent:planner"


def _unrecovered(rows: Sequence[Row], session: Session) -> str | None:
    """The last incident after which the same business call never succeeded."""
    episode = Episode(rows)
    for incident in reversed(incidents(episode)):
        if succeeded(incident, episode, 0):
            continue
        if incident.cause != DRIFT:
            return f"injected:{incident.cause}"
        return f"drift:{_operator(session, rows[incident.hits[-1]])}"
    return None


def _operator(session: Session, row: Row) -> str:
    """The drift operator that changed what was called, else the first one of the release."""
    releases = session.drift.releases if session.drift is not None else ()
    release = int(row.get("release") or 0)
    if not 0 < release <= len(releases):
        return str(release)
    changes = getattr(releases[release - 1], "made", ())
    named = [made for made in changes if made.target.operation == row.get("operation")]
    return next((str(made.operator) for made in (*named, *changes)), str(release))


def _all_about_answer(verdict: Verdict) -> bool:
    return all(failure.startswith("answer ") for failure in verdict.failures)
