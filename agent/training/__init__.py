"""Global-to-local progressive fine-tuning and its rivals; needs the extra `local`.

`train` lives in `agent.training.train`, `estimate` in `agent.training.forecast`; both import torch.
"""

from __future__ import annotations

from agent.training.recipes import RECIPES, Flags, TrainingError

__all__ = ["RECIPES", "Flags", "TrainingError"]
