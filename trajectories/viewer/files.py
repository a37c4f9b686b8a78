"""Uploaded files as records, and records as files to take along."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from trajectories.errors import FormatError, TrajectoryError
from trajectories.exports import export
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


def exported_bytes(record: Trajectory, form: str, suffix: str) -> bytes:
    """A record in an export format; a format of several files is a zip.

    Raises MissingExtra where the format needs a package that is not installed.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("out" if suffix == "zip" else f"out.{suffix}")
        export([record], form, path)
        if path.is_file():
            return path.read_bytes()
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.iterdir()):
                archive.write(file, file.name)
        return packed.getvalue()
