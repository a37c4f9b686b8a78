"""The decision tape: played back it decides the same, whatever the draws say."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import PlanError
from sandbox.faults import plan
from sandbox.faults.recording import Tape
from sandbox.world.session import Session
from tests.sandbox.faults.scenes import arguments, bookshop

CALLS = ("list", "item", "create", "page", "item", "update", "list", "item", "create")


def played(source: Any, calls: tuple[str, ...] = CALLS, **how: Any) -> Session:
    session = bookshop().session(seed=3, faults=plan(source).compile(bookshop(), 3, **how))
    for name in calls * 3:
        session.call(*arguments(name))
    return session


def tape(session: Session, *, strict: bool = True) -> Tape:
    return Tape.of(session.ledger, strict=strict)


def said(session: Session) -> list[Any]:
    return [(row.response, row.effects, row.injected) for row in session.ledger]


@pytest.mark.parametrize("preset", ["flaky", "limits", "ambiguous-writes", "liars", "H01,S01"])
def test_a_tape_played_back_gives_the_same_replies(preset: str) -> None:
    first = played(preset)
    assert any(row.injected for row in first.ledger)
    kept = Tape.from_json(tape(first).as_json())
    assert said(played(preset, tape=kept)) == said(first)


def test_the_tape_decides_and_not_the_draws() -> None:
    rule = {"fault": "H06", "trigger": {"model": "iid", "p": 0.0}}
    calm = played({"rules": [rule]})
    rows = tape(calm).as_json()
    rows[4]["fired"] = {"H06": {}}
    again = played({"rules": [rule]}, tape=Tape.from_json(rows))
    assert [row.seq for row in again.ledger if row.injected] == [4]


def test_a_call_that_is_not_on_a_strict_tape_is_an_error() -> None:
    kept = tape(played("flaky", ("list", "item")))
    with pytest.raises(PlanError, match=r"createBook.*leniently"):
        played("flaky", ("list", "create"), tape=kept)


def test_a_lenient_tape_falls_back_to_the_draws() -> None:
    kept = tape(played("flaky", ("list",)), strict=False)
    whole = played("flaky", CALLS)
    assert said(played("flaky", CALLS, tape=kept)) == said(whole)


def test_a_storm_gives_its_tape() -> None:
    session = played("flaky")
    injector: Any = session.faults
    rows = injector.tape(session).as_json()
    assert len(rows) == len(session.ledger)
    assert sum(len(row["fired"]) for row in rows) == sum(len(r.injected) for r in session.ledger)
