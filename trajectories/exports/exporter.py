"""What an export format is: a name, what it drops, and a function that writes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from trajectories.errors import FormatError
from trajectories.records import Trajectory


@dataclass(frozen=True, slots=True)
class Summary:
    """What an export wrote."""

    format: str
    trajectories: int
    """Records that are in the output."""
    rows: int
    """Lines, rows or list items over all files."""
    files: tuple[Path, ...]
    skipped: dict[str, int] = field(default_factory=dict)
    """Records left out, by reason."""


Write = Callable[[Iterable[Trajectory], Path], Summary]


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format. `write` streams: it holds no more than a batch in memory."""

    name: str
    write: Write
    suffix: str
    """Of the output file; "" when the output is a folder."""
    drops: tuple[str, ...] = ()
    """Record fields that cannot be got back from the output; () = lossless."""
    note: str = ""
    """Who reads it, in one line."""


@contextmanager
def fresh(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """A file that appears under its name only when it is complete."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, mode) as file:
            yield file
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FormatError(f"{path}: cannot be written: {error.strerror or error}") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
