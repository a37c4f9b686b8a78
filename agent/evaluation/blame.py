"""Whose step was it? Found by execution: the last step from which a solver still sets it right.

The episode is played again up to a step, and a scripted solver takes over that knows what was done.
Where that ends well, and taking over one step later does not, the step between is to blame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from agent.errors import AgentError
from agent.policies.behaviours import scripted
from agent.runtime.continuation import take_over
from agent.runtime.rerun import Reruns
from agent.runtime.roles import Role
from sandbox.errors import SandboxError
from sandbox.world import World
from trajectories import Trajectory
from trajectories.pairs import Pair
from trajectories.records import Message
from trajectories.timeline import Step, timeline

_SOLVERS: Final = ("perfect", "verifier")
"""Who takes over: one looks after a lost reply, the other after every write as well."""
_LONG: Final = 80
NOBODY: Final = "nobody"
"""In place of a role: no replacement sets it right."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The step that decided an episode."""

    step: int
    """From 1, as `wavetank show` counts."""
    role: Role
    did: str
    """What was done there: a tool's name, or how it ended."""
    instead: str
    """What the solver does there."""
    chosen: Trajectory
    """The episode with the solver from there on."""

    @property
    def sentence(self) -> str:
        """For people."""
        return f"step {self.step}: {self.did}; with {self.instead} instead it ends well"

    def pair(self, rejected: Trajectory) -> Pair:
        """Both ways out of the same situation, for training."""
        both = zip(rejected.messages, self.chosen.messages, strict=False)
        shared = next((n for n, (one, two) in enumerate(both) if _text(one) != _text(two)), 0)
        return Pair(self.chosen, rejected, shared)


def blame(
    record: Trajectory, world: World, *, ends_well: Callable[[Trajectory], bool] | None = None
) -> Blame | None:
    """The step to blame; None where no take-over ends well, the first step's among them.

    `ends_well` says what counts; without it the goal is reached.
    """
    well = ends_well or (lambda each: each.outcome.success)
    steps = timeline(record)
    for step in reversed(steps):
        for solver in _SOLVERS:
            fork = take_over(record, step.number, scripted(solver), world)
            if well(fork):
                return _blame_step(step, fork, record)
    return None


def blame_shares(
    records: Iterable[Trajectory], worlds: Reruns, *, most: int = 40
) -> dict[str, int]:
    """Failed episodes (at most `most`) by the role that is to blame; NOBODY for the rest."""
    counted: Counter[str] = Counter()
    for record in records:
        if record.outcome.success or record.outcome.attribution == "ours":
            continue
        found = blame_in(record, worlds)
        counted[NOBODY if found is None else found.role] += 1
        if counted.total() >= most:
            break
    return dict(counted)


def blame_in(record: Trajectory, worlds: Reruns) -> Blame | None:
    """The step to blame for a failed episode whose document can still be read."""
    if record.outcome.success or not record.task.get("solution"):
        return None
    try:
        return blame(record, worlds.world(record))
    except (AgentError, SandboxError):
        return None


def _blame_step(step: Step, fork: Trajectory, record: Trajectory) -> Blame:
    steps = timeline(fork)
    better = steps[step.number - 1] if step.number <= len(steps) else steps[-1]
    role: Role = "planner"
    if step.tool is not None and step.tool == better.tool:
        role = "caller"
    elif step.tool is None and better.tool is None and _ends(record) == _ends(fork) == "finish":
        role = "summarizer"
    return Blame(step.number, role, _did(step, record), _did(better, fork), fork)


def _did(step: Step, record: Trajectory) -> str:
    if step.tool is None:
        return "giving up" if _ends(record) == "give_up" else "answering"
    said = next((turn.call.text() for turn in _turns(step, record) if turn.call is not None), "")
    return f"calling {step.tool} {said[:_LONG]}{'…' * (len(said) > _LONG)}"


def _turns(step: Step, record: Trajectory) -> list[Message]:
    return [record.messages[turn.index] for turn in step.turns]


def _ends(record: Trajectory) -> str:
    return record.outcome.end


def _text(turn: Message) -> tuple[Any, ...]:
    return turn.role, turn.content, turn.call
