"""What a yardstick is and where its data lies: one YAML file each under `specs/yardsticks`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict

import specs
from agent.errors import AgentError
from agent.evaluation.yardsticks import bfcl, hammer, restbench, toolalpaca, toolbench
from agent.evaluation.yardsticks.questions import Question

CORPUS: Final = "WAVETANK_CORPUS"
_READERS: Final[Mapping[str, Callable[[Sequence[Path]], list[Question]]]] = {
    "bfcl": bfcl.questions,
    "hammer": hammer.questions,
    "restbench": restbench.questions,
    "toolalpaca": toolalpaca.questions,
    "toolbench": toolbench.questions,
}


class Yardstick(BaseModel):
    """One yardstick. Figures are in percent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    source: str
    licence: str
    counts: str
    """What counts, in words."""
    metrics: list[str]
    folders: list[str]
    """Where the files may lie, relative to WAVETANK_CORPUS."""
    files: list[str]
    printed: list[dict[str, str | float]]
    """What others report for known models."""
    get: str = ""
    """How to come by the data."""


def yardsticks() -> dict[str, Yardstick]:
    """Every yardstick by name."""
    return {name: load_yardstick(name) for name in specs.presets("yardsticks")}


def load_yardstick(name: str) -> Yardstick:
    """A yardstick by name. Raises AgentError with the names there are."""
    known = specs.presets("yardsticks")
    if name not in known:
        raise AgentError(f"no yardstick {name!r}; valid are {', '.join(known)}")
    text = specs.path(name, "yardsticks").read_text(encoding="utf-8")
    return Yardstick.model_validate(yaml.safe_load(text))


def questions_of(name: str) -> list[Question]:
    """All questions of a yardstick. Raises AgentError naming missing data or a malformed row."""
    return _READERS[name](_files(name, load_yardstick(name)))


def data_is_there(yardstick: Yardstick) -> bool:
    """Whether WAVETANK_CORPUS holds all of a yardstick's files."""
    return _folder(yardstick) is not None


def _files(name: str, yardstick: Yardstick) -> list[Path]:
    folder = _folder(yardstick)
    if folder is not None:
        return [folder / file for file in yardstick.files]
    root = os.environ.get(CORPUS)
    wanted = f"{' or '.join(yardstick.folders)} with {', '.join(yardstick.files)}"
    where = f"{root} lacks {wanted}" if root else f"set {CORPUS} to a folder that has {wanted}"
    how = f"; {yardstick.get}" if yardstick.get else f" ({yardstick.source})"
    raise AgentError(f"{name}: its data is not here: {where}{how}")


def _folder(yardstick: Yardstick) -> Path | None:
    root: Any = os.environ.get(CORPUS)
    if not root:
        return None
    for folder in yardstick.folders:
        place = Path(root) / folder
        if all((place / file).is_file() for file in yardstick.files):
            return place
    return None
