"""Stress: agents × scenarios on the same tasks and seeds, one scorecard row for each pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final

import specs
from agent.collect.collect import Collected, Known, Progress, Transport, collect
from agent.evaluation.live import live
from agent.runtime.episode import Agent, Budget
from sandbox.drift.plan import drift_plan
from sandbox.errors import UnknownName
from sandbox.faults import plan
from sandbox.tasks import Task
from sandbox.world import World
from trajectories import Store, Trajectory
from trajectories.scoring.incidents import Episode
from trajectories.scoring.intervals import difference, percent
from trajectories.scoring.outcomes import LEGEND, claim_shares
from trajectories.scoring.rates import Rate, counts, rates


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the agents go through."""

    name: str
    faults: Any = None
    drift: Any = None

    @property
    def solvable(self) -> bool:
        """Whether its plans say that the goal stays within reach."""
        return plan(self.faults).solvable and (
            self.drift is None or drift_plan(self.drift).solvable
        )

    @property
    def comparable(self) -> bool:
        """Whether all agents meet the same scenario."""
        return plan(self.faults).comparable


SCENARIOS: Final = (
    Scenario("calm"),
    Scenario("rate limits", faults="H01"),
    Scenario("lost replies", faults="T03"),
    Scenario("renamed fields", drift="D03"),
    Scenario("moved paths", drift="D15"),
    Scenario("all at once", faults="H01,T03", drift="D03"),
)
"""A few plain scenarios, one trouble each."""
TOGETHER: Final = "all together"
"""The scenario of the rows that `together` makes."""


def preset_scenarios(names: str = "all") -> tuple[Scenario, ...]:
    """The shipped presets as scenarios: "all" of them with calm before, or those named.

    Raises UnknownName with the presets that there are.
    """
    kinds = {name: kind for kind in ("faults", "drift") for name in specs.presets(kind)}
    if names == "all":
        return (Scenario("calm"), *(Scenario(name, **{kind: name}) for name, kind in kinds.items()))
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name != "calm" and name not in kinds:
            raise UnknownName("preset", name, ["all", "calm", *kinds])
    return tuple(
        Scenario(name) if name == "calm" else Scenario(name, **{kinds[name]: name})
        for name in chosen
    )


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What became of one agent in one scenario. Rates in percent."""

    agent: str
    scenario: str
    episodes: int
    success: float | None
    interval: tuple[float, float] | None
    """95 % interval of the success, by a bootstrap over tasks."""
    solvable: bool = True
    """False: some of it cannot be mended, and stopping honestly is the right end."""
    comparable: bool = True
    """False: some of it follows what the agent does, so agents meet different scenario."""
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """Shares with their denominators; see `trajectories.scoring.rates`."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Everything else; see `agent.evaluation.live` and `trajectories.scoring.rates`."""

    def as_json(self) -> dict[str, Any]:
        """One flat row; every rate an object with percent, part, of and interval."""
        return {
            "agent": self.agent,
            "scenario": self.scenario,
            "solvable": self.solvable,
            "comparable": self.comparable,
            "episodes": self.episodes,
            "success": self.success,
            "interval": self.interval,
            **{name: rate.as_json() for name, rate in self.rates.items()},
            **self.scores,
        }


def stress(
    worlds: Sequence[World],
    agents: Sequence[Agent],
    *,
    n: int = 40,
    scenarios: Sequence[Scenario] = SCENARIOS,
    tasks: Sequence[Task] | None = None,
    seed: int = 0,
    store: Store | None = None,
    width: int = 32,
    transport: Transport = "in-process",
    budget: Budget | None = None,
    until: float = inf,
    **options: Any,
) -> Iterator[Progress | Scorecard]:
    """Every agent through every scenario, `n` episodes each; yields progress and scorecards.

    All meet the same tasks under the same seeds, so differences are theirs. With a `store` the
    trajectories are kept there, and what it already holds is not run again.
    """
    for scenario in scenarios:
        for agent in agents:
            with Store.open(":memory:") as own:
                kept = own if store is None else store
                ids: list[str] = []
                for news in collect(
                    worlds, agent, kept, n=n, tasks=tasks, faults=scenario.faults,
                    drift=scenario.drift, seed=seed, width=width, transport=transport,
                    budget=budget, until=until, **options,
                ):  # fmt: skip
                    if isinstance(news, Collected):
                        ids.append(news.id)
                    if isinstance(news, Known):
                        ids += news.ids
                    yield news
                found = [each for each in (kept.get(id) for id in ids) if each]
                card = scorecard(agent.name, scenario.name, found, solvable=scenario.solvable)
                yield replace(card, comparable=scenario.comparable)


