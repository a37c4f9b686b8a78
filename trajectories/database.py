"""Connections: from a path or URL to an engine, and from a driver's error to a clear sentence."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from trajectories.errors import MissingExtra, StoreError

_SAFE: Final = "Every trajectory added before is safe; none of this batch was stored."

_PASSWORD: Final = re.compile(r"(://[^:/@]*):[^@]*@")

# Fragments of what SQLite and PostgreSQL say, lower case, and what it means to the user.
_CAUSES: Final = (
    (
        ("database is locked", "database table is locked"),
        "another process holds its write lock. " + _SAFE + " Run the command again",
    ),
    (
        ("disk is full", "no space left", "could not extend file", "disk i/o error"),
        "the disk is full or failing. " + _SAFE + " Free some space and run the command again",
    ),
    (
        ("file is not a database", "file is encrypted"),
        "this is not a SQLite database; nothing was changed. Give another file",
    ),
    (
        ("malformed", "corrupt", "invalid page"),
        "the database is damaged. Save what can be read with `sqlite3 FILE .recover`, or use a "
        "backup; nothing was changed",
    ),
    (
        ("readonly", "read-only", "permission denied"),
        "it cannot be written to. Check the permissions of the file and of its folder",
    ),
    (
        ("unable to open database",),
        "the file cannot be opened: check that its folder exists and can be written to",
    ),
    (
        (
            "connection refused",
            "could not connect",
            "connection failed",
            "could not translate",
            "does not exist",
            "authentication failed",
            "server closed the connection",
            "terminating connection",
            "connection is lost",
            "connection timeout",
        ),
        "the PostgreSQL server does not answer as asked. " + _SAFE,
    ),
)


def connect(place: str | Path, *, create: bool, patience: float) -> Engine:
    """An engine for a path, `sqlite:///FILE` or `postgresql://…`.

    `patience` is how many seconds a writer waits for another writer. Raises StoreError.
    """
    url = url_of(place)
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else ":memory:"
        return _sqlite(path, create=create, patience=patience)
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        purpose = "a PostgreSQL store"
        raise MissingExtra(error.name or "psycopg", extra="postgres", purpose=purpose) from None
    except (ArgumentError, SQLAlchemyError, ValueError):
        raise StoreError(
            f"{without_password(place)}: not a database URL; expected postgresql://USER@HOST:PORT/DATABASE"
        ) from None


def url_of(place: str | Path) -> str:
    """The SQLAlchemy URL for what a user writes. Raises StoreError for other kinds of URL."""
    text = str(place)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "sqlite://" if text == ":memory:" else f"sqlite:///{Path(text)}"
    if scheme == "sqlite":
        return text
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    raise StoreError(
        f"{without_password(text)}: unknown kind of store {scheme!r}; valid: a path, "
        "sqlite:///FILE, postgresql://USER@HOST/DATABASE"
    )


def without_password(place: str | Path) -> str:
    """A place as it may stand in a message: without its password."""
    return _PASSWORD.sub(r"\1:***@", str(place))


def _sqlite(path: str, *, create: bool, patience: float) -> Engine:
    memory = path in ("", ":memory:")
    if not memory:
        if not create and not os.path.exists(path):
            raise StoreError(f"{path}: no such store")
        if not Path(path).resolve().parent.is_dir():
            raise StoreError(f"{path}: its folder does not exist")
        if os.path.isdir(path):
            raise StoreError(f"{path}: this is a folder; a store is one file")
    options: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    read_only = not memory and os.path.exists(path) and not _writable(path)
    if read_only:
        options["creator"] = partial(_open_to_read, path)
    engine = create_engine(
        # Not as text: a path may hold characters that mean something in a URL.
        URL.create("sqlite", database=None if memory else path),
        connect_args={"timeout": patience, "check_same_thread": False},
        **options,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # We open transactions ourselves: the driver's own rules would begin them too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            if read_only:
                return
            # A killed process loses nothing in this mode; a power cut may lose the last batches,
            # but never half of one.
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: upgrading later could fail after the work was done.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _writable(path: str) -> bool:
    """Whether the store can be written: SQLite keeps files of its own beside it."""
    return os.access(path, os.W_OK) and os.access(Path(path).resolve().parent, os.W_OK)


def _open_to_read(path: str) -> sqlite3.Connection:
    place = Path(path).resolve()
    # Where no other process writes, SQLite need not share memory through a file beside the store.
    log = place.with_name(f"{place.name}-wal")
    alone = not (log.exists() and log.stat().st_size)
    uri = f"{place.as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


@contextmanager
def explain_errors(place: str) -> Iterator[None]:
    """Turn a driver's error into a StoreError that says what is safe and what to do."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip()
        lowered = said.lower()
        for fragments, meaning in _CAUSES:
            if any(fragment in lowered for fragment in fragments):
                raise StoreError(f"{place}: {meaning} ({_first_line(said)}).") from error
        raise StoreError(f"{place}: {_first_line(said)}. {_SAFE}") from error


def _first_line(said: str) -> str:
    return said.splitlines()[0] if said else "no reason given"
