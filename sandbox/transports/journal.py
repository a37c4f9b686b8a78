"""The journal of a state file: what calls changed since the file was written, before they answer.

A state file is written whole every few seconds. What a call changes in between goes into a file
beside it, one line a call, before the caller hears of it; a killed server has lost nothing that it
said was done. Room on the disk is taken beforehand: where there is none, calls that change
something are undone and refused instead of forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import orjson

from sandbox.transports.call_limit import CallLimit
from sandbox.world.state.kept_changes import change_of, make_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.world import Session

_ROOM: Final = 1 << 20
"""Bytes that are taken at a time."""
_SPARE: Final = 1 << 16
"""Bytes beyond its own body that the record of a call may have."""


class NotKept(Exception):
    """A call was undone, since what it changes cannot be kept."""


class Journal:
    """Files `STATE.1.log`, `STATE.2.log`, … beside a state file; one is written at a time.

    `save` writes the state file whole, for changes that no line can tell. Raises OSError.
    """

    def __init__(self, state: Path, save: Callable[[], None]) -> None:
        self._state = state
        self._save = save
        self._file = -1
        self._end = self._room = 0
        self.number = max([0, *(number for number, _ in _files(state))])

    def rotate(self) -> int:
        """Begin the next file; its number. The old one is written on where there is no room."""
        place = _file(self._state, self.number + 1)
        try:
            opened = os.open(place, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        except OSError:
            if self._file < 0:
                raise
            return self.number
        self.close()
        self._file, self._end, self._room = opened, 0, 0
        self.number += 1
        return self.number

    def drop_before(self, number: int) -> None:
        """Remove the files that a state file holds by now."""
        for each, place in _files(self._state):
            if each < number:
                with suppress(OSError):
                    place.unlink()

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def reserve(self, size: int) -> bool:
        """Take room for the record of a call with a body of that size; False: there is none."""
        wanted = self._end + 4 * size + _SPARE
        try:
            while self._room < wanted:
                self._room += os.pwrite(self._file, bytes(_ROOM), self._room)
        except OSError:
            return False
        return True

    def note(self, key: str, change: dict[str, Any] | None) -> None:
        """Put what a call changed on record; None where only the whole file tells it.

        Raises OSError where there is no room.
        """
        if change is None:
            self._save()
            return
        line, written = orjson.dumps([key, change]) + b"\n", 0
        try:
            while written < len(line):
                written += os.pwrite(self._file, line[written:], self._end + written)
        except OSError:
            with suppress(OSError):  # no half of a line may be taken for one
                os.ftruncate(self._file, self._end)
            self._room = self._end
            raise
        self._end += len(line)


class KeptCall:
    """A call of a session, with its time limited and its changes kept before it answers."""

    __slots__ = (
        "_before",
        "_counted",
        "_journal",
        "_key",
        "_limit",
        "_moment",
        "_session",
        "_size",
    )

    def __init__(
        self, limit: CallLimit, journal: Journal, key: str, session: Session, size: int
    ) -> None:
        """`size`: bytes of the body."""
        self._limit, self._journal, self._key = limit, journal, key
        self._session, self._size = session, size

    def __enter__(self) -> None:
        session = self._session
        self._moment = None if self._journal.reserve(self._size) else session.snapshot()
        self._before, self._counted = session.state.overlay, len(session.ledger)
        self._limit.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raises NotKept where there was no room; the session is as it was before then."""
        self._limit.__exit__(kind, error, trace)
        session = self._session
        rows = [session.ledger[number] for number in range(self._counted, len(session.ledger))]
        change = change_of(session, self._before, rows)
        if change == {}:
            return
        try:
            self._journal.note(self._key, change)
        except OSError as full:
            if self._moment is not None:
                session.restore(self._moment)
            session.state.overlay = self._before
            raise NotKept(
                f"There is no room to keep what this call changes: {full.strerror}. It is undone."
            ) from None


def replay(state: Path, first: int, sessions: Mapping[str, Session]) -> None:
    """Bring sessions to where the journal ends that a state file goes on in with number `first`.

    What a killed server did not finish writing is no line: nobody was answered.
    """
    for number, place in sorted(_files(state)):
        for key, change in _lines(place) if number >= first else ():
            if key in sessions:
                make_change(sessions[key], change)


def _lines(place: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in place.read_bytes().split(b"\n")[:-1]:
        yield tuple(orjson.loads(line))


def _files(state: Path) -> Iterator[tuple[int, Path]]:
    for place in state.parent.glob(f"{state.name}.*.log"):
        number = place.name.removeprefix(f"{state.name}.").removesuffix(".log")
        if number.isdecimal():
            yield int(number), place


def _file(state: Path, number: int) -> Path:
    return state.with_name(f"{state.name}.{number}.log")
