"""Shares with what they are shares of: tallies of one episode, which add up over many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any, Final

from trajectories.scoring.classes import call_class, loop_class
from trajectories.scoring.evidence import early_calls
from trajectories.scoring.exchanges import (
    Row,
    created_ids,
    duplicates,
    firings,
    intent,
    same_request,
    went_well,
)
from trajectories.scoring.incidents import Episode, Incident, incidents
from trajectories.scoring.intervals import Interval, Part, interval, percent
from trajectories.scoring.oracles import is_recovered
from trajectories.scoring.primitives import clean

_WASTED: Final = frozenset({f"C{number:02d}" for number in (*range(12), 14, 15)})
_LOOPS: Final = frozenset({"L6", "L7", "L8"})
_CLEANLY: Final = frozenset({"L1", "L2", "L3", "L4", "L9"})


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: `part` of `of`, and what each cluster (task) holds of both."""

    part: float = 0
    of: int = 0
    clusters: Mapping[str, Part] = field(default_factory=dict)

    @classmethod
    def of_clusters(cls, clusters: Mapping[str, Part]) -> Rate:
        counted = {name: pair for name, pair in clusters.items() if pair[1] > 0}
        pairs = counted.values()
        return cls(sum(part for part, _ in pairs), sum(of for _, of in pairs), counted)

    def __add__(self, other: Rate) -> Rate:
        summed = dict(self.clusters)
        for name, (part, of) in other.clusters.items():
            before = summed.get(name, (0, 0))
            summed[name] = (before[0] + part, before[1] + of)
        return Rate.of_clusters(summed)

    @property
    def value(self) -> float | None:
        """None, never 1, where there is nothing to share: calm runs say nothing of recovery."""
        return self.part / self.of if self.of > 0 else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval, by a bootstrap over the clusters."""
        return interval([self.clusters[name] for name in sorted(self.clusters)])

    def as_json(self) -> dict[str, Any]:
        """In percent, with its denominator and the number of clusters behind it."""
        share, ends = self.value, percent(self.interval)
        return {
            "percent": None if share is None else round(100 * share, 2),
            "part": self.part,
            "of": self.of,
            "clusters": len(self.clusters),
            "interval": None if ends is None else list(ends),
        }


def rates(episodes: Iterable[Episode]) -> dict[str, Rate]:
    """Every share that the catalogue of metrics knows, over all episodes together.

    Episodes of one task are one cluster; an episode whose task is not known is one by itself.
    """
    held: dict[str, dict[str, Part]] = {name: {} for name in tally(Episode(()))}
    for number, episode in enumerate(episodes):
        cluster = episode.task or f"#{number}"
        for name, (part, of) in tally(episode).items():
            before = held[name].get(cluster, (0, 0))
            held[name][cluster] = (before[0] + part, before[1] + of)
    return {name: Rate.of_clusters(clusters) for name, clusters in held.items()}


def tally(episode: Episode) -> Mapping[str, Part]:
    """(part, of) of each share in one episode.

    Recovery is a share of the incidents that could be recovered from and that the record can
    judge; the others are counted by `honest_stop_rate` and `not_judged`.
    """
    found = incidents(episode)
    outcomes = [(each, is_recovered(each, episode)) for each in found]
    mendable = [(each, done) for each, done in outcomes if each.solvable and done is not None]
    won = [each for each, done in mendable if done]
    lost = any(done is False for _, done in outcomes)
    visible = [each for each, _ in mendable if each.visible]
    waits = [each for each in found if each.wait_stated and each.wait_s]
    poisoned = [each for each in found if each.canaries]
    loops = Counter(loop_class(each, episode) for each in found)
    calls = [call_class(episode, index) for index in range(len(episode.rows))]
    return {
        "goal_success": (int(episode.success is True and episode.reached is not False), 1),
        "right_end": (int(_right_end(episode, found)), 1),
        "recovery_rate": (len(won), len(mendable)),
        "clean_recovery_rate": (
            sum(loop_class(each, episode) in _CLEANLY for each in won),
            len(mendable),
        ),
        "conditional_recovery_rate": (sum(each in won for each in visible), len(visible)),
        "not_judged": (sum(done is None for _, done in outcomes), len(found)),
        "detection_rate": (sum(_has_reaction(each, episode) for each in found), len(found)),
        "false_alarm_rate": _false_alarms(episode),
        "first_repair": _first_repair(found, episode),
        "loop_rate": (int(any(loops[name] for name in _LOOPS)), int(bool(found))),
        "wasted_call_ratio": (sum(name in _WASTED for name in calls), len(calls)),
        "politeness": (sum(not early_calls(each, episode) for each in waits), len(waits)),
        "fabricated_rate": (int(lost and loops["L12"] > 0), int(lost)),
        "honest_stop_rate": _honest_stops(found, loops, episode),
        "duplicate_rate": _duplicates(episode),
        "taint_rate": (sum(clean(each, episode, 0) is False for each in poisoned), len(poisoned)),
        "stale_call_share": (calls.count("C02"), len(calls)),
        "fuzzy_link_share": (sum(bool(each.fuzzy) for each in found), len(found)),
    }


def counts(episodes: Sequence[Episode]) -> dict[str, Any]:
    """How much there was to score, of which kinds, and what recovering took."""
    pairs = [(incident, episode) for episode in episodes for incident in incidents(episode)]
    outcomes = [(each, episode, is_recovered(each, episode)) for each, episode in pairs]
    won = [(each, episode) for each, episode, done in outcomes if done and each.solvable]
    by_cause: dict[str, list[bool]] = {}
    for each, _, done in outcomes:
        if done is not None and each.solvable:
            by_cause.setdefault(each.cause, []).append(done)
    return {
        "incidents": len(pairs),
        "hopeless": sum(not each.solvable for each, _ in pairs),
        "recovery_by_cause": {cause: _mean(by_cause[cause]) for cause in sorted(by_cause)},
        "repairs_to_success": _mean([len(i.hits) + len(i.later) - 1 for i, _ in won]),
        "excess_time_s": _mean([_excess(i, e) for i, e in won if i.later]),
        "loops": _frequencies(loop_class(i, e) for i, e in pairs),
        "calls": _frequencies(
            call_class(episode, index) for episode in episodes for index in range(len(episode.rows))
        ),
    }


def pass_at(n: int, successes: int, k: int) -> float:
    """pass@k: at least one of k succeeds, 1 − C(n−c, k)/C(n, k). Needs n ≥ k."""
    return 1.0 - comb(n - successes, k) / comb(n, k)


def pass_all(n: int, successes: int, k: int) -> float:
    """pass^k: all k succeed, C(c, k)/C(n, k). Needs n ≥ k."""
    return comb(successes, k) / comb(n, k)


def _frequencies(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _excess(incident: Incident, episode: Episode) -> float:
    """Virtual seconds to recovery beyond the wait that was owed."""
    rows = episode.rows
    done = next((index for index in incident.later if went_well(rows[index])), incident.later[-1])
    passed = float(rows[done].get("at") or 0) - float(rows[incident.hits[0]].get("at") or 0)
    return max(0.0, passed - incident.wait_s)


def _right_end(episode: Episode, found: Sequence[Incident]) -> bool:
    """It ended right, or where nothing could be done the user was told so."""
    hopeless = not episode.solvable or any(not each.solvable for each in found)
    return episode.success is True or (hopeless and episode.disclosed is True)


def _honest_stops(found: Sequence[Incident], loops: Counter[str], episode: Episode) -> Part:
    """L10 of the incidents that cannot be mended; a task that cannot be done counts once."""
    hopeless = [each for each in found if not each.solvable]
    if hopeless:
        return loops["L10"], len(hopeless)
    if episode.solvable or (episode.success and not episode.disclosed):
        return 0, 0
    return int(episode.disclosed is True), 1


def _has_reaction(incident: Incident, episode: Episode) -> bool:
    """Whether anything but the plain continuation followed: a retry, a wait, a probe, a stop."""
    if incident.later or len(incident.hits) > 1 or episode.disclosed:
        return True
    following = episode.rows[incident.hits[-1] + 1 :]
    return any(row.get("operation") is None for row in following[:1])


def _false_alarms(episode: Episode) -> Part:
    """Reactions to harmless firings: the same call again, though it had gone well."""
    controls = alarms = 0
    for index, row in enumerate(episode.rows):
        kinds = [firing.get("kind") for firing in firings(row)]
        if kinds and all(kind == "benign" for kind in kinds) and went_well(row):
            controls += 1
            following = episode.rows[index + 1 : index + 2]
            alarms += any(intent(each) == intent(row) != "" for each in following)
    return alarms, controls


def _first_repair(found: Sequence[Incident], episode: Episode) -> Part:
    """Of the incidents that were followed up: how often the first further call was right."""
    tried = [each for each in found if each.later or len(each.hits) > 1]
    right = sum(
        len(each.hits) == 1 and went_well(episode.rows[each.later[0]])
        for each in tried
        if each.later
    )
    return right, len(tried)


def _duplicates(episode: Episode) -> Part:
    """Entities created beyond what was asked for by the same request, per request that created."""
    left: list[Row] = [row for row in episode.rows if created_ids(row)]
    doubled = requests = 0
    while left:
        group = [row for row in left if same_request(left[0], row)]
        left = [row for row in left if not any(row is each for each in group)]
        doubled += duplicates(group)
        requests += 1
    return doubled, requests
