"""What a pilot is asked for, how far it is, and what its stages hand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.collect.holdout import Split
from agent.runtime.episode import Agent
from sandbox import World
from sandbox.tasks import Task
from trajectories import Store, Trajectory

SCENARIOS: dict[str, dict[str, str | None]] = {
    "clear": {"faults": None, "drift": None},
    "H01 and T03": {"faults": "H01,T03", "drift": None},
    "D01 and D03": {"faults": None, "drift": "D01,D03"},
}
"""Under which scenario training trajectories are collected, and what stress tries."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a pilot is asked to do."""

    documents: tuple[str, ...]
    out: Path
    train: bool = False
    bundled: bool = False
    """Without training: try the bundled role adapters, on documents that they have not read."""
    compare: tuple[str, ...] = ()
    """Further agents for the live evaluation and the stress matrix."""
    tasks: int = 360
    """Tasks per run, over all documents."""
    seed: int = 0
    recipe: str = "glpft"
    epochs: float = 1.0
    tokens: int = 120_000
    """Tokens that training reads at most: about eight minutes on two cores."""
    others: int = 60
    """Tasks on each bundled document that training also reads: a model that has seen the tools of
    one document remembers them, one that has seen many documents reads what is offered."""
    steps: int = 100
    """Steps on unseen operations scored before and after training; a quarter on seen ones."""
    live: int = 20
    """Held-out tasks attempted live by each agent."""
    stress: int = 12
    """Tasks per cell of the stress matrix."""
    only: tuple[str, ...] = ()
    command: str = "wavetank pilot"
    why_untrained: str = ""
    store: str = ":memory:"
    """Where the episodes of the evaluation and of stress are kept."""
    run: str = ""
    """What `wavetank show` takes for them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a stage is."""

    name: str
    done: int
    total: int
    note: str = ""


@dataclass(slots=True)
class Run:
    """What the stages hand on."""

    brief: Brief
    worlds: list[World]
    splits: list[Split] = field(default_factory=list)
    others: list[tuple[World, list[Task]]] = field(default_factory=list)
    """Bundled documents that training also reads, with their tasks."""
    references: dict[str, list[Trajectory]] = field(default_factory=dict)
    """seen and unseen: reference trajectories of held-out tasks."""
    trials: dict[tuple[str, str], list[Trajectory]] = field(default_factory=dict)
    """Episodes under stress, by agent and scenario as the report names them."""
    checkpoint: Path | None = None
    store: Store | None = None
    """Open while episodes are run."""
    agents: dict[str, Agent] = field(default_factory=dict)
    """Made once: a model takes seconds to load."""
    result: dict[str, Any] = field(default_factory=dict)
