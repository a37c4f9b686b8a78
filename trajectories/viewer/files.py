"""Uploaded files as records."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from trajectories.errors import FormatError, TrajectoryError
from trajectories.imports import open_file
from trajectories.records import Trajectory

_UNSAFE: Final = re.compile(r"[^\w.-]+")


def open_upload(data: bytes, name: str) -> list[Trajectory]:
    """The records in an uploaded file. Raises FormatError with one sentence naming the place."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / (_UNSAFE.sub("_", name)[-80:].lstrip(".") or "file")
        path.write_bytes(data)
        try:
            found = list(open_file(path))
        except TrajectoryError as error:
            raise FormatError(str(error).replace(str(path), name)) from None
    if not found:
        raise FormatError(f"{name}: holds no episodes")
    return found
