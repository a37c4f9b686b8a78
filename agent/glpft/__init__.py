"""Global-to-local progressive fine-tuning and its rivals; needs the extra `local`.

`train` and `estimate` live in `agent.glpft.train`, which imports torch.
"""

from __future__ import annotations

from agent.glpft.recipes import RECIPES, Flags, TrainingError

__all__ = ["RECIPES", "Flags", "TrainingError"]
