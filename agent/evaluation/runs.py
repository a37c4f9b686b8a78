"""What was kept: one store per run, numbered, under the user's data folder.

`WAVETANK_RUNS` names another folder. A run is a store file `0007-stress-bookshop.db`; nothing else
is needed to list it, show it or open it in the viewer.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import AgentError
from trajectories import Store

_NAME: Final = re.compile(r"(\d{4,})-([a-z]+)-(.*)\.db")


@dataclass(frozen=True, slots=True)
class Run:
    """One kept run."""

    number: int
    command: str
    subject: str
    path: Path


def runs_folder() -> Path:
    """Where runs are kept."""
    named = os.environ.get("WAVETANK_RUNS")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "wavetank" / "runs"


def kept_runs() -> list[Run]:
    """All runs, oldest first."""
    found = []
    folder = runs_folder()
    for path in sorted(folder.glob("*.db")) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match:
            found.append(Run(int(match[1]), match[2], match[3], path))
    return found


def new_run(command: str, subject: str) -> Run:
    """A fresh number for a run; its empty file is there at once, so two runs never share one.

    Raises AgentError when the folder cannot be written.
    """
    folder = runs_folder()
    plain = re.sub(r"[^\w.-]+", "-", subject).strip("-")[:60] or "run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = max((run.number for run in kept_runs()), default=0)
        while True:
            number += 1
            if any(folder.glob(f"{number:04d}-*")):
                continue
            path = folder / f"{number:04d}-{command}-{plain}.db"
            path.touch(exist_ok=False)
            return Run(number, command, plain, path)
    except OSError as error:
        raise AgentError(f"{folder}: runs cannot be kept there: {error.strerror}") from error


def open_run(command: str, subject: str, store: str | None) -> tuple[Store, str]:
    """Where the episodes of a run go, and what `wavetank show` calls it: `store`, or a new run.

    Raises AgentError or StoreError when nothing can be kept there.
    """
    if store is not None:
        return Store.open(store), store
    run = new_run(command, Path(subject).stem)
    return Store.open(run.path), str(run.number)


def find_store(name: str) -> str:
    """The store that a run's number, a path or a URL stands for.

    Raises AgentError naming the runs there are.
    """
    if not name.isdigit():
        return name
    for run in kept_runs():
        if run.number == int(name):
            return str(run.path)
    last = [str(run.number) for run in kept_runs()][-5:]
    raise AgentError(
        f"no run {name}; {'the last ones: ' + ', '.join(last) if last else 'none kept'}"
    )
