"""Agents that need no model: known behaviours that every metric must rank as known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.backends.scripted import Script
from agent.environment import Environment
from agent.roles import ROLES
from agent.scripted.manners import Manners, play
from agent.scripted.scene import Plot, Scene
from agent.umi import Umi

__all__ = ["PLOTS", "scripted"]


def _mannered(manners: Manners) -> Plot:
    return lambda scene: play(scene, manners)


PLOTS: Final[Mapping[str, Plot]] = {
    "perfect": _mannered(
        Manners(retries=6, waits=True, signs_in=True, rereads=True, reads_back=True, verifies=False)
    ),
    "naive": _mannered(Manners(on_failure="ignore")),
    "immediate": _mannered(Manners(retries=3)),
    "polite": _mannered(Manners(retries=5, waits=True, signs_in=True)),
}
"""Name → how it behaves."""


def scripted(name: str) -> Umi:
    """A scripted agent by its name in PLOTS; raises KeyError."""
    plot = PLOTS[name]

    def cast(task: Any, environment: Environment, seed: int) -> dict[Any, Any]:
        script = Script(plot(Scene(task, environment, seed)))
        return dict.fromkeys(ROLES, script)

    return Umi(f"scripted:{name}", cast)
