"""Ledgers: rows on disk are the rows that were put there, in forks and after resuming too."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from sandbox import Request, Session, World
from sandbox.messages import ABSENT, Arguments
from sandbox.world import Ledger
from sandbox.world.ledger import arguments_json
from sandbox.world.ledger_rows import row_json


def busy(session: Session, calls: int) -> Session:
    """A session after reads, creates, refusals and meta-tools."""
    for index in range(calls):
        session.call("listBooks", {"limit": index % 7})
        session.call("createOrder", {"book_id": str(index), "quantity": index})
        session.call("wait", {"seconds": 1})
        session.call("listBooks", '{"limit": ')
    return session


@pytest.mark.parametrize("faults", [None, "hostile"])
def test_spilled_rows_come_back_as_they_were(faults: str | None) -> None:
    ledger = busy(World.load("bookshop").session(seed=3, faults=faults), 30).ledger
    rows = list(ledger)
    ledger.spill(10)
    assert (ledger.loose, len(ledger), list(ledger)) == (10, 120, rows)
    assert [ledger[n] for n in (0, 55, 109, 110, -1)] == [rows[n] for n in (0, 55, 109, 110, 119)]
    assert ledger[2].as_json() == rows[2].as_json()
    unsent = [row for row in ledger if row.arguments is not None and not row.arguments.body]
    assert all(row.arguments.body is ABSENT for row in unsent if row.arguments)


def test_a_fork_and_its_parent_spill_apart() -> None:
    parent = busy(World.load("bookshop").session(seed=3), 5)
    parent.ledger.spill(4)
    child = parent.fork()
    for session, calls in ((parent, 3), (child, 2), (parent, 1)):
        before = list(busy(session, calls).ledger)
        session.ledger.spill(1)
        assert list(session.ledger) == before
    assert len(parent.ledger) == 36 and len(child.ledger) == 28


def test_a_resumed_ledger_spills_only_what_it_has() -> None:
    resumed = Ledger.after_rows(7)
    for row in busy(World.load("bookshop").session(), 1).ledger:
        resumed.append(row)
    resumed.spill(1)
    assert (resumed.first, len(resumed), resumed.loose) == (7, 11, 1)
    assert resumed[7].operation == "listBooks"


def test_nothing_is_written_for_few_rows() -> None:
    ledger = busy(World.load("bookshop").session(), 2).ledger
    ledger.spill(8)
    assert ledger.loose == len(ledger) == 8


def test_a_call_that_cannot_be_read_has_no_intent_and_a_repeated_one_the_same() -> None:
    session = busy(World.load("bookshop").session(seed=1), 1)
    session.call("listBooks", {"limit": 0})
    read, _, _, unreadable, again = (row.intent for row in session.ledger)
    assert unreadable == "" and read == again != ""


def test_a_row_holds_numbers_of_any_length() -> None:
    session = World.load("bookshop").session(seed=1)
    headers = (("content-type", "application/json"), ("authorization", "Bearer t-1234567890"))
    body = json.dumps({"quantity": 2**70}).encode()
    path = session.world.document.base_path + "/orders"
    session.handle(Request("POST", path, "", headers, body))
    row = row_json(session.world, session.ledger[-1])
    assert row["arguments"]["body"] == json.loads(body)


def test_files_in_a_body_are_told_by_length_and_digest() -> None:
    arguments = Arguments(body={"name": "Ada", "scans": [{"file": b"ab"}, {"file": b""}]})
    told = json.loads(json.dumps(arguments_json(arguments)))["body"]
    assert told["name"] == "Ada"
    assert [each["file"]["bytes"] for each in told["scans"]] == [2, 0]
    assert told["scans"][0]["file"]["sha256"] == sha256(b"ab").hexdigest()
