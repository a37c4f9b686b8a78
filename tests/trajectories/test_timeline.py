"""One reading of a record: steps, what was shown beside what was true, and where two runs part."""

from __future__ import annotations

from tests.trajectories.little import finished, malformed
from trajectories.timeline import compare, timeline


def test_a_step_joins_turns_with_their_ledger_row() -> None:
    steps = timeline(finished())
    assert [step.tool for step in steps] == ["get_book", "get_book", None]
    assert steps[0].faults == ("H01",) and not steps[1].faults
    assert steps[0].shown == "429" and steps[1].shown == "200"
    assert [turn.role for turn in steps[2].turns] == ["planner", "summarizer"]


def test_a_committed_write_behind_a_timeout_is_where_they_part() -> None:
    effect = {"kind": "create", "collection": "/books", "id": "b1", "before": None,
              "after": {"id": "b1", "title": "Sea"}}  # fmt: skip
    row = {"seq": 0, "operation": "addBook", "intent": "addBook:1", "effects": [effect],
           "response": {"status": 504, "transport": "timeout"}}  # fmt: skip
    again = {**row, "effects": [], "response": {"status": 409, "transport": None}}
    first, second, _ = timeline(finished(ledger=[row, again]))
    assert first.gap == "The agent was shown a failure; the write was committed (create /books/b1)."
    assert first.shown == "no reply (timeout)" and not second.gap
    assert [(f.pointer, f.before, f.after) for f in first.changes[0].fields][1] == (
        "/title", None, '"Sea"',
    )  # fmt: skip
    assert first.repeats is None and second.repeats == 1


def test_a_call_that_cannot_be_read_takes_no_row_of_another() -> None:
    step = timeline(malformed(ledger=[]))[0]
    assert step.tool == "get_book" and step.arguments == '{"id": b1' and step.row == {}


def test_a_comparison_marks_the_first_difference() -> None:
    left, right = timeline(finished()), timeline(malformed())
    assert [pair.relation for pair in compare(left, left)] == ["same"] * 3
    relations = [pair.relation for pair in compare(left, right)]
    assert relations[0] == "other call" and "only left" in relations