def scorecard(
    agent: str, scenario: str, trajectories: Sequence[Trajectory], *, solvable: bool = True
) -> Scorecard:
    """The scores of one agent's episodes in one scenario."""
    lived = live(trajectories)
    episodes = [Episode.of(each, solvable=solvable) for each in trajectories]
    scores, shares = {**lived, **counts(episodes)}, {**rates(episodes), **_told_rates(trajectories)}
    del scores["interval"], scores["success"]
    return Scorecard(
        agent=agent,
        scenario=scenario,
        episodes=len(episodes),
        success=_share(shares["goal_success"]),
        interval=percent(shares["goal_success"].interval),
        solvable=solvable,
        rates=shares,
        scores=scores,
    )


def _told_rates(trajectories: Sequence[Trajectory]) -> dict[str, Rate]:
    """The shares of what the users were told; see `trajectories.scoring.outcomes.LEGEND`."""
    held: dict[str, dict[str, tuple[int, int]]] = {name: {} for name in LEGEND}
    for each in trajectories:
        cluster = Episode.of(each).task
        for name, (part, of) in claim_shares(each.outcome).items():
            before = held[name].get(cluster, (0, 0))
            held[name][cluster] = (before[0] + part, before[1] + of)
    return {name: Rate.of_clusters(clusters) for name, clusters in held.items()}


def _share(rate: Rate) -> float | None:
    """In percent; None without episodes."""
    return round(100 * rate.part / rate.of, 2) if rate.of else None


def together(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """One row for each agent over all scenarios, best first: by right ends, then clean recovery.

    Each says by how many points of right ends it is behind the first, with a paired interval.
    """
    by_agent: dict[str, list[Scorecard]] = defaultdict(list)
    for card in cards:
        by_agent[card.agent].append(card)
    rows = [_pool(agent, of) for agent, of in by_agent.items()]
    rows.sort(key=lambda row: [-(row.rates[name].value or 0.0) for name in _RANKING])
    rows[1:] = [_measure(rows[0], row) for row in rows[1:]]
    return rows


def _measure(first: Scorecard, row: Scorecard) -> Scorecard:
    if not (first.comparable and row.comparable):
        return row
    return replace(row, scores={**row.scores, "behind": behind(first, row)})


def behind(first: Scorecard, row: Scorecard) -> dict[str, Any]:
    """Points of right ends between two agents that met the same tasks, with a 95 % interval."""
    ours, theirs = row.rates["right_end"], first.rates["right_end"]
    gap = (theirs.value or 0.0) - (ours.value or 0.0)
    ends = percent(difference(theirs.clusters, ours.clusters))
    return {"agent": first.agent, "points": round(100 * gap, 2), "interval": ends}


_RANKING: Final = ("right_end", "clean_recovery_rate", "recovery_rate")


def _pool(agent: str, cards: Sequence[Scorecard]) -> Scorecard:
    summed = {name: sum((card.rates[name] for card in cards), Rate()) for name in cards[0].rates}
    reached = summed["goal_success"]
    return Scorecard(
        agent=agent,
        scenario=TOGETHER,
        episodes=reached.of,
        success=_share(reached),
        interval=percent(reached.interval),
        solvable=all(card.solvable for card in cards),
        comparable=all(card.comparable for card in cards),
        rates=summed,
        scores={"incidents": sum(card.scores["incidents"] for card in cards)},
    )
