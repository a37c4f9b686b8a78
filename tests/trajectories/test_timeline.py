"""One reading of a record: steps, what was shown beside what was true, and where two runs part."""

from __future__ import annotations

from typing import Any

from tests.trajectories.little import finished, malformed
from trajectories.records import Call, Message
from trajectories.scoring.findings import findings
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


def test_a_reply_parts_from_the_truth_by_what_it_says_not_by_when_it_came() -> None:
    def gap(said: str, held: str, **firing: Any) -> str:
        fired = {"fault": "T01", "kind": "transient", "silent": False, **firing}
        reply, truth = ({"status": 200, "transport": None, "sha256": s} for s in (said, held))
        row = {"injected": [fired], "response": reply, "truth": truth, "effects": []}
        return timeline(finished(ledger=[row, row]))[0].gap

    assert not gap("a", "a") and not gap("a", "b", kind="benign")
    assert gap("a", "b") == gap("a", "a", silent=True) != ""


def test_a_call_that_cannot_be_read_takes_no_row_of_another() -> None:
    step = timeline(malformed(ledger=[]))[0]
    assert step.tool == "get_book" and step.arguments == '{"id": b1' and step.row == {}


def test_a_comparison_marks_the_first_difference() -> None:
    left, right = timeline(finished()), timeline(malformed())
    assert [pair.relation for pair in compare(left, left)] == ["same"] * 3
    relations = [pair.relation for pair in compare(left, right)]
    assert relations[0] == "other call" and "only left" in relations


def test_a_repair_shows_what_it_changed_in_the_failed_call() -> None:
    wrong, right = ({"id": 5}, {"id": "b1"})
    messages: list[Message] = []
    for arguments, reply in ((wrong, "HTTP 422"), (right, "HTTP 200")):
        messages += [
            Message(role="planner", content="Next: caller."),
            Message(role="caller", call=Call(name="get_book", arguments=arguments)),
            Message(role="observation", content=reply),
        ]
    refused = {"seq": 0, "operation": "getBook", "response": {"status": 422}, "effects": []}
    answered = {**refused, "seq": 1, "response": {"status": 200}}
    first, second = timeline(finished(messages=messages, ledger=[refused, answered]))
    assert first.failed and not second.failed
    assert (first.repairs, second.repairs) == (None, 1)
    assert [(f.pointer, f.before, f.after) for f in second.mended] == [("/id", "5", '"b1"')]


def test_the_same_call_with_the_same_answer_is_counted_as_a_run() -> None:
    call = Call(name="get_book", arguments={"id": "b1"})
    turns = [Message(role="caller", call=call), Message(role="observation", content="HTTP 429")]
    steps = timeline(finished(messages=turns * 4, ledger=[]))
    assert [step.run for step in steps] == [1, 2, 3, 4]


def test_a_step_names_the_findings_that_its_row_shows() -> None:
    refused = {"operation": "getBook", "tool": "get_book", "intent": "x", "effects": [],
               "response": {"status": 422}, "problems": [{"pointer": "/id", "message": "no"}],
               "key": "k"}  # fmt: skip
    steps = timeline(finished(ledger=[{**refused, "seq": 0}, {**refused, "seq": 1}]))
    shown = {kind for step in steps for kind in step.findings}
    assert shown == {each.kind for each in findings(finished(ledger=[
        {**refused, "seq": 0}, {**refused, "seq": 1}])) if each.rows}  # fmt: skip
    assert steps[2].findings == ()
