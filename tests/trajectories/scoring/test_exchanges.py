"""When two calls of a ledger ask for the same."""

from __future__ import annotations

from typing import Any

from trajectories.scoring.exchanges import same_request


def row(operation: str | None, **body: Any) -> dict[str, Any]:
    return {"operation": operation, "intent": None, "arguments": {"body": body}}


def test_a_call_that_says_more_is_still_the_same_request() -> None:
    assert same_request(row("createBook", title="A"), row("createBook", title="A", pages=3))
    assert not same_request(row("createBook", title="A"), row("createBook", title="B"))


def test_calls_of_different_operations_are_never_the_same() -> None:
    assert not same_request(row("createBook", title="A"), row("createAuthor", title="A"))
    assert not same_request(row(None, title="A"), row(None, title="A"))
