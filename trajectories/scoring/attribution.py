"""Whose failure was it? The first rule that fits decides, from the truth in the ledger.

1. A loop, harm that nobody asked for, or a false claim is the agent's, whatever was injected. 2. An
injected fault or a drift that hit an intent which never went well afterwards. 3. Otherwise the role
that went wrong: a call that no server could understand is the caller's, an answer that lacks what
the state has is the summarizer's, the rest is planning.
"""

from __future__ import annotations

from collections.abc import Sequence

from trajectories.scoring.exchanges import Row, status
from trajectories.scoring.incidents import DRIFT, Episode, incidents
from trajectories.scoring.primitives import succeeded


def attribute(
    rows: Sequence[Row], *, end: str, role: str | None, kind: str, failures: Sequence[str]
) -> str:
    """`agent:ROLE`, `injected:FAULT` or `drift:OPERATOR`, for an episode that failed.

    `end` is how it ended, `role` who was on turn then; `failures` are what the judge found.
    """
    gave_up = end == "give_up"
    if end in ("repeats", "tokens", "error") and role is not None:
        return f"agent:{role}"
    if any(failure.startswith("collateral: ") for failure in failures):
        return "agent:planner"
    if kind in ("done_but_denied", "not_done_but_claimed") and not gave_up:
        # Whatever happened on the way, this was not the truth about it.
        return "agent:summarizer"
    if kind == "done_but_denied":
        return "agent:planner"
    if (cause := _unrecovered_cause(rows)) is not None:
        return cause
    if gave_up or end == "steps":
        return "agent:planner"
    if all(failure.startswith("answer ") for failure in failures):
        return "agent:summarizer"
    last = rows[-1] if rows else {}
    unknown = last.get("operation") is None and status(last) == 404
    if last.get("problems") or last.get("raw") is not None or unknown:
        return "agent:caller"
    return "agent:planner"


def _unrecovered_cause(rows: Sequence[Row]) -> str | None:
    """The last incident after which the same business call never succeeded."""
    episode = Episode(rows)
    for incident in reversed(incidents(episode)):
        if not succeeded(incident, episode, 0):
            if incident.cause != DRIFT:
                return f"injected:{incident.cause}"
            row = rows[incident.hits[-1]]
            return f"drift:{row.get('changed_by') or row.get('release')}"
    return None
