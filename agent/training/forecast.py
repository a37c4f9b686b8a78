"""What a training run will read and take, said before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from agent.backends.local.checkpoint import EMBEDDED, base_of, load_tokens
from agent.training.examples import Pack
from agent.training.learners import learner
from agent.training.recipes import Flags, stages
from agent.training.train import packs_of, starting
from trajectories.records import Trajectory
from trajectories.rows import Row


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will do, before it does it."""

    stages: dict[str, dict[str, int]]
    """Per stage: examples, too_long, steps, tokens read, targets learnt."""
    tokens: int
    tokens_per_second: float | None
    seconds: float | None
    """None when nothing was measured."""


def estimate(
    source: Sequence[Trajectory] | Sequence[Row],
    *,
    backbone: str = EMBEDDED,
    flags: Flags | None = None,
    measure: bool = True,
) -> Estimate:
    """Count a run's tokens; with `measure`, time two of its steps on this machine."""
    from time import perf_counter

    flags = (flags or Flags()).validate()
    base = base_of(backbone)
    plan = stages(source, flags, load_tokens(base))
    counts: dict[str, dict[str, int]] = {}
    made: list[Pack] = []
    for stage in plan:
        todo = packs_of(stage, flags)
        made += todo
        counts[stage.name] = {
            "examples": len(stage.examples),
            "too_long": stage.too_long,
            "steps": len(todo),
            "tokens": sum(pack.length for pack in todo),
            "targets": sum(pack.targets for pack in todo),
        }
    total = sum(count["tokens"] for count in counts.values())
    if not measure:
        return Estimate(counts, total, None, None)
    learning = learner(starting(None, base, flags), plan[0], flags)
    device = next(learning.model.parameters()).device
    torch.autograd.backward(learning.loss(made[0], learning.model, device))
    begun = perf_counter()
    torch.autograd.backward(learning.loss(made[-1], learning.model, device))
    speed = made[-1].length / (perf_counter() - begun)
    return Estimate(counts, total, round(speed, 1), round(total / speed, 1))
