"""Imports: other people's tool-use data as records.

    store.add_many(import_file("out_of_domain.json", "alpha-umi"))

Imported episodes were never judged: their outcome says so and is no success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from trajectories.errors import FormatError, unknown_name
from trajectories.exports import native
from trajectories.imports import alpha_umi, bfcl, openai, toolalpaca, toolbench
from trajectories.records import Trajectory

__all__ = ["FORMATS", "import_file"]

_READERS: Final[Mapping[str, Callable[[Path], Iterator[Trajectory]]]] = {
    "native": native.read,
    "alpha-umi": alpha_umi.read,
    "toolbench": toolbench.read,
    "toolalpaca": toolalpaca.read,
    "openai": openai.read,
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
