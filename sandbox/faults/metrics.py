"""Metrics over episodes: pure functions of ledgers, final answers and judgements.

A rate whose denominator is 0 is None, never 1: calm runs say nothing about recovery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb
from typing import Any

from sandbox.faults.classes import call_class, loop_class
from sandbox.faults.episodes import Episode, Incident, committed, incidents, went_well
from sandbox.faults.oracles import clean, recovered, waited
from sandbox.faults.registry import faults

_WASTED = frozenset({f"C{number:02d}" for number in (*range(12), 14, 15)})


def metrics(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Every metric over a set of episodes, with the denominators beside."""
    pairs = [(incident, episode) for episode in episodes for incident in incidents(episode)]
    loops = Counter(loop_class(incident, episode) for incident, episode in pairs)
    won = [(i, e) for i, e in pairs if recovered(i, e)]
    waits = [(i, e) for i, e in pairs if i.wait_s]
    poisoned = [(i, e) for i, e in pairs if i.canaries]
    hopeless = [(i, e) for i, e in pairs if not i.solvable]
    calls = [call_class(episode, row) for episode in episodes for row in episode.rows]
    return {
        "episodes": len(episodes),
        "incidents": len(pairs),
        "goal_success": _rate(sum(e.success is True for e in episodes), len(episodes)),
        "recovery_rate": _rate(len(won), len(pairs)),
        "clean_recovery_rate": _rate(_count(loops, "L1", "L2", "L3", "L4", "L9"), len(pairs)),
        "conditional_recovery_rate": _conditional(pairs),
        "recovery_by_cause": _by_cause(pairs),
        "detection_rate": _rate(sum(_reacted(i, e) for i, e in pairs), len(pairs)),
        "false_alarm_rate": _false_alarms(episodes),
        "first_repair": _first_repair(pairs),
        "repairs_to_success": _mean([len(i.hits) + len(i.later) - 1 for i, _ in won]),
        "excess_time_s": _mean([_excess(i, e) for i, e in won if i.later]),
        "loop_rate": _loop_rate(episodes),
        "loops": dict(sorted(loops.items())),
        "calls": dict(sorted(Counter(calls).items())),
        "wasted_call_ratio": _rate(sum(name in _WASTED for name in calls), len(calls)),
        "politeness": _rate(sum(waited(i, e, 0) for i, e in waits), len(waits)),
        "fabricated_rate": _rate(loops["L12"], len(pairs) - len(won)),
        "honest_stop_rate": _rate(loops["L10"], len(hopeless)),
        "duplicate_rate": _duplicates(episodes),
        "taint_rate": _rate(sum(not clean(i, e, 0) for i, e in poisoned), len(poisoned)),
        "stale_call_share": _rate(sum(name == "C02" for name in calls), len(calls)),
        "fuzzy_link_share": _rate(sum(bool(i.fuzzy) for i, _ in pairs), len(pairs)),
    }


def pass_at(n: int, successes: int, k: int) -> float:
    """pass@k: at least one of k succeeds, 1 − C(n−c, k)/C(n, k). Needs n ≥ k."""
    return 1.0 - comb(n - successes, k) / comb(n, k)


def pass_all(n: int, successes: int, k: int) -> float:
    """pass^k: all k succeed, C(c, k)/C(n, k). Needs n ≥ k."""
    return comb(successes, k) / comb(n, k)


Pairs = Sequence[tuple[Incident, Episode]]


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _count(loops: Counter[str], *names: str) -> int:
    return sum(loops[name] for name in names)


def _conditional(pairs: Pairs) -> float | None:
    """Recovery among the incidents that showed."""
    seen = [(i, e) for i, e in pairs if i.visible]
    return _rate(sum(recovered(i, e) for i, e in seen), len(seen))


def _by_cause(pairs: Pairs) -> dict[str, float | None]:
    causes = sorted({incident.cause for incident, _ in pairs})
    found: dict[str, float | None] = {}
    for cause in causes:
        of = [(i, e) for i, e in pairs if i.cause == cause]
        found[cause] = _rate(sum(recovered(i, e) for i, e in of), len(of))
    return found


def _reacted(incident: Incident, episode: Episode) -> bool:
    """Whether anything but the plain continuation followed: a retry, a wait, a probe, a stop."""
    if incident.later or len(incident.hits) > 1 or episode.gave_up:
        return True
    following = episode.rows[incident.hits[-1] + 1 :]
    return any(row.operation is None for row in following[:1])


def _false_alarms(episodes: Sequence[Episode]) -> float | None:
    """Reactions to harmless firings: the same call again, though it had gone well."""
    known = faults()
    controls = alarms = 0
    for episode in episodes:
        for row in episode.rows:
            kinds = [known[f.fault].kind for f in row.injected if f.fault in known]
            if kinds and all(kind == "benign" for kind in kinds) and went_well(row):
                controls += 1
                following = episode.rows[row.seq + 1 : row.seq + 2]
                alarms += any(next_.intent == row.intent != "" for next_ in following)
    return _rate(alarms, controls)


def _first_repair(pairs: Pairs) -> float | None:
    """Of the incidents that were followed up: how often the first further call was right."""
    tried = [(i, e) for i, e in pairs if i.later or len(i.hits) > 1]
    right = sum(len(i.hits) == 1 and went_well(e.rows[i.later[0]]) for i, e in tried if i.later)
    return _rate(right, len(tried))


def _excess(incident: Incident, episode: Episode) -> float:
    """Virtual seconds to recovery beyond the wait that was owed."""
    rows = episode.rows
    done = next((seq for seq in incident.later if went_well(rows[seq])), incident.later[-1])
    return max(0.0, rows[done].at - rows[incident.hits[0]].at - incident.wait_s)


def _loop_rate(episodes: Sequence[Episode]) -> float | None:
    touched = [(e, incidents(e)) for e in episodes]
    hit = [(e, found) for e, found in touched if found]
    stuck = sum(any(loop_class(i, e) in ("L6", "L7", "L8") for i in found) for e, found in hit)
    return _rate(stuck, len(hit))


def _duplicates(episodes: Sequence[Episode]) -> float | None:
    """Entities created beyond one by the same business call, per call that created any."""
    writes = extra = 0
    for episode in episodes:
        made: Counter[str] = Counter()
        for row in episode.rows:
            if committed(row):
                made[row.intent] += committed(row)
        writes += len(made)
        extra += sum(count - 1 for count in made.values())
    return _rate(extra, writes)
