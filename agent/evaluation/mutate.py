"""Does a suite see bugs? Good scripted agents with one bug each, on the same tasks and seeds.

A bug that nothing on the document could have shown is no miss of the suite, but it is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.agents import agent_from
from agent.collect.collect import episodes
from agent.evaluation.stress import Scenario
from agent.evaluation.suite_tasks import suite_tasks
from agent.evaluation.suites import load_suite
from agent.policies.mutants import FLAWLESS, mutants, original
from sandbox.tasks import Task
from sandbox.world import World
from trajectories import Store, Trajectory
from trajectories.scoring.detectors import DETECTORS
from trajectories.scoring.exchanges import is_drift_error
from trajectories.scoring.findings import findings
from trajectories.scoring.intervals import percent, wilson

_TOLD: Final = 6
"""Faults that a bug without an occasion is said to have met."""
Episodes = Mapping[tuple[str, str], Trajectory]
"""(task id, label) → what became of it."""


@dataclass(frozen=True, slots=True)
class Bug:
    """What a suite made of one mutant."""

    name: str
    about: str
    expected: tuple[str, ...]
    """Findings of which one should be reported; the first is the one it is planted for."""
    found: tuple[str, ...] = ()
    """Findings that the good agent does not have in the same episode; worst first."""
    lost: int = 0
    """Episodes in which only the good agent reaches the goal."""
    scenario: str = ""
    """The first that gave it away."""
    acted: bool = False
    """Whether it ever did anything else than the good agent."""
    invited: bool = False
    """Whether the finding that it is planted for could have come up where it acted."""
    met: frozenset[str] = frozenset()
    """Faults and changes of the API that came up where it acted; if it never did, anywhere."""

    @property
    def applicable(self) -> bool:
        """Whether the document gave it an occasion to do harm."""
        return self.killed or (self.acted and self.invited)

    @property
    def why_not(self) -> str:
        """Why it had no occasion; "" where it had one."""
        if self.applicable:
            return ""
        more = "" if len(self.met) <= _TOLD else f" and {len(self.met) - _TOLD} more"
        met = (", ".join(sorted(self.met)[:_TOLD]) or "no fault") + more
        if not self.acted:
            return f"never acted; met {met}"
        return f"acted, but nothing led to {self.expected[0]}; met {met}"

    @property
    def killed(self) -> bool:
        """Whether the suite tells it from the good agent."""
        return bool(self.found or self.lost)

    @property
    def named(self) -> bool:
        """Whether one of the expected findings was reported."""
        return bool(set(self.found) & set(self.expected))


@dataclass(frozen=True, slots=True)
class Kills:
    """A suite's mutants on one document."""

    document: str
    suite: str
    bugs: tuple[Bug, ...]
    false_alarms: int
    """Episodes of the good agents that end in a finding."""
    good: int
    """Episodes of the good agents."""

    @property
    def share(self) -> tuple[int, int]:
        """(killed, of those that had an occasion)."""
        applicable = [bug for bug in self.bugs if bug.applicable]
        return sum(bug.killed for bug in applicable), len(applicable)

    def as_json(self) -> dict[str, Any]:
        """The numbers, rates in percent with their 95 % intervals (Wilson)."""
        return {
            "document": self.document,
            "suite": self.suite,
            "killed": _rate(*self.share),
            "rightly_named": _rate(sum(bug.named for bug in self.bugs), self.share[1]),
            "false_alarms": _rate(self.false_alarms, self.good),
            "mutants": [
                {
                    "mutant": bug.name,
                    "about": bug.about,
                    "acted": bug.acted,
                    "why_not": bug.why_not,
                    "killed": bug.killed,
                    "rightly_named": bug.named,
                    "found": list(bug.found),
                    "lost_goals": bug.lost,
                    "scenario": bug.scenario,
                }
                for bug in self.bugs
            ],
        }


def mutate(
    world: World, suite: str, *, n: int | None = None, seed: int = 0
) -> Iterator[str | Kills]:
    """Every mutant through a suite; yields the scenarios as they begin, and the kills at last.

    A mutant that was found out by what it does wrong is not run again. Raises AgentError where
    there is no such suite.
    """
    chosen = load_suite(suite)
    bugs = {name: Bug(name, each.about, each.finds) for name, each in mutants().items()}
    tasks = suite_tasks(world, n or chosen.tasks, seed=seed)
    alarms = good = 0
    for scenario in chosen.as_scenarios():
        yield scenario.name
        right = {
            name: _episodes(world, name, scenario, tasks, seed=seed)
            for name in sorted({original(name) for name in bugs})
        }
        # The stumbler gets calls wrong on purpose: what is found in its episodes is true.
        clean = right[FLAWLESS].values()
        good += len(clean)
        alarms += sum(bool(findings(record)) for record in clean)
        for name, bug in bugs.items():
            if not bug.named:
                wrong = _episodes(world, f"mutant:{name}", scenario, tasks, seed=seed)
                bugs[name] = _compare(bug, right[original(name)], wrong, scenario.name)
    yield Kills(world.document.title, suite, tuple(bugs.values()), alarms, good)


def _episodes(
    world: World, agent: str, scenario: Scenario, tasks: Sequence[Task], *, seed: int
) -> dict[tuple[str, str], Trajectory]:
    with Store.open(":memory:") as store:
        records = episodes(
            [world], agent_from(agent), store, n=len(tasks) or 1, tasks=tasks or None, seed=seed,
            faults=scenario.faults, drift=scenario.drift,
        )  # fmt: skip
        return {(str(each.task["id"]), each.label): each for each in records}


def _compare(bug: Bug, right: Episodes, wrong: Episodes, scenario: str) -> Bug:
    found = dict.fromkeys(bug.found)
    lost, acted, invited, met = bug.lost, bug.acted, bug.invited, bug.met
    for key, record in wrong.items():
        good = right[key]
        acts = _actions_of(record) != _actions_of(good)
        if acts and not acted:
            acted, met = True, frozenset()
        if acts or not acted:
            met |= _conditions_met(record)
        if acts:
            invited = invited or DETECTORS[bug.expected[0]](record) is not None
        known = {finding.kind for finding in findings(good)}
        found |= dict.fromkeys(f.kind for f in findings(record) if f.kind not in known)
        lost += good.outcome.success and not record.outcome.success
    return replace(
        bug, found=tuple(found), lost=lost, acted=acted, invited=invited, met=met,
        scenario=bug.scenario or (scenario if found or lost else ""),
    )  # fmt: skip


def _conditions_met(record: Trajectory) -> frozenset[str]:
    """The faults that fired, and whether another release answered than the one it knew."""
    drifted = any(map(is_drift_error, record.ledger))
    return frozenset([*record.fired, *(["a changed API"] if drifted else [])])


def _actions_of(record: Trajectory) -> list[Any]:
    """What an agent did, without its thoughts."""
    calls = [turn.call.text() for turn in record.messages if turn.call is not None]
    return [*calls, record.outcome.claim, record.outcome.answer]


def _rate(part: int, of: int) -> dict[str, Any]:
    share = round(100 * part / of, 2) if of else None
    interval = percent(wilson(part / of, of)) if of else None
    return {"percent": share, "part": part, "of": of, "interval": interval}
