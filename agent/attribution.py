"""Whose failure was it? The first rule that fits decides, from the truth in the ledger.

1. A loop, or harm that nobody asked for, is the agent's, whatever the weather was. 2. An injected
fault or a drift that hit an intent which never went well afterwards. 3. Otherwise the role that
went wrong: a call that no server could understand is the caller's, an answer that lacks what the
state has is the summarizer's, the rest is planning.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.events import Ended
from sandbox.tasks.judge import Verdict
from sandbox.world import Exchange


def attribute(verdict: Verdict, ended: Ended, ledger: Sequence[Exchange], *, gave_up: bool) -> str:
    """`agent:ROLE`, `injected:FAULT` or `drift:RELEASE`, for an episode that failed."""
    if ended.reason in ("repeats", "tokens", "error") and ended.role is not None:
        return f"agent:{ended.role}"
    if verdict.collateral:
        return "agent:planner"
    if (weather := _unrecovered(ledger)) is not None:
        return weather
    if gave_up or ended.reason == "steps":
        return "agent:planner"
    if _all_about_answer(verdict):
        return "agent:summarizer"
    last = ledger[-1] if ledger else None
    if last is not None and (last.problems or last.raw is not None or _unknown(last)):
        return "agent:caller"
    return "agent:planner"


def _unrecovered(ledger: Sequence[Exchange]) -> str | None:
    """The last disturbance whose intent never went well afterwards."""
    for index in range(len(ledger) - 1, -1, -1):
        exchange = ledger[index]
        if any(_well(later) and later.intent == exchange.intent for later in ledger[index:]):
            continue
        if exchange.injected:
            return f"injected:{exchange.injected[-1].fault}"
        if exchange.release > exchange.docs and not _well(exchange):
            return f"drift:{exchange.release}"
    return None


def _well(exchange: Exchange) -> bool:
    return exchange.response.transport is None and exchange.response.status < 400


def _unknown(exchange: Exchange) -> bool:
    return exchange.operation is None and exchange.response.status == 404


def _all_about_answer(verdict: Verdict) -> bool:
    return all(failure.startswith("answer ") for failure in verdict.failures)
