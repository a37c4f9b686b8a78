"""α-UMi as an agent: who writes each role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.backends import Backend
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, converse
from agent.runtime.events import Event
from agent.runtime.roles import Role
from agent.runtime.search import Tree, search

RoleBackends = Callable[[Any, Environment, int], Mapping[Role, Backend]]
"""The backends of one episode's roles: from its task, its environment and its seed."""

Closer = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Umi:
    """Three roles, each written by any backend; the same backend thrice is the single-model arm."""

    name: str
    backends: RoleBackends
    closers: tuple[Closer, ...] = ()
    """What to call when no more episodes come."""
    tree: Tree | None = None
    """How far it searches; None for one chain."""

    def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        """Planner, caller and summarizer turns: one chain, or the branch that a search chose."""
        backends = self.backends(task, environment, seed)
        if self.tree is not None:
            return search(backends, task, environment, self.tree, budget=budget, seed=seed)
        return converse(backends, task, environment, budget=budget, seed=seed)

    async def close(self) -> None:
        """Give back what the backends hold."""
        for closer in self.closers:
            await closer()


def umi(name: str, backends: Mapping[Role, Backend]) -> Umi:
    """α-UMi whose roles are the same backends in every episode."""
    return Umi(name, lambda task, environment, seed: backends)
