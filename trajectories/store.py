"""The store: trajectories kept for good, found again, never half.

    store = Store.open("runs.db")              # or sqlite:///runs.db, postgresql://…
    store.add_many(collected)                  # one transaction per batch; known ids are skipped
    for trajectory in store.iterate(outcome="failure", fault="H01", text="refund"): ...

Append-only and idempotent by id: a collection that was killed is simply run again. Several
processes may write at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from trajectories import canonical
from trajectories.database import connect, explain_errors, without_password
from trajectories.errors import StoreError
from trajectories.migrations import ladder, migrate, version
from trajectories.packing import compress, decompress, pack, unpack
from trajectories.query import (
    SEEDS,
    Index,
    Terms,
    by_agent_and_fault,
    index,
    value_counts,
    values_of,
    where,
)
from trajectories.records import Trajectory
from trajectories.tables import Part, Row, Tag, Tagged

T = TypeVar("T")

BATCH: Final = 200
"""Trajectories per transaction in `add_many`, and per page in `iterate`."""

_PAGE: Final = 10_000
_FRAMES: Final = 256
_KNOWN: Final = 100_000


class Store:
    """Trajectories in SQLite (write-ahead log) or PostgreSQL. Open it with `Store.open`."""

    def __init__(self, engine: Engine, *, place: str) -> None:
        self.place = place
        """Opens the same store again, also in another process."""
        self._shown = without_password(place)
        self._engine = engine
        self._dialect = engine.dialect.name
        self._insert = postgresql.insert if self._dialect == "postgresql" else sqlite.insert
        # One writer per process at a time; other processes wait in the database.
        self._writing = threading.Lock()
        self._known: set[bytes] = set()
        self._tags: dict[tuple[str, str], int] = {}
        self._frames: dict[bytes, dict[str, Any]] = {}

    @classmethod
    def open(cls, place: str | Path, *, create: bool = True, patience: float = 30.0) -> Self:
        """Open or create a store and bring its tables up to date.

        `place` is a path, `sqlite:///FILE`, `postgresql://…` or `:memory:`; `patience` is how many
        seconds a writer waits for another one. Raises StoreError: missing (with create=False),
        not a database, damaged, locked, from a newer version, server does not answer.
        """
        store = cls(connect(place, create=create, patience=patience), place=str(place))
        try:
            steps = ladder(store._dialect)
            with store._connection() as db:
                found = version(db, place=store._shown, newest=len(steps))
            # Only an old store needs the write lock, so reading works beside a busy writer.
            if found < len(steps):
                with store._write() as db:
                    migrate(db, place=store._shown, steps=steps)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Give the connections back; the store can be opened again."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, trajectory: Trajectory) -> bool:
        """Store one record in one transaction; False when its id was there already."""
        return self.add_many([trajectory]) == 1

    def add_many(self, trajectories: Iterable[Trajectory]) -> int:
        """Store records, one transaction per 200; returns how many were new.

        Raises StoreError; batches before the failing one stay stored.
        """
        return sum(self._add(batch) for batch in _batches(trajectories, BATCH))

    def get(self, id: str) -> Trajectory | None:
        """The record with this id, or None."""
        return next(self._fetch([id]), None)

    def iterate(self, **terms: Unpack[Terms]) -> Iterator[Trajectory]:
        """Records that meet all terms, in the order of their ids.

        That order does not depend on who wrote first, so exports of the same runs are equal.
        Pages are read one by one: memory stays flat and no transaction stays open.
        """
        for page in _batches(self.ids(**terms), BATCH):
            yield from self._fetch(page)

    def neighbours(self, **terms: Unpack[Terms]) -> Iterator[Trajectory]:
        """Like `iterate`, but records of one seed come together.

        Whoever runs them again prepares a seed's entities and drift once; only ids are held.
        """
        chosen = where(self._dialect, terms).order_by(col(Row.seed), col(Row.id))
        with self._connection() as db:
            ids = [row.id for row in db.execute(chosen)]
        for page in _batches(ids, BATCH):
            found = {record.id: record for record in self._fetch(page)}
            yield from (found[id] for id in page)

    def count(self, **terms: Unpack[Terms]) -> int:
        """How many records meet all terms."""
        chosen = where(self._dialect, terms).subquery()
        with self._connection() as db:
            return int(db.execute(select(func.count()).select_from(chosen)).scalar_one())

    def ids(self, **terms: Unpack[Terms]) -> Iterator[str]:
        """Ids of the records that meet all terms, ascending."""
        chosen = where(self._dialect, terms).order_by(col(Row.id))
        page, size = chosen, BATCH
        while True:
            with self._connection() as db:
                found = [row.id for row in db.execute(page.limit(size))]
            yield from found
            if len(found) < size:
                return
            # The first page comes soon, the later ones pay for few queries.
            page, size = chosen.where(col(Row.id) > found[-1]), _PAGE

    def page(
        self, terms: Terms, *, sort: str, descending: bool, start: int, size: int
    ) -> list[Trajectory]:
        """`size` records that meet all terms from place `start` on, in the order of a column."""
        order = getattr(Row, sort)
        chosen = where(self._dialect, terms).order_by(
            order.desc() if descending else order, col(Row.seq)
        )
        with self._connection() as db:
            ids = [row.id for row in db.execute(chosen.offset(start).limit(size))]
        return list(self._fetch(ids))

    def values(self, term: str, limit: int = 100) -> list[str]:
        """What a term can be asked for in this store, in alphabetical order, at most `limit`."""
        with self._connection() as db:
            return [value for (value,) in db.execute(values_of(term).limit(limit)) if value]

    def counts(self, term: str, limit: int = 30) -> dict[str, int]:
        """How many records there are for each value of a term, most frequent first."""
        chosen = value_counts(term).limit(limit)
        with self._connection() as db:
            return {str(value): int(count) for value, count in db.execute(chosen) if value}

    def sample(self, size: int) -> Iterator[Trajectory]:
        """At most `size` records, evenly spaced in the order they were added."""
        ids = list(self.ids())
        step = max(1, -(-len(ids) // size))
        return self._fetch(ids[::step])

    def fault_counts(self) -> list[tuple[str, str | None, int, int]]:
        """(agent, fault that fired or None, episodes, successes), for a table of agents by faults.

        An episode in which two faults fired counts under both.
        """
        with self._connection() as db:
            return [
                (agent, fault, int(n), int(won))
                for agent, fault, n, won in db.execute(by_agent_and_fault())
            ]

    def keep(self, data: bytes) -> str:
        """Store bytes that records refer to, such as a document; returns their sha256."""
        name = canonical.digest(data)
        with self._write() as db:
            self._add_parts(db, {bytes.fromhex(name): data})
        return name

    def part(self, sha256: str) -> bytes | None:
        """Bytes stored under their sha256, or None."""
        with self._connection() as db:
            return _part(db, bytes.fromhex(sha256))

    def _add(self, batch: Sequence[Trajectory]) -> int:
        present = self._present([trajectory.id for trajectory in batch])
        fresh = {item.id: item for item in batch if item.id not in present}
        if not fresh:
            return 0
        # Everything slow happens before the lock is taken.
        order = sorted(fresh)
        packed = {id: pack(fresh[id]) for id in order}
        found = {id: index(fresh[id]) for id in order}
        parts = {name: data for item in packed.values() for name, data in item.parts.items()}
        rows = [_row(fresh[id], frame=packed[id].frame, body=packed[id].body) for id in order]
        with self._write() as db:
            added = self._add_parts(db, parts)
            made = self._insert(Row).on_conflict_do_nothing().returning(col(Row.seq), col(Row.id))
            places = {row.id: row.seq for row in db.execute(made, rows)}
            tags = self._add_index(db, {seq: found[id] for id, seq in places.items()})
        self._remember(added, tags)
        return len(places)

    def _add_parts(self, db: Connection, parts: dict[bytes, bytes]) -> list[bytes]:
        # Sorted, so that two writers never wait for each other in a ring.
        missing = sorted(name for name in parts if name not in self._known)
        if missing:
            rows = [{"sha256": name, "data": compress(parts[name])} for name in missing]
            db.execute(self._insert(Part).on_conflict_do_nothing(), rows)
        return missing

    def _add_index(self, db: Connection, found: dict[int, Index]) -> dict[tuple[str, str], int]:
        if not found:
            return {}
        wanted = {tag for entry in found.values() for tag in entry.tags}
        tags = self._tag_numbers(db, wanted)
        pairs = [
            {"tag": tags[tag], "trajectory": seq} for seq, entry in found.items()
            for tag in entry.tags
        ]  # fmt: skip
        if pairs:
            db.execute(insert(Tagged), pairs)
        words = [{"seq": seq, "text": entry.words} for seq, entry in found.items()]
        db.execute(text(_ADD_WORDS[self._dialect]), words)
        return tags

    def _tag_numbers(
        self, db: Connection, wanted: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        numbers = {tag: self._tags[tag] for tag in wanted if tag in self._tags}
        missing = sorted(tag for tag in wanted if tag not in numbers)
        if missing:
            rows = [{"kind": kind, "value": value} for kind, value in missing]
            db.execute(self._insert(Tag).on_conflict_do_nothing(), rows)
        for kind, value in missing:
            chosen = select(col(Tag.id)).where(col(Tag.kind) == kind, col(Tag.value) == value)
            numbers[kind, value] = int(db.execute(chosen).scalar_one() or 0)
        return numbers

    def _remember(self, parts: Iterable[bytes], tags: dict[tuple[str, str], int]) -> None:
        # Only after the commit: what a failed transaction wrote is not there.
        if len(self._known) > _KNOWN:
            self._known.clear()
        if len(self._tags) > _KNOWN:
            self._tags.clear()
        self._known.update(parts)
        self._tags.update(tags)

    def _present(self, ids: Sequence[str]) -> set[str]:
        with self._connection() as db:
            chosen = select(col(Row.id)).where(col(Row.id).in_(ids))
            return {row.id for row in db.execute(chosen)}

    def _fetch(self, ids: Sequence[str]) -> Iterator[Trajectory]:
        chosen = select(col(Row.id), col(Row.frame), col(Row.body)).where(col(Row.id).in_(ids))
        with self._connection() as db:
            rows = {row.id: row for row in db.execute(chosen)}
        if len(self._frames) > _FRAMES:
            self._frames.clear()
        # Opened one by one: a page of open records would keep the garbage collector busy.
        for row in (rows[id] for id in ids if id in rows):
            yield unpack(row.frame, row.body, part=self._read_part, frames=self._frames)

    def _read_part(self, name: bytes) -> bytes:
        with self._connection() as db:
            data = _part(db, name)
        if data is None:
            raise StoreError(f"{self._shown}: part {name.hex()} is missing: damaged store")
        return data

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with explain_errors(self._shown), self._engine.connect() as db:
            yield db

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._writing, explain_errors(self._shown), self._engine.connect() as plain:
            db = plain.execution_options(writing=True)
            with db.begin():
                yield db


_ADD_WORDS: Final = {
    "sqlite": "INSERT INTO words (rowid, text) VALUES (:seq, :text)",
    "postgresql": "INSERT INTO words (trajectory, text) "
    "VALUES (:seq, to_tsvector('simple', :text))",
}


def _row(trajectory: Trajectory, *, frame: bytes, body: bytes) -> dict[str, Any]:
    outcome = trajectory.outcome
    return {
        "id": trajectory.id,
        "agent": trajectory.agent,
        "seed": trajectory.seed & SEEDS,
        "kind": str(trajectory.task.get("kind", "")),
        "success": outcome.success,
        "ending": outcome.end,
        "attribution": outcome.attribution,
        "steps": len(trajectory.ledger),
        "frame": frame,
        "body": body,
    }


def _part(db: Connection, name: bytes) -> bytes | None:
    data = db.execute(select(col(Part.data)).where(col(Part.sha256) == name)).scalar_one_or_none()
    return None if data is None else decompress(data)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
