"""Arguments that nest deeper than anything can be written are refused, through every door."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import World
from sandbox.messages import Request


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [201, 900, 5_000])
def test_deep_arguments_are_refused(levels: int) -> None:
    session = World.load("bookshop").session(seed=1)
    text = '{"name": "x", "email": ' + "[" * levels + "]" * levels + "}"
    headers = (("content-type", "application/json"), ("authorization", "Bearer x"))
    assert session.call("createCustomer", {"name": "x", "email": nested(levels)}).status == 400
    assert session.call("createCustomer", text).status == 400
    assert session.call("listBooks", {"genre": nested(levels)}).status == 400
    reply = session.handle(Request("POST", "/v1/customers", "", headers, text.encode()))
    assert 400 <= reply.status < 500
    assert session.call("listBooks", {}).status == 200


def test_arguments_that_nest_as_deep_as_is_allowed_are_judged() -> None:
    session = World.load("bookshop").session(seed=1)
    arguments = {"name": "x", "email": nested(150)}
    assert session.call("createCustomer", arguments).status == 422
