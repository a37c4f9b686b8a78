"""Exports: the same records in the formats that trainers and viewers read.

    export(store.iterate(outcome="success"), "trl", Path("rows.parquet"))

Every exporter says in `drops` what cannot be got back; a malformed call keeps its raw text in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from trajectories.errors import unknown_name
from trajectories.exports.exporter import Exporter, Summary
from trajectories.records import Trajectory

__all__ = ["FORMATS", "Exporter", "Summary", "export", "exporter"]

# Module and name of each exporter: imported when asked for, since some need optional packages.
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "native": ("native", "NATIVE"),
    "openai": ("openai", "OPENAI"),
    "trl": ("trl", "TRL"),
    "trl-preference": ("trl", "PREFERENCES"),
    "atif": ("atif", "ATIF"),
    "sharegpt": ("sharegpt", "SHAREGPT"),
    "alpha-umi": ("alpha_umi", "ALPHA_UMI"),
    "toolbench": ("toolbench", "TOOLBENCH"),
}

FORMATS: Final = tuple(_PLACES)
"""Names of the formats."""


def exporter(format: str) -> Exporter:
    """The exporter of a format. Raises FormatError for a name that is none."""
    if format not in _PLACES:
        raise unknown_name("format", format, _PLACES)
    module, name = _PLACES[format]
    found = getattr(import_module(f"trajectories.exports.{module}"), name)
    assert isinstance(found, Exporter)
    return found


def export(trajectories: Iterable[Trajectory], format: str, out: str | Path) -> Summary:
    """Write records to `out` in a format; the output appears only when it is complete.

    Raises FormatError (unknown format, unwritable output) or MissingExtra.
    """
    return exporter(format).write(trajectories, Path(out))
