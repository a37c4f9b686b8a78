"""Replay: run a record's calls again and compare every observation, byte for byte.

This module knows no sandbox. The caller gives `rerun`, which rebuilds the session a record
describes, makes its calls in order and yields what the agent would be shown each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Protocol

from trajectories.errors import RecordError
from trajectories.records import VERSION, Message, Trajectory


class Seen(Protocol):
    """What a call shows: any object with a text and a status."""

    @property
    def text(self) -> str: ...
    @property
    def status(self) -> int | None: ...


Rerun = Callable[[Trajectory], Iterable[Seen]]

_AROUND: Final = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a replay says something else than the record."""

    observation: int
    """Counted from 0 over the record's observations."""
    turn: int | None
    """Index into the record's messages; None when the record has no such observation."""
    field: str
    """text, status, missing (in the replay), extra (in the replay) or id (of the record)."""
    recorded: str
    replayed: str
    offset: int = 0
    """In bytes of UTF-8, where the texts part."""

    def __str__(self) -> str:
        if self.field == "id":
            return (
                f"the record is not what its id says: task, seed, label, agent, plans or document "
                f"were changed (they make {self.replayed})"
            )
        place = f"observation {self.observation}"
        if self.turn is not None:
            place += f" (turn {self.turn})"
        if self.field == "text":
            place += f", byte {self.offset}"
        return f"{place}: {self.field}: recorded {self.recorded!r}, replayed {self.replayed!r}"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of replaying one record."""

    id: str
    compared: int
    """Observations found equal."""
    difference: Difference | None = None

    @property
    def same(self) -> bool:
        return self.difference is None

    def __str__(self) -> str:
        if self.difference is None:
            return f"{self.id}: all {self.compared} observations reproduced"
        return f"{self.id}: {self.difference}"


def replay(trajectory: Trajectory, rerun: Rerun) -> Report:
    """Compare a record with what `rerun` yields; stops at the first difference.

    Raises RecordError for a record of an earlier version, whose world answered otherwise.
    """
    if trajectory.version < VERSION:
        raise RecordError(
            f"{trajectory.id}: a record of version {trajectory.version} can be read and exported "
            f"but not replayed, since worlds answer otherwise since version {VERSION}: collect it "
            "again"
        )
    turns = [(n, turn) for n, turn in enumerate(trajectory.messages) if turn.role == "observation"]
    compared = 0
    for recorded, seen in zip_longest(turns, rerun(trajectory)):
        difference = _compare(compared, recorded, seen)
        if difference is not None:
            return Report(id=trajectory.id, compared=compared, difference=difference)
        compared += 1
    return Report(id=trajectory.id, compared=compared)


def _compare(
    number: int, recorded: tuple[int, Message] | None, seen: Seen | None
) -> Difference | None:
    if recorded is None:
        extra = seen.text if seen is not None else ""
        return Difference(number, None, "extra", recorded="", replayed=extra[:_AROUND])
    turn, message = recorded
    if seen is None:
        return Difference(number, turn, "missing", message.content[:_AROUND], replayed="")
    if message.content != seen.text:
        here, there = _bytes(message.content), _bytes(seen.text)
        offset = _parting(here, there)
        return Difference(
            number, turn, "text", _excerpt(here, offset), _excerpt(there, offset), offset
        )
    if message.status != seen.status:
        return Difference(number, turn, "status", str(message.status), str(seen.status))
    return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parting(here: bytes, there: bytes) -> int:
    pairs = enumerate(zip(here, there, strict=False))
    shorter = min(len(here), len(there))
    return next((index for index, (left, right) in pairs if left != right), shorter)


def _excerpt(data: bytes, offset: int) -> str:
    return data[max(0, offset - _AROUND) : offset + _AROUND].decode("utf-8", "replace")
