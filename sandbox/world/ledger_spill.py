"""Spilled ledger rows: on disk until somebody looks, in a file that has no name.

Only sessions on a server spill: theirs may live for weeks, and a ledger keeps everything.
"""

from __future__ import annotations

import pickle
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from io import BytesIO
from itertools import chain
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Any, overload
from weakref import finalize

from sandbox.messages import Arguments, Problem, Request, Response

if TYPE_CHECKING:
    from sandbox.world.ledger import Exchange

CHUNK = 1000
"""Rows that are written, and read again, together."""


def _by_fields(kind: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    taken = attrgetter(*(field.name for field in fields(kind)))
    return lambda value: (kind, taken(value))


_REDUCED: dict[type, Callable[[Any], Any]] = {
    kind: _by_fields(kind) for kind in (Arguments, Problem, Request, Response)
}


def _pack(rows: Sequence[Exchange]) -> bytes:
    """The rows as plain tuples, and what is in them by its fields: a quarter of the usual cost."""
    buffer = BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCED
    pickler.dump([tuple(row) for row in rows])
    return buffer.getvalue()


class Spill(Sequence["Exchange"]):
    """Append-only rows in an anonymous temporary file; what is read back equals what was put in.

    `make` builds a row of its fields.

    Pickle is safe here: nobody but this process can open the file, and it is gone with the rows.
    A chunk stores what its rows share, such as a reply given a thousand times, only once.
    """

    __slots__ = ("__weakref__", "_chunks", "_file", "_lock", "_make", "_read", "_starts", "_whole")

    def __init__(self, make: Callable[[tuple[Any, ...]], Exchange]) -> None:
        import tempfile

        self._make = make
        self._file = tempfile.TemporaryFile()
        finalize(self, self._file.close)
        self._lock = Lock()
        self._chunks: list[tuple[int, int]] = []
        """Offset and bytes of each chunk in the file."""
        self._starts: list[int] = []
        """The number of each chunk's first row."""
        self._whole = 0
        self._read: tuple[int, list[Exchange]] = (-1, [])
        """The chunk that was read last."""

    def extend(self, rows: Sequence[Exchange]) -> None:
        """Put rows behind those that are here. Raises OSError where the disk has no room."""
        for start in range(0, len(rows), CHUNK):
            chunk = list(rows[start : start + CHUNK])
            packed = _pack(chunk)
            with self._lock:
                offset = self._file.seek(0, 2)
                self._file.write(packed)
                self._file.flush()
                self._chunks.append((offset, len(packed)))
                self._starts.append(self._whole)
                self._whole += len(chunk)

    def __len__(self) -> int:
        return self._whole

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._whole))]
        if not 0 <= index < self._whole:
            raise IndexError(index)
        number = bisect_right(self._starts, index) - 1
        return self._chunk(number)[index - self._starts[number]]

    def __iter__(self) -> Iterator[Exchange]:
        return chain.from_iterable(map(self._chunk, range(len(self._chunks))))

    def _chunk(self, number: int) -> list[Exchange]:
        with self._lock:
            known, rows = self._read
            if known != number:
                offset, size = self._chunks[number]
                self._file.seek(offset)
                made = self._make
                rows = [made(row) for row in pickle.loads(self._file.read(size))]
                self._read = (number, rows)
            return rows
