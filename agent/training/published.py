"""Reading the four published row files: train_backbone, train_planner, train_caller, …"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.training.recipes import TrainingError
from trajectories.canonical import parse
from trajectories.rows import Row

FILES: Final = ("backbone", "planner", "caller", "summarizer")


def read_rows(folder: Path) -> list[Row]:
    """The rows of every file in `folder` whose name ends in a role: `…backbone.json`, ….

    Raises TrainingError naming the place when there are none or one cannot be read.
    """
    found: list[Row] = []
    for role in FILES:
        for path in sorted(folder.glob(f"*{role}.json")):
            found += _read_rows(path, role)
    if not found:
        names = ", ".join(f"*{role}.json" for role in FILES)
        raise TrainingError(f"{folder}: no rows here; expected files named {names}")
    return found


def _read_rows(path: Path, role: str) -> list[Row]:
    try:
        items = parse(path.read_text(encoding="utf-8"))
        return [
            Row(role, item["input"], item["target"], tuple(item.get("history") or ()))
            for item in items
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"{path}: not a file of rows (a list of input, target, history): {error!r}"
        ) from error
