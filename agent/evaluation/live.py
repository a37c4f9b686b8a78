"""Live evaluation: what became of whole episodes, judged by the final state and the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import comb
from typing import Any

from trajectories.records import Trajectory
from trajectories.scoring.intervals import percent
from trajectories.scoring.intervals import wilson as share_interval


def live(trajectories: Iterable[Trajectory]) -> dict[str, Any]:
    """Success with its interval, pass^k, how episodes ended, and what they cost.

    Rates are in percent. Episodes of one task are its trials; pass^k is the chance that k trials
    of a task all succeed, C(c,k)/C(n,k) averaged over tasks (τ-bench, arXiv 2406.12045).
    """
    rows = list(trajectories)
    trials: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        trials[str(row.task.get("id", row.id))].append(row.outcome.success)
    won = sum(row.outcome.success for row in rows)
    calls = sum(int(row.outcome.metrics.get("calls", 0)) for row in rows)
    return {
        "n_episodes": len(rows),
        "n_tasks": len(trials),
        "success": _percent(won, len(rows)),
        "interval": wilson(won, len(rows)),
        "pass_k": {str(k): pass_power(list(trials.values()), k) for k in (1, 2, 4, 8)},
        "ended": dict(sorted(Counter(row.outcome.end for row in rows).items())),
        "outcomes": dict(sorted(Counter(row.outcome.kind or "" for row in rows).items())),
        "calls_per_episode": round(calls / len(rows), 2) if rows else None,
        "error_calls": _percent(_total(rows, "errors"), calls),
        "hallucinated_calls": _percent(_total(rows, "hallucinated"), calls),
        "malformed_calls": _percent(_total(rows, "malformed"), calls),
        "collateral_episodes": _percent(
            sum(1 for row in rows if row.outcome.metrics.get("collateral")), len(rows)
        ),
        "failed_through": dict(
            sorted(Counter(r.outcome.attribution for r in rows if r.outcome.attribution).items())
        ),
    }


def pass_power(trials: Sequence[Sequence[bool]], k: int) -> float | None:
    """pass^k in percent over the tasks that were tried at least k times; None without any."""
    usable = [results for results in trials if len(results) >= k]
    if not usable:
        return None
    shares = [comb(sum(results), k) / comb(len(results), k) for results in usable]
    return round(100 * sum(shares) / len(shares), 2)


def wilson(won: int, tried: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share, in percent; None without trials."""
    return percent(share_interval(won / tried, tried)) if tried else None


def _total(rows: Sequence[Trajectory], name: str) -> int:
    return sum(int(row.outcome.metrics.get(name, 0)) for row in rows)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
