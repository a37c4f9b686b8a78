"""What can go wrong here.

TrajectoryError
├── RecordError     a record that is not one, or comes from a newer version
├── StoreError      the store cannot be opened, read or written
├── FormatError     a file or a format name that cannot be imported or exported
└── MissingExtra    an optional package is needed for this format
"""

from __future__ import annotations

from collections.abc import Iterable


class TrajectoryError(Exception):
    """Base of every error this package raises on purpose."""


class RecordError(TrajectoryError):
    """Bytes or values that do not make a trajectory; says which field and why."""


class StoreError(TrajectoryError):
    """The store cannot be opened, read or written; says what is safe and what to do."""


class FormatError(TrajectoryError):
    """A file does not have the shape its format promises; names the file and the place."""


class MissingExtra(TrajectoryError):
    """A format needs a package that is not installed."""

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r} of the extra {extra!r}")
        self.extra = extra


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> FormatError:
    """The error for a name that is not in a table; lists the ones that are."""
    return FormatError(f"unknown {kind} {name!r}; valid: {', '.join(sorted(valid))}")
