"""Agents that need no model: known behaviours that every metric must rank as known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.backends.scripted import Script
from agent.policies.bad_policies import fabricator, looper, quitter
from agent.policies.knowledge import Behave, Scene
from agent.policies.retry_policy import RetryPolicy, follow_solution
from agent.policies.synthetic_mistakes import stumble
from agent.runtime.environment import Environment
from agent.runtime.roles import ROLES
from agent.runtime.umi import Umi

__all__ = ["BEHAVIOURS", "Behaviour", "scripted"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an agent does, and a line about it."""

    about: str
    actions: Behave


def _retrying(about: str, policy: RetryPolicy) -> Behaviour:
    return Behaviour(about, lambda scene: follow_solution(scene, policy))


PERFECT: Final = RetryPolicy(
    retries=6, waits=True, signs_in=True, rereads=True, reads_back=True, reads_bodies=True
)
_POLITE: Final = RetryPolicy(retries=5, waits=True, signs_in=True)

BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "perfect": _retrying(
        "waits as asked, looks before it repeats a write, signs in and reads the docs again",
        PERFECT,
    ),
    "verifier": _retrying(
        "like perfect, and looks after every write as well", replace(PERFECT, verifies=True)
    ),
    "stumbler": Behaviour(
        "like the verifier, but gets a call wrong first and puts it right",
        lambda scene: stumble(scene, replace(PERFECT, verifies=True)),
    ),
    "polite": _retrying(
        "waits as asked, then tries again; never looks whether it was done", _POLITE
    ),
    "re-reader": _retrying(
        "polite, and reads the documentation again after a refusal",
        replace(_POLITE, rereads=True),
    ),
    "immediate": _retrying("tries again at once, three times", RetryPolicy(retries=3)),
    "keyless": _retrying(
        "polite, but every retry of a write carries a new idempotency key",
        replace(_POLITE, keeps_key=False),
    ),
    "naive": _retrying("does not notice failures and goes on", RetryPolicy(on_failure="ignore")),
    "quitter": Behaviour("stops at the first failure and says so", quitter),
    "fabricator": Behaviour("at the first failure says that all is done", fabricator),
    "looper": Behaviour("repeats a failing call for ever", looper),
}
"""Name → how it behaves, from best to worst."""


def scripted(name: str) -> Umi:
    """A scripted agent by its name in BEHAVIOURS; raises KeyError."""
    actions = BEHAVIOURS[name].actions

    def backends(task: Any, environment: Environment, seed: int) -> dict[Any, Any]:
        script = Script(actions(Scene(task, environment, seed)))
        return dict.fromkeys(ROLES, script)

    return Umi(f"scripted:{name}", backends)
