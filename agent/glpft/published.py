"""The four published row files (train_backbone.json …) as rows to train on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from agent.glpft.recipes import TrainingError
from trajectories.rows import Row

FILES: Final = {
    role: f"train_{role}.json" for role in ("backbone", "planner", "caller", "summarizer")
}


def read_rows(folder: Path) -> list[Row]:
    """All rows of a folder. Raises TrainingError naming the file and what it should hold."""
    rows: list[Row] = []
    for role, name in FILES.items():
        path = folder / name
        if not path.is_file():
            continue
        try:
            items = orjson.loads(path.read_bytes())
            rows += [Row(role, str(item["input"]), str(item["target"])) for item in items]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise TrainingError(
                f"{path}: should be a JSON list of rows with input and target ({error!r})"
            ) from error
    if not rows:
        raise TrainingError(f"{folder}: holds none of {', '.join(FILES.values())}")
    return rows
