"""A foreign agent's process with all it starts: ended as a group, waited for by its exit."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

LINE: Final = 16 << 20
"""Bytes of one line, or of one answer, that an agent may write."""
TAIL: Final = 2000
"""Characters kept of what a crashing agent wrote to its standard error."""


class Process(Protocol):
    """A child that was started as the leader of a group of its own."""

    @property
    def pid(self) -> int: ...


def end_group(process: Process) -> None:
    """Kill the process and everything that it started; does nothing when all have ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end_strays(mark: str) -> None:
    """Kill what left its group (setsid) and still has the mark in its environment; on Linux."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark.encode() in place.read_bytes():
                os.kill(int(place.parent.name), signal.SIGKILL)


def tail(text: str) -> str:
    """The end of a text without control characters other than line breaks."""
    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return plain.strip()[-TAIL:]
