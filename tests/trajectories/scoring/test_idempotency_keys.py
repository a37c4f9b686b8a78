"""A retry under the same key is recovered, one under another key doubled, whatever its name."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import World
from sandbox.world.ledger_rows import row_json
from tests.sandbox.world.documents import by, does, thing, world_of
from trajectories.scoring.incidents import Episode, incidents, mended_at
from trajectories.scoring.oracles import is_recovered
from trajectories.scoring.outcomes import ending_of
from trajectories.scoring.rates import rates

SAFE = "Makes the call idempotent."
KEYS: list[tuple[str, str, dict[str, Any], str]] = [
    ("header", "Idempotency-Key", {"type": "string"}, ""),
    ("header", "X-Idempotency-Key", {"type": "string"}, ""),
    ("header", "PayPal-Request-Id", {"type": "string"}, SAFE),
    ("header", "X-Request-Id", {"type": "string"}, SAFE),
    ("header", "Idempotency-Key", {"type": "integer"}, ""),
    ("body", "request_id", {"type": "string", "description": SAFE}, ""),
    ("body", "client_token", {"type": "string"}, ""),
    ("body", "client_token", {"type": "integer"}, ""),
]


def payments(where: str, name: str, schema: dict[str, Any], about: str) -> World:
    """Payments that can be made and listed, under such a key."""
    item = thing("id", "amount", id={"type": "string"}, amount={"type": "integer"})
    more = {name: schema} if where == "body" else {}
    body = thing("amount", amount={"type": "integer"}, **more)
    header = [{**by(name, "header", schema), "description": about}] if where == "header" else []
    pay = does(201, item, body, operationId="pay", parameters=header)
    many = {"type": "array", "items": item}
    return world_of({"/payments": {"post": pay, "get": does(200, many, operationId="list")}})


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key[0]} {key[1]} {key[2]['type']}")
def test_the_key_decides(key: tuple[str, str, dict[str, Any], str], changed: bool) -> None:
    world = payments(*key)
    session = world.session(seed=1, faults="T03")
    values = (7, 8 if changed else 7)
    for value in values if key[2]["type"] == "integer" else map("key-{}".format, values):
        session.call("pay", {"amount": 5, key[1]: value})
    rows = [row_json(world, row) for row in session.ledger]
    assert [len(row["injected"]) for row in rows] == [1, 0]
    episode = Episode(rows, success=not changed, reached=not changed, claim="done")
    (incident,) = incidents(episode)
    assert is_recovered(incident, episode) is not changed
    assert mended_at(rows, 0) == 1
    assert rates([episode])["duplicate_rate"].value == float(changed)


@pytest.mark.parametrize(("statuses", "hopeless"), [((409,), True), ((409, 409, 201), False)])
def test_what_went_well_later_was_not_hopeless(statuses: tuple[int, ...], hopeless: bool) -> None:
    rows = [
        {
            "operation": "pay",
            "intent": "pay:1",
            "response": {"status": status},
            "injected": [{"fault": "H10", "solvable": False}] if status == 409 else [],
        }
        for status in statuses
    ]
    ending = ending_of({}, rows, goal="half", answered=True, collateral=False, claim="cannot")
    assert ending.hopeless is hopeless
