"""Events and a session's ledger become a trajectory. Nothing of the wall clock gets in, so the same
seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.runtime.environment import ToolForm, tool_names
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Observed, Searched
from agent.runtime.roles import ROLES, message
from sandbox.tasks.judge import Verdict, judge
from sandbox.tasks.models import Task
from sandbox.world import Session
from sandbox.world.ledger_rows import row_json
from specs import __version__
from trajectories import Message, Outcome, Trajectory
from trajectories.labels import label
from trajectories.records import Claim, Source, identity
from trajectories.scoring.attribution import attribute
from trajectories.scoring.claims import claim_of
from trajectories.scoring.exchanges import stale
from trajectories.scoring.outcomes import ABOUT, ending_of, outcome_of


@dataclass(frozen=True, slots=True)
class Episode:
    """One attempt, as planned before it runs: everything that its record's id depends on."""

    task: Task
    document: Source
    agent: str
    seed: int = 0
    """Of the session: its initial population."""
    label: str = ""
    """Tells repetitions of the same task apart; moves faults and drift, not the world."""
    faults: Any = None
    """As JSON."""
    drift: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    id: str = field(init=False)
    """Of the record; known before the episode runs."""

    def __post_init__(self) -> None:
        made = identity(
            document=self.document.sha256,
            task=self.task.model_dump(mode="json"),
            agent=self.agent,
            seed=self.seed,
            label=self.label,
            faults=self.faults,
            drift=self.drift,
            options=dict(self.options),
        )
        object.__setattr__(self, "id", made)


def written_tokens(record: Trajectory) -> int:
    """What the roles wrote, at four characters to the token as budgets count."""
    return sum(len(turn.content) for turn in record.messages if turn.role in ROLES) // 4


@dataclass(slots=True)
class Recorder:
    """Listens to one episode."""

    episode: Episode
    tools: Sequence[ToolForm]
    """As shown to the agent at the start."""
    messages: list[Message] = field(default_factory=list)
    answer: str | None = None
    gave_up: bool = False
    claim: Claim | None = None
    """What the user was told; None until the agent has ended the episode."""
    calculated: Sequence[str] = ()
    """What the runtime calculated for the answer."""
    ended: Ended | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.messages.append(Message(role="user", content=self.episode.task.instruction))
        self.counts = dict.fromkeys(("steps", "errors", "hallucinated", "malformed"), 0)

    def hear(self, event: Event) -> None:
        """Take in one event."""
        turn = message(event)
        if turn is not None:
            self.messages.append(turn)
        match event:
            case Called(name, arguments):
                self.counts["steps"] += 1
                self.counts["malformed"] += arguments is None
                self.counts["hallucinated"] += name not in tool_names(self.tools)
            case Observed(error=error):
                self.counts["errors"] += error
            case Answered(text, claim, calculated):
                self.answer, self.claim = text, claim or claim_of(text)
                self.calculated = calculated
            case GaveUp(claim=claim):
                self.gave_up, self.claim = True, claim
            case Ended():
                self.ended = event
            case Searched(steps, calls):
                self.counts |= {"searched_steps": steps, "searched_calls": calls}

    def verdict(self, session: Session) -> Verdict:
        """What the judge says, from the final state and the values that the answer states."""
        return judge(self.episode.task, session, self.answer)

    def trajectory(self, session: Session) -> Trajectory:
        """The record of the finished episode, its turns labelled."""
        plan, rows = self.episode, list(self._ledger(session))
        record = Trajectory(
            id=plan.id,
            document=plan.document,
            task=plan.task.model_dump(mode="json", exclude_defaults=True),
            seed=plan.seed,
            label=plan.label,
            faults=plan.faults,
            drift=plan.drift,
            options=dict(plan.options),
            agent=plan.agent,
            tools=list(self.tools),
            messages=self.messages,
            ledger=rows,
            outcome=self._outcome(session, rows),
            provenance={"wavetank": __version__},
        )
        return label(record)

    def _ledger(self, session: Session) -> Iterator[dict[str, Any]]:
        """One row per call. Over HTTP a session cannot know which tool a request was."""
        names = [turn.call.name for turn in self.messages if turn.call is not None]
        for index, exchange in enumerate(session.ledger):
            row = row_json(session.world, exchange)
            if row["tool"] is None and index < len(names):
                row["tool"] = names[index]
            if stale(row):
                row["changed_by"] = _operator(session, row)
            yield row

    def _outcome(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> Outcome:
        verdict = self.verdict(session)
        ended = self.ended or Ended("error")
        ledger = session.ledger
        stopped = ended.reason not in ("finish", "give_up")
        ending = ending_of(
            self.episode.task.model_dump(mode="json"),
            rows,
            goal=verdict.goal,
            answered=verdict.answered,
            collateral=bool(verdict.collateral),
            answer=self.answer or "",
            # Whoever has to be stopped has told the user nothing, whatever was reached by then.
            claim=None if stopped else self.claim,
        )
        kind, success = outcome_of(ending)
        failures = [] if success else [*verdict.failures]
        if stopped:
            detail = f": {ended.detail}" if ended.detail else ""
            failures.append(f"did not stop by itself: {ended.reason}{detail}")
        elif not success:
            failures.append(ABOUT[kind])
        return Outcome(
            success=success,
            end=ended.reason,
            answer=self.answer,
            claim=ending.claim,
            kind=kind,
            failures=failures,
            attribution=None
            if success
            else attribute(
                rows,
                end=ended.reason,
                role=ended.role,
                kind=kind,
                failures=verdict.failures,
            ),
            metrics={
                **self.counts,
                "calls": len(ledger),
                "writes": sum(len(exchange.effects) for exchange in ledger),
                "firings": sum(len(exchange.injected) for exchange in ledger),
                "collateral": len(verdict.collateral),
                "virtual_seconds": round(session.clock.now, 6),
                **({"calculated": list(self.calculated)} if self.calculated else {}),
            },
        )


def _operator(session: Session, row: Mapping[str, Any]) -> str:
    """The drift operator that changed what was called, else the first one of the release."""
    releases = session.drift.releases if session.drift is not None else ()
    release = int(row.get("release") or 0)
    if not 0 < release <= len(releases):
        return str(release)
    changes = getattr(releases[release - 1], "made", ())
    named = [made for made in changes if made.target.operation == row.get("operation")]
    return next((str(made.operator) for made in (*named, *changes)), str(release))
