"""Outside yardsticks: what others wrote to measure agents, with their data in WAVETANK_CORPUS."""

from __future__ import annotations

from agent.evaluation.yardsticks.run import run_yardstick
from agent.evaluation.yardsticks.yardstick import Yardstick, load_yardstick, yardsticks

__all__ = ["Yardstick", "load_yardstick", "run_yardstick", "yardsticks"]
