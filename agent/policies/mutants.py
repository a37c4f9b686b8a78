"""A good scripted agent with one bug planted: does a suite see it?

The bugs are data (`mutants.yaml`): a retry policy that is worse, or an edit of `mutant_edits`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from agent.backends.scripted import Script
from agent.policies import mutant_edits
from agent.policies.actions import Actions, Call, Finish, GiveUp, Seen
from agent.policies.behaviours import PERFECT
from agent.policies.knowledge import Scene
from agent.policies.mutant_edits import Edit, ExtraActions, Memory
from agent.policies.retry_policy import RetryPolicy, follow_solution
from agent.policies.synthetic_mistakes import stumble
from agent.runtime.environment import Environment
from agent.runtime.roles import ROLES
from agent.runtime.umi import Umi

FLAWLESS: Final = "scripted:verifier"
GOOD: Final = replace(PERFECT, verifies=True)
"""The agent that bugs are planted into, and its policy."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug, and the findings of which a suite should report one."""

    about: str
    finds: tuple[str, ...]
    edit: Edit | None = None
    policy: RetryPolicy = GOOD
    stumbles: bool = False
    """The good agent gets a call wrong first, as models do: for bugs about refusals."""

    def actions(self, scene: Scene) -> Actions:
        """The good agent with the bug in it."""
        good = stumble(scene, self.policy) if self.stumbles else follow_solution(scene, self.policy)
        return good if self.edit is None else _edit_actions(scene, good, self.edit)


@cache
def mutants() -> Mapping[str, Mutant]:
    """Every mutant by its name."""
    text = files("agent.policies").joinpath("mutants.yaml").read_text("utf-8")
    return {name: _mutant(**row) for name, row in yaml.safe_load(text).items()}


def _mutant(
    *, about: str, finds: Sequence[str], edit: str = "", policy: Mapping[str, Any] | None = None,
    stumbles: bool = False,
) -> Mutant:  # fmt: skip
    edits: Edit | None = getattr(mutant_edits, edit) if edit else None
    return Mutant(about, tuple(finds), edits, replace(GOOD, **(policy or {})), stumbles)


def mutant(name: str) -> Umi:
    """The agent `mutant:NAME`; raises KeyError."""
    planted = mutants()[name]

    def backends(task: Any, environment: Environment, seed: int) -> dict[Any, Any]:
        return dict.fromkeys(ROLES, Script(planted.actions(Scene(task, environment, seed))))

    return Umi(f"mutant:{name}", backends)


def original(name: str) -> str:
    """The good agent that a mutant was made from."""
    return "scripted:stumbler" if mutants()[name].stumbles else FLAWLESS


def _edit_actions(scene: Scene, good: Actions, edit: Edit) -> Actions:
    memory = Memory()
    action = next(good)
    while True:
        chosen = edit(scene, action, memory)
        instead = (
            (yield from _remember_calls(chosen, memory))
            if isinstance(chosen, Generator)
            else chosen
        )
        if isinstance(instead, Finish | GiveUp):
            yield instead
            return
        seen = instead if isinstance(instead, Seen) else (yield instead)
        if isinstance(instead, Call):
            memory.calls.append((instead, seen))
        action = good.send(seen)


def _remember_calls(extra: ExtraActions, memory: Memory) -> ExtraActions:
    try:
        action = next(extra)
        while True:
            seen = yield action
            if isinstance(action, Call):
                memory.calls.append((action, seen))
            action = extra.send(seen)
    except StopIteration as end:
        return end.value
