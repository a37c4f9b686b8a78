"""Search instead of one chain: DFSDT (Qin et al., arXiv 2307.16789), each branch in a fork of the
session, so that what a branch that led nowhere has changed was never done.

A node is a planner's turn with its call. A node's children are tried one after another, the later
ones told what was tried; giving up goes back two levels, a node without further children one. The
first final answer ends the search; without one the first branch that gave up is taken, else the
first that was cut off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.backends import Backend
from agent.errors import AgentError, DoesNotFit
from agent.runtime.environment import Environment, SessionEnvironment
from agent.runtime.episode import Budget, Chain
from agent.runtime.events import Called, Ended, Event, Searched
from agent.runtime.roles import Role


@dataclass(frozen=True, slots=True)
class Tree:
    """How far a search goes."""

    width: int = 2
    """Children of a node."""
    nodes: int = 12
    """Planner turns in all branches together."""


async def search(
    backends: Mapping[Role, Backend],
    task: Any,
    environment: Environment,
    tree: Tree,
    *,
    budget: Budget,
    seed: int = 0,
) -> AsyncIterator[Event]:
    """The events of the branch that was chosen; the environment's session goes on as it ended.

    Raises AgentError where there is nothing to fork: a session behind a socket, a scripted role.
    """
    if not isinstance(environment, SessionEnvironment):
        raise AgentError("a search needs sessions that it can fork: --transport in-process")
    if not all(getattr(backend, "reads_prompt", True) for backend in backends.values()):
        raise AgentError("a search needs roles that go on from any history; a script does not")
    chain = Chain.begin(backends, task, environment, budget=budget, seed=seed)
    run = _Run(tree)
    await run.explore(_Branch(chain, environment))
    chosen = run.chosen
    environment.session.restore(chosen.environment.session.snapshot())
    yield Searched(run.steps, run.calls)
    for event in chosen.events:
        yield event
    if not chosen.chain.ended:
        yield Ended("steps", "planner")


@dataclass(slots=True)
class _Branch:
    """A conversation, the session that it is about, and what has happened in it."""

    chain: Chain
    environment: SessionEnvironment
    events: list[Event] = field(default_factory=list)

    def fork(self) -> _Branch:
        return _Branch(self.chain.fork(), self.environment.fork(), [*self.events])


@dataclass(slots=True)
class _Run:
    """One search."""

    tree: Tree
    steps: int = 0
    calls: int = 0
    ends: dict[str, _Branch] = field(default_factory=dict)
    """How branches ended → the first that did so."""

    @property
    def chosen(self) -> _Branch:
        kinds = ("finish", "give_up", "cut")
        return next(self.ends[kind] for kind in kinds if kind in self.ends)

    async def explore(self, branch: _Branch) -> int:
        """Try what can come next; how many levels to go back if that led nowhere."""
        tried: list[str] = []
        while len(tried) < self.tree.width and "finish" not in self.ends:
            if self.steps >= self.tree.nodes:
                self.ends.setdefault("cut", branch)
                break
            child = branch.fork()
            self.steps += 1
            back = 1
            try:
                async for event in child.chain.step(child.environment, tried):
                    child.events.append(event)
                    self.calls += isinstance(event, Called)
            except DoesNotFit:
                if len(branch.chain.messages) == 1:
                    raise
                self.ends.setdefault("cut", branch)
                break
            turn = child.chain.messages[len(branch.chain.messages)].content
            if turn in tried:
                break
            tried.append(turn)
            if not child.chain.ended:
                back = await self.explore(child)
            elif child.events[-1] in (Ended("finish"), Ended("give_up")):
                self.ends.setdefault(child.events[-1].reason, child)
                back = 2
            else:
                self.ends.setdefault("cut", child)
            if back > 1:
                return back - 1
        return 1
