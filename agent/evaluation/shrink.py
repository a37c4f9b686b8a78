"""The witness: the smallest case in which an agent still does the harm that a run found.

A case is reduced along four axes, storm and task first, then world and drift, until nothing more
can be left out. Every candidate is played by the agent, and by a good scripted agent too: what
goes wrong for that one as well is nobody's bug, so such a candidate is not taken.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from agent.agents import agent_from
from agent.errors import AgentError
from agent.evaluation.case_sizes import Axis, sizes
from agent.evaluation.cases import Case, Player
from agent.evaluation.reductions import drift_cases, storm_cases, world_cases
from agent.evaluation.smaller_tasks import task_cases
from agent.policies.mutants import FLAWLESS
from agent.runtime.episode import Agent
from sandbox.errors import SandboxError
from trajectories import Trajectory
from trajectories.scoring.findings import findings
from trajectories.scoring.intervals import wilson

_MEASURED: Final = 5
"""Runs that tell whether an agent does the same each time."""
_PATIENT: Final = 30
"""Runs in which the finding has to show once, for an agent that does not."""
_TRIES: Final = 12
"""Runs of one candidate at most."""
_CONFIRMED: Final = 20
"""Runs of the smallest case, for an agent that is not deterministic; else as many as measured."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The smallest case that was found."""

    kind: str
    """Of the finding."""
    case: Case
    record: Trajectory
    """The agent in it."""
    before: Mapping[Axis, int]
    after: Mapping[Axis, int]
    """Elements of each axis; see `case_sizes`."""
    failed: int
    runs: int
    """In how many of how many runs the smallest case shows the finding."""
    candidates: int
    seconds: float
    complete: bool = True
    """Whether nothing more could be left out; False: the time was up."""

    @property
    def interval(self) -> tuple[float, float]:
        """Of the probability that the smallest case shows the finding: 95 %, Wilson."""
        return wilson(self.failed / self.runs, self.runs)

    @property
    def reduction(self) -> float:
        """The share of all elements that could be left out, in percent."""
        whole = sum(self.before.values())
        return round(100 * (1 - sum(self.after.values()) / whole), 1) if whole else 0.0

    def as_json(self) -> dict[str, Any]:
        """The numbers and the case."""
        return {
            "finding": self.kind,
            "before": dict(self.before),
            "after": dict(self.after),
            "reduction": self.reduction,
            "failed": self.failed,
            "runs": self.runs,
            "interval": [round(end, 3) for end in self.interval],
            "candidates": self.candidates,
            "seconds": round(self.seconds, 1),
            "complete": self.complete,
            "case": self.case.as_json(),
        }


def shrink(case: Case, agent: Agent, kind: str, *, seconds: float = 240.0) -> Witness:
    """The smallest case found within `seconds` in which the agent shows the finding `kind`.

    An agent that is not deterministic plays each candidate as often as it takes to see the finding
    with 95 % probability, as measured in the case itself. Raises AgentError when it does not show
    it there.
    """
    with Player(agent) as player, Player(agent_from(FLAWLESS)) as good:
        search = _Search(player, good, kind, time.monotonic() + seconds)
        search.measure(case)
        before = sizes(case, search.record)
        smallest = _smallest(case, search)
        shown = [search.shows(smallest) for _ in range(_MEASURED)]
        if not all(shown):
            shown += [search.shows(smallest) for _ in range(_CONFIRMED - _MEASURED)]
        return Witness(
            kind=kind,
            case=smallest,
            record=search.shown or search.record,
            before=before,
            after=sizes(smallest, search.shown or search.record),
            failed=sum(shown),
            runs=len(shown),
            candidates=search.candidates,
            seconds=time.monotonic() - search.began,
            complete=not search.stopped,
        )


def _smallest(case: Case, search: _Search) -> Case:
    """Pass after pass over the axes until none makes it smaller, or the time is up."""
    try:
        while True:
            start = case
            for reduce in (storm_cases, task_cases, world_cases, drift_cases, storm_cases):
                case = reduce(case, search)
            if case == start:
                return case
    except _TimeUp:
        search.stopped = True
        # Reducers try smaller cases only: the last that held is the smallest.
        return search.smallest or case


class _TimeUp(Exception):
    """The search ends where it is: building more candidates would take time, too."""


@dataclass
class _Search:
    """Plays candidates."""

    player: Player
    good: Player
    kind: str
    end: float
    began: float = field(default_factory=time.monotonic)
    candidates: int = 0
    tries: int = 1
    """Runs of a candidate; more than one where the agent does not do the same each time."""
    blameless: bool = False
    """Whether the good agent reaches the goal of the case that was found."""
    stopped: bool = False
    """Whether it ended because the time was up."""
    smallest: Case | None = None
    """The last candidate that held."""
    known: dict[bytes, bool] = field(default_factory=dict)
    shown: Trajectory | None = None
    """The last record that shows the finding."""

    @property
    def record(self) -> Trajectory:
        assert self.shown is not None
        return self.shown

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.end

    def measure(self, case: Case) -> None:
        """How often the agent shows it in the case, and what the good agent makes of the case."""
        tried = [self.shows(case) for _ in range(_MEASURED)]
        while not any(tried) and len(tried) < _PATIENT and not self.late:
            tried.append(self.shows(case))
        if not any(tried):
            raise AgentError(
                f"the finding {self.kind} does not occur again in {len(tried)} runs of its episode"
            )
        if not all(tried):
            missed = 1 - sum(tried) / len(tried)
            self.tries = min(_TRIES, math.ceil(math.log(0.05) / math.log(missed)))
        record = self.good.play(case)
        self.blameless = record.outcome.success and not _has(record, self.kind)

    def __call__(self, case: Case) -> bool:
        """Whether the finding is still there, and still the agent's own. Raises _TimeUp."""
        if self.late:
            raise _TimeUp
        key = orjson.dumps(case.as_json(), option=orjson.OPT_NON_STR_KEYS)
        if key not in self.known:
            self.candidates += 1
            self.known[key] = self._holds(case)
        if self.known[key]:
            self.smallest = case
        return self.known[key]

    def _holds(self, case: Case) -> bool:
        try:
            used = {step["tool"] for step in case.task.get("solution") or ()}
            if not used <= case.world.tools.keys():
                return False  # nobody could do it
            if not any(self.shows(case) for _ in range(self.tries)):
                return False
            record = self.good.play(case)
        except (SandboxError, AgentError, ValueError):
            return False  # a candidate that is no document, plan or task
        return not _has(record, self.kind) and (record.outcome.success or not self.blameless)

    def shows(self, case: Case) -> bool:
        """Play the agent once: does it show the finding?"""
        record = self.player.play(case)
        if record.outcome.attribution == "ours" or not _has(record, self.kind):
            return False
        self.shown = record
        return True


def _has(record: Trajectory, kind: str) -> bool:
    return any(finding.kind == kind for finding in findings(record))
