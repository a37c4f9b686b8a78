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
from sandbox.world import Exchange, Session


def attribute(verdict: Verdict, ended: Ended, session: Session, *, kind: str, gave_up: bool) -> str:
    """`agent:ROLE`, `injected:FAULT` or `drift:OPERATOR`, for an episode that failed."""
    ledger = session.ledger
    if ended.reason in ("repeats", "tokens", "error") and ended.role is not None:
        return f"agent:{ended.role}"
    if verdict.collateral:
        return "agent:planner"
    if kind in ("done_but_denied", "not_done_but_claimed") and not gave_up:
        # Whatever happened on the way, this was not the truth about it.
        return "agent:summarizer"
    if kind == "done_but_denied":
        return "agent:planner"
    if (weather := _unrecovered(session)) is not None:
        return weather
    if gave_up or ended.reason == "steps":
        return "agent:planner"
    if _all_about_answer(verdict):
        return "agent:summarizer"
    last = ledger[-1] if ledger else None
    if last is not None and (last.problems or last.raw is not None or _unknown(last)):
        return "agent:caller"
    return "agent:planner"


def _unrecovered(session: Session) -> str | None:
    """The last disturbance after which the same business call never went well."""
    ledger = session.ledger
    for index in range(len(ledger) - 1, -1, -1):
        exchange = ledger[index]
        drifted = exchange.release > exchange.docs and not _well(exchange)
        if not (exchange.injected or drifted) or _recovered(exchange, ledger[index:]):
            continue
        if exchange.injected:
            return f"injected:{exchange.injected[-1].fault}"
        return f"drift:{_operator(session, exchange)}"
    return None


def _recovered(exchange: Exchange, rest: Sequence[Exchange]) -> bool:
    """Whether the call went well later on; for one that nobody understood, whether any did."""
    if exchange.intent:
        return any(_well(later) and later.intent == exchange.intent for later in rest)
    return any(_well(later) and later.operation is not None for later in rest)


def _operator(session: Session, exchange: Exchange) -> str:
    """The drift operator that changed what was called, else the first one of the release."""
    releases = session.drift.releases if session.drift is not None else ()
    if not 0 < exchange.release <= len(releases):
        return str(exchange.release)
    changes = getattr(releases[exchange.release - 1], "made", ())
    named = [made for made in changes if made.target.operation == exchange.operation]
    return next((str(made.operator) for made in (*named, *changes)), str(exchange.release))


def _well(exchange: Exchange) -> bool:
    return exchange.response.transport is None and exchange.response.status < 300


def _unknown(exchange: Exchange) -> bool:
    return exchange.operation is None and exchange.response.status == 404


def _all_about_answer(verdict: Verdict) -> bool:
    return all(failure.startswith("answer ") for failure in verdict.failures)
