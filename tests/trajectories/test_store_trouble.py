"""A store in trouble says what is wrong, what is safe, and loses nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text

from tests.trajectories.little import finished
from trajectories.database import url_of
from trajectories.errors import StoreError
from trajectories.migrations import ladder, migrate, version
from trajectories.store import Store

FILL = """
import resource, sys
from tests.trajectories.little import finished
from trajectories import Store, StoreError
store = Store.open(sys.argv[1])
store.add(finished(0))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    bulk = ({"x": bytes(range(n % 256)).hex() * 20} for n in range(3000))
    store.add_many(finished(n, options=options) for n, options in enumerate(bulk))
except StoreError as error:
    print(error)
"""


def run(place: str, *statements: str) -> None:
    """Change a store behind its back."""
    engine = create_engine(url_of(place))
    with engine.begin() as db:
        for statement in statements:
            db.execute(text(statement))
    engine.dispose()


def test_a_store_from_a_newer_version_is_refused(place: str) -> None:
    Store.open(place).close()
    run(place, "UPDATE meta SET value = '99'")
    with pytest.raises(StoreError, match="schema version 99, this wavetank knows up to 2: upgrade"):
        Store.open(place)


def test_a_store_climbs_only_the_steps_it_lacks(place: str) -> None:
    Store.open(place).close()
    engine = create_engine(url_of(place))
    steps = [*ladder(engine.dialect.name), ["ALTER TABLE part ADD COLUMN note TEXT"]]
    for _ in range(2):
        with engine.begin() as db:
            migrate(db, place=place, steps=steps)
            assert version(db, place=place, newest=3) == 3
    engine.dispose()
    with pytest.raises(StoreError, match="schema version 3"):
        Store.open(place)


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("dear diary, today " * 500)
    with pytest.raises(StoreError, match="not a SQLite database; nothing was changed"):
        Store.open(tmp_path / "note.txt")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE part (x)").connection.close()
    with pytest.raises(StoreError, match="tables called part that are not ours"):
        Store.open(tmp_path / "other.db")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere/a.db", "its folder does not exist"),
        (".", "this is a folder; a store is one file"),
        ("mysql://host/db", "unknown kind of store 'mysql'; valid: a path, sqlite:///FILE"),
        ("postgresql://me:secret@127.0.0.1:1/none", r"me:\*\*\*@.*server does not answer"),
        ("postgresql://me:secret@host:port/none", r"me:\*\*\*@host:port/none: not a database URL"),
    ],
)
def test_a_place_that_cannot_be_is_named(place: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        Store.open(place)
    assert "secret" not in str(raised.value)


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "a?b%20c #1.db"
    with Store.open(path) as store:
        assert store.add(finished())
    assert path.is_file()


def test_a_missing_store_is_not_made_for_a_reader(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such store"):
        Store.open(tmp_path / "a.db", create=False)
    assert not (tmp_path / "a.db").exists()


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store.open(path) as store:
        store.add_many(finished(number) for number in range(300))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StoreError, match="the database is damaged"), Store.open(path) as store:
        list(store.iterate())


def test_a_locked_store_keeps_what_it_has_and_can_be_used_later(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store.open(path, patience=0.05) as store:
        store.add(finished(1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"another process holds its write lock\..*is safe"):
            store.add(finished(2))
        assert store.count() == 1
        other.close()
        assert store.add(finished(2))


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    command = [sys.executable, "-c", FILL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the disk is full or failing. Every trajectory added before is safe" in done.stdout
    with Store.open(path) as store:
        kept = list(store.iterate())
        assert finished(0).id in {record.id for record in kept}
        assert store.add_many(finished(number) for number in range(10_000, 10_100)) == 100


READ = """
import os, sys
from trajectories import Store
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 0)  # Root may write everywhere.
with Store.open(sys.argv[1], create=False) as store:
    print(store.count(), len(list(store.iterate())))
"""


@pytest.mark.parametrize("modes", [(0o444, 0o777), (0o666, 0o555), (0o444, 0o555)])
def test_a_store_that_may_only_be_read_can_be_read(modes: tuple[int, int]) -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        file = Path(folder) / "runs.db"
        with Store.open(file) as store:
            store.add_many(finished(number) for number in range(3))
        file.chmod(modes[0])
        Path(folder).chmod(modes[1])
        command = [sys.executable, "-c", READ, str(file)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        Path(folder).chmod(0o700)
    assert found.stdout == "3 3\n", found.stderr
