"""Where a pilot's training starts, and what the bundled roles have read already."""

from __future__ import annotations

from functools import cache

import specs
from agent.evaluation.pilot_config import Run
from sandbox import World


def starting_point(run: Run) -> str:
    """Where training starts: from the bundled stage 1, unless that has read what is held out.

    It must know neither the pilot's documents nor any tool of a held-out name.
    """
    from agent.backends.local.checkpoint import EMBEDDED, STARTED, bundled_checkpoint

    read = set(bundled_checkpoint().documents)
    if any(world.document.title in read for world in run.worlds):
        return EMBEDDED
    held = {name for part in run.splits for name in part.tools}
    return EMBEDDED if held & names_read() else STARTED


@cache
def names_read() -> frozenset[str]:
    """The names of the tools that the bundled stage 1 has read in documents of our own."""
    from agent.backends.local.checkpoint import bundled_checkpoint

    read = set(bundled_checkpoint().documents)
    worlds = [World.load(name) for name in specs.names()]
    return frozenset(
        name for world in worlds if world.document.title in read for name in world.tools
    )
