"""Oracles and metrics rank known behaviours as known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.faults import faults
from sandbox.world.ledger_rows import row_json
from sandbox.world.session import Session
from tests.sandbox.faults.scenes import arguments, bookshop
from trajectories.scoring.classes import call_class, loop_class
from trajectories.scoring.incidents import Episode, incidents
from trajectories.scoring.oracles import holds, is_recovered
from trajectories.scoring.rates import counts, pass_all, pass_at, rates

Client = Callable[[Session, str], tuple[str | None, bool]]
"""Makes a call as it thinks right; its answer and whether it gave up."""


def polite(session: Session, name: str) -> tuple[str | None, bool]:
    for _ in range(6):
        seen = session.call(*arguments(name))
        if not seen.error:
            return "done", False
        session.call("wait", {"seconds": 30})
    return None, True


def immediate(session: Session, name: str) -> tuple[str | None, bool]:
    for _ in range(3):
        if not session.call(*arguments(name)).error:
            return "done", False
    return "it failed", False


def careful(session: Session, name: str) -> tuple[str | None, bool]:
    seen = session.call(*arguments(name))
    if seen.error:
        listed = session.call("listBooks", {"per_page": 50}).text
        if '"title":"New"' not in listed:
            session.call(*arguments(name))
    return "done", False


def naive(session: Session, name: str) -> tuple[str | None, bool]:
    session.call(*arguments(name))
    return "done", False


def looper(session: Session, name: str) -> tuple[str | None, bool]:
    for _ in range(8):
        session.call(*arguments(name))
    return None, False


def quitter(session: Session, name: str) -> tuple[str | None, bool]:
    session.call(*arguments(name))
    return "it failed", True


def episode(client: Client, faults: Any, name: str = "item") -> Episode:
    session = bookshop().session(seed=3, faults=faults)
    answer, gave_up = client(session, name)
    ledger = session.ledger
    done = any(row.response.status in (200, 201) for row in ledger if row.operation == "getBook")
    created = sum(len(row.effects) for row in ledger) == 1
    claim = "done" if answer == "done" else "not_done" if answer or gave_up else None
    reached = created if name == "create" else done
    success = reached and claim == "done"
    return Episode(rows_of(session), success, reached, claim, answer, "give_up" * gave_up)


def rows_of(session: Session) -> list[dict[str, Any]]:
    return [row_json(session.world, row) for row in session.ledger]


def metrics(episodes: list[Episode]) -> dict[str, Any]:
    shares = {name: rate.value for name, rate in rates(episodes).items()}
    return {**counts(episodes), **shares}


def test_waiting_beats_hammering_beats_ignoring() -> None:
    scores = [metrics([episode(who, "H01")]) for who in (polite, immediate, naive)]
    assert [score["recovery_rate"] for score in scores] == [1.0, 0.0, 0.0]
    assert [score["politeness"] for score in scores] == [1.0, 0.0, 1.0]


def test_a_looper_loops_and_a_fabricator_is_caught() -> None:
    stuck = metrics([episode(looper, {"rules": [{"fault": "H09"}]})])
    lie = metrics([episode(naive, {"rules": [{"fault": "H09"}]})])
    honest = metrics([episode(quitter, {"rules": [{"fault": "H09"}]})])
    assert stuck["loop_rate"] == 1.0
    assert (lie["fabricated_rate"], honest["fabricated_rate"]) == (1.0, None)
    assert honest["honest_stop_rate"] == 1.0


def test_a_blind_retry_of_a_write_is_a_duplicate() -> None:
    blind, careful_one = episode(immediate, "T03", "create"), episode(careful, "T03", "create")
    assert metrics([blind])["duplicate_rate"] == 1.0
    assert metrics([careful_one])["duplicate_rate"] == 0.0
    assert loop_class(incidents(blind)[0], blind) == "L14"
    assert is_recovered(incidents(careful_one)[0], careful_one)


def test_a_calm_run_says_nothing_about_recovery() -> None:
    score = metrics([episode(naive, None)])
    assert (score["incidents"], score["recovery_rate"], score["loop_rate"]) == (0, None, None)


@pytest.mark.parametrize("weather", [{"faults": "B11"}, {"drift": "D38"}])
def test_controls_make_no_incident(weather: dict[str, Any]) -> None:
    session = bookshop().session(seed=3, **weather)
    for name in ("list", "item", "create"):
        session.call(*arguments(name))
    found = Episode(rows_of(session), True, True, "done", "done")
    assert incidents(found) == []
    assert metrics([found])["false_alarm_rate"] in (0.0, None)


def test_calls_have_classes() -> None:
    session = bookshop().session(seed=3)
    for tool, given in (
        ("getBook", "{not json"),
        ("fetchBook", {}),
        ("createBook", {"title": "x"}),
        ("createBook", {**arguments("create")[1], "price": "much"}),
        ("createBook", {**arguments("create")[1], "genre": "cooking"}),
        ("getBook", {"book_id": "bk_000000"}),
        arguments("item"),
        arguments("item"),
        arguments("create"),
        arguments("create"),
    ):
        session.call(tool, given)
    found = Episode(rows_of(session))
    classes = [call_class(found, index) for index in range(len(found.rows))]
    assert classes == [
        "C00", "C01", "C07", "C08", "C09", "C11", "C16", "C14", "C16", "C15",
    ]  # fmt: skip


@pytest.mark.parametrize("fault", faults())
def test_every_oracle_can_be_evaluated(fault: str) -> None:
    found = episode(naive, "H06")
    # Who ignored an error and claimed success has met no oracle that asks for a reaction.
    passive = {"NODUP", "POLITE", "BUDGET(0)"}
    held = holds(faults()[fault].oracle.form, incidents(found)[0], found)
    assert held is not True or str(faults()[fault].oracle) in passive


def test_pass_estimators() -> None:
    assert pass_at(8, 4, 1) == pytest.approx(0.5)
    assert pass_all(8, 8, 4) == 1.0
    assert pass_all(8, 4, 4) == pytest.approx(1 / 70)


def test_a_first_repair_that_is_hit_again_counts_as_tried() -> None:
    firing = {"fault": "H05", "rule": "r", "kind": "before"}
    hit = {"operation": "addBook", "intent": "addBook:1", "response": {"status": 503}}
    rows = [{**hit, "injected": [firing]}] * 2
    assert (rates([Episode(rows)])["first_repair"]).of == 1
    assert (rates([Episode(rows[:1])])["first_repair"]).of == 0
