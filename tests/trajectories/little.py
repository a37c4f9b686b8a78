"""Small records for the tests of this folder."""

from __future__ import annotations

from typing import Any

from trajectories.records import Call, Message, Outcome, Source, Trajectory, identity

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_book",
        "description": "One book.",
        "parameters": {
            "type": "object",
            "properties": {"id": {"type": "string", "description": "Which"}},
            "required": ["id"],
        },
    },
}


def finished(number: int = 1, **changes: Any) -> Trajectory:
    """Asks for a book, is told 429 once, gets it, answers."""
    book = f'{{"id":"b{number}","author":"Ann Ölsen"}}'
    call = Call(name="get_book", arguments={"id": f"b{number}"}, raw=f'{{"id": "b{number}"}}')
    action = f"Action: get_book\nAction Input: {call.raw}"
    values: dict[str, Any] = {
        "id": identity(number=number),
        "document": Source(sha256="ab" * 32, source="bookshop", title="Bookshop"),
        "task": {"id": f"t{number}", "kind": "read", "instruction": f"Who wrote b{number}?"},
        "seed": number,
        "faults": ["H01"],
        "drift": {"operators": ["D03"]},
        "agent": "scripted:polite",
        "tools": [TOOL],
        "messages": [
            Message(role="user", content=f"Who wrote b{number}?"),
            Message(role="planner", content="I look it up.\n Next: caller."),
            Message(role="caller", content=action, call=call),
            Message(role="observation", content="HTTP 429 Too Many Requests", status=429),
            Message(role="planner", content="Too fast; once more.\n Next: caller."),
            Message(role="caller", content=action, call=call),
            Message(role="observation", content=book, status=200),
            Message(role="planner", content="I know it.\n Next: conclusion."),
            Message(role="summarizer", content="Ann Ölsen wrote it."),
        ],
        "ledger": [
            {"seq": 0, "operation": "getBook", "injected": [{"fault": "H01"}], "effects": []},
            {"seq": 1, "operation": "getBook", "injected": [], "effects": []},
        ],
        "outcome": Outcome(success=True, end="finish", answer="Ann Ölsen wrote it."),
        "provenance": {"wavetank": "0.1.0"},
    }
    return Trajectory(**(values | changes))


def malformed(number: int = 1, **changes: Any) -> Trajectory:
    """One call whose arguments are no JSON, then giving up."""
    call = Call(name="get_book", arguments=None, raw='{"id": b1')
    messages = [
        Message(role="user", content="Who wrote b1?"),
        Message(role="planner", content="I look it up.\n Next: caller."),
        Message(role="caller", content=f"Action: get_book\nAction Input: {call.raw}", call=call),
        Message(role="observation", content="HTTP 400 Bad Request", status=400),
        Message(role="planner", content="I cannot.\n Next: give up."),
    ]
    outcome = Outcome(success=False, end="give_up", attribution="agent:caller")
    return finished(
        number, **({"id": f"bad{number}", "messages": messages, "outcome": outcome} | changes)
    )
