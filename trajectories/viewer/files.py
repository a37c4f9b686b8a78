"""Files of many kinds opened as records: the kind is read off the content, never off the name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from trajectories.errors import FormatError, TrajectoryError
from trajectories.imports import import_file
from trajectories.records import Trajectory

# The order matters: a native record is also a JSON object with messages in it.
_ORDER: Final = ("native", "openai", "alpha-umi", "toolbench", "toolalpaca", "bfcl")


def open_records(data: bytes, name: str) -> Iterator[Trajectory]:
    """The records in a file. Raises FormatError, with what each reader said, when none can."""
    likely = _guess(data)
    formats = _ORDER if likely is None else (likely,)
    said = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload.json"
        path.write_bytes(data)
        for form in formats:
            try:
                records = list(import_file(path, form))
            except TrajectoryError as error:
                said.append(f"{form}: {str(error).replace(str(path), name)}")
                continue
            if records:
                return iter(records)
            said.append(f"{form}: no episodes in it")
    raise FormatError(f"{name}: no format reads this file. " + "; ".join(said))


def _guess(data: bytes) -> str | None:
    """The format that the first value's keys give away, where they do."""
    text = data.decode("utf-8", "replace").lstrip()
    try:
        first, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    while isinstance(first, list) and first:
        first = first[0]
    keys: set[Any] = set(first) if isinstance(first, dict) else set()
    signs = {
        "native": {"ledger", "outcome"},
        "openai": {"messages"},
    }
    return next((form for form, wanted in signs.items() if wanted <= keys), None)
