"""Rules that do not count arrivals: whatever the order of commuting calls, the same replies."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest

from sandbox.draws import Draw
from sandbox.world.session import Session
from tests.sandbox.faults.scenes import bookshop

KEYED = ("T02", "T05", "H06", "B01", "B03", "B12", "M04", "T03", "H07")
PLAN: dict[str, Any] = {
    "max_consecutive": None,
    "rules": [{"fault": id, "trigger": {"model": "iid", "p": 0.12}} for id in KEYED],
}


def commuting() -> list[tuple[str, dict[str, Any]]]:
    """Reads of many things and creates of different ones, some of them twice."""
    session = bookshop().session(seed=3)
    session.call("listBooks", {})
    books = session.state.ids("/books")
    reads: list[tuple[str, dict[str, Any]]] = [("getBook", {"book_id": id}) for id in books]
    lists: list[tuple[str, dict[str, Any]]] = [("listAuthors", {"page": n}) for n in range(1, 9)]
    new = {"author_id": "au_000000", "genre": "crime", "price": 1.5}
    made = [("createBook", {"title": f"Book {n}", **new}) for n in range(6)]
    return [*reads, *lists, *reads, *made]


def fresh() -> Session:
    session = bookshop().session(seed=3, faults=PLAN)
    assert session.faults is not None and not session.faults.order_sensitive
    return session


def replies(session: Session, calls: list[tuple[str, dict[str, Any]]]) -> Counter[str]:
    return Counter(f"{tool} {given} {session.call(tool, given)}" for tool, given in calls)


def test_the_order_of_calls_moves_no_draw() -> None:
    calls = commuting()
    expected = replies(fresh(), calls)
    for number in range(20):
        assert replies(fresh(), Draw("shuffle", number).shuffled(calls)) == expected


@pytest.mark.soak
def test_eight_workers_move_no_draw() -> None:
    calls = commuting()
    expected = replies(fresh(), calls)
    for number in range(200):
        session, lock, found = fresh(), Lock(), Counter[str]()

        def work(
            one: tuple[str, dict[str, Any]],
            session: Session = session,
            lock: Lock = lock,
            found: Counter[str] = found,
        ) -> None:
            tool, given = one
            with lock:
                found[f"{tool} {given} {session.call(tool, given)}"] += 1

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, Draw("workers", number).shuffled(calls)))
        assert found == expected
