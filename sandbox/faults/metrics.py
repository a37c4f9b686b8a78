"""Metrics over episodes: pure functions of ledgers, final answers and judgements.

Shares come from `sandbox.faults.rates`, which also has their denominators and intervals; here they
stand beside counts and means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb
from typing import Any

from sandbox.faults.classes import call_class, loop_class
from sandbox.faults.episodes import Episode, Incident, incidents, went_well
from sandbox.faults.oracles import recovered
from sandbox.faults.rates import rates

Pairs = Sequence[tuple[Incident, Episode]]


def metrics(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Every metric over a set of episodes; a rate whose denominator is 0 is None, never 1."""
    shares = {name: rate.value for name, rate in rates(episodes).items()}
    return {**counts(episodes), **shares}


def counts(episodes: Sequence[Episode]) -> dict[str, Any]:
    """How much there was to score, of which kinds, and what recovering took."""
    pairs = [(incident, episode) for episode in episodes for incident in incidents(episode)]
    won = [(i, e) for i, e in pairs if recovered(i, e)]
    return {
        "episodes": len(episodes),
        "incidents": len(pairs),
        "recovery_by_cause": _by_cause(pairs),
        "repairs_to_success": _mean([len(i.hits) + len(i.later) - 1 for i, _ in won]),
        "excess_time_s": _mean([_excess(i, e) for i, e in won if i.later]),
        "loops": dict(sorted(Counter(loop_class(i, e) for i, e in pairs).items())),
        "calls": dict(
            sorted(Counter(call_class(e, row) for e in episodes for row in e.rows).items())
        ),
    }


def pass_at(n: int, successes: int, k: int) -> float:
    """pass@k: at least one of k succeeds, 1 − C(n−c, k)/C(n, k). Needs n ≥ k."""
    return 1.0 - comb(n - successes, k) / comb(n, k)


def pass_all(n: int, successes: int, k: int) -> float:
    """pass^k: all k succeed, C(c, k)/C(n, k). Needs n ≥ k."""
    return comb(successes, k) / comb(n, k)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _by_cause(pairs: Pairs) -> dict[str, float]:
    causes = sorted({incident.cause for incident, _ in pairs})
    found: dict[str, float] = {}
    for cause in causes:
        of = [recovered(i, e) for i, e in pairs if i.cause == cause]
        found[cause] = sum(of) / len(of)
    return found


def _excess(incident: Incident, episode: Episode) -> float:
    """Virtual seconds to recovery beyond the wait that was owed."""
    rows = episode.rows
    done = next((seq for seq in incident.later if went_well(rows[seq])), incident.later[-1])
    return max(0.0, rows[done].at - rows[incident.hits[0]].at - incident.wait_s)
