"""Agents in worlds: run them, collect what happened, train small ones, test them under stress.

    from agent import agent_from, stress
    from sandbox import World

    for result in stress([World.load("bookshop")], [agent_from("scripted:polite")], n=3):
        print(result)

Names are imported when they are first asked for. `collect` is in `agent.collect.collect`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from specs import __version__ as __version__

if TYPE_CHECKING:
    from agent.agents import agent_from, known_agents
    from agent.errors import AgentError
    from agent.evaluation.pilot import pilot
    from agent.evaluation.stress import Scorecard, stress
    from agent.policies.behaviours import scripted
    from agent.runtime.episode import Agent, Budget, run
    from agent.runtime.umi import Umi, umi

__all__ = [
    "Agent",
    "AgentError",
    "Budget",
    "Scorecard",
    "Umi",
    "agent_from",
    "known_agents",
    "pilot",
    "run",
    "scripted",
    "stress",
    "umi",
]

_HOMES = {
    "agents": ("agent_from", "known_agents"),
    "errors": ("AgentError",),
    "evaluation.pilot": ("pilot",),
    "evaluation.stress": ("Scorecard", "stress"),
    "policies.behaviours": ("scripted",),
    "runtime.episode": ("Agent", "Budget", "run"),
    "runtime.umi": ("Umi", "umi"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"agent.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'agent' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
