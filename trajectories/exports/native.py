"""Native JSONL: one canonical record per line. Lossless: reading it back gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from trajectories.errors import FormatError
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.records import Trajectory


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write records in the order given."""
    rows = 0
    with fresh(out) as file:
        for trajectory in trajectories:
            file.write(trajectory.to_bytes() + b"\n")
            rows += 1
    return Summary(format="native", trajectories=rows, rows=rows, files=(out,))


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a native file. Raises FormatError or RecordError naming file and line."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield Trajectory.from_bytes(line, place=f"{path}, line {number}")
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error


NATIVE: Final = Exporter(
    name="native", write=write, suffix=".jsonl", note="this package; the source of all others"
)
