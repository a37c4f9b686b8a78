"""Imports: other people's tool-use data as records.

    store.add_many(import_file("out_of_domain.json", "alpha-umi"))
    store.add_many(open_file("somebody's.json"))

Our own records come back whole from native, ATIF and Inspect files. Other imported episodes were
never judged: their outcome says so and is no success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from trajectories.errors import FormatError, unknown_name
from trajectories.exports import native
from trajectories.imports import (
    alpha_umi,
    atif,
    bfcl,
    inspect_log,
    openai,
    sharegpt,
    toolalpaca,
    toolbench,
    trl,
)
from trajectories.imports.detection import SUFFIXES, format_of
from trajectories.records import Trajectory

__all__ = ["FORMATS", "import_file", "open_file"]

_READERS: Final[Mapping[str, Callable[[Path], Iterator[Trajectory]]]] = {
    "native": native.read,
    "alpha-umi": alpha_umi.read,
    "toolbench": toolbench.read,
    "toolalpaca": toolalpaca.read,
    "openai": openai.read,
    "trl": trl.read,
    "atif": atif.read,
    "sharegpt": sharegpt.read,
    "inspect": inspect_log.read,
    "bfcl": bfcl.read,
}

FORMATS: Final = tuple(_READERS)
"""Names of the formats."""


def import_file(path: str | Path, format: str) -> Iterator[Trajectory]:
    """The records of a file, one after the other.

    Raises FormatError: unknown format, no such file, not of that shape (naming the place).
    """
    if format not in _READERS:
        raise unknown_name("format", format, _READERS)
    if not Path(path).exists():
        raise FormatError(f"{path}: no such file")
    return _READERS[format](Path(path))


def open_file(path: str | Path) -> Iterator[Trajectory]:
    """The records of a file or folder, in the format that its content shows.

    A folder is α-UMi's row files, or any number of files of any format; what in it is JSON but no
    trajectory is passed over. Raises FormatError naming the place.
    """
    path = Path(path)
    if not path.is_dir() or any(path.glob("train_*.json")):
        return import_file(path, format_of(path))
    known = ((file, format_of(file, strict=False)) for file in sorted(path.rglob("*"))
             if file.suffix in SUFFIXES)  # fmt: skip
    return (each for file, form in known if form for each in import_file(file, form))
