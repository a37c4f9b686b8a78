"""Idempotency keys: one key, one effect."""

from __future__ import annotations

import orjson
import pytest

from sandbox import Session, World
from sandbox.messages import Observation
from tests.sandbox.world.documents import by, does, thing, world_of

PAYMENT = thing("amount", id={"type": "string"}, amount={"type": "integer"})


def payments(header: str, description: str = "") -> World:
    key = {**by(header, "header"), "description": description}
    create = does(201, PAYMENT, PAYMENT, operationId="pay", parameters=[key])
    listing = does(200, {"type": "array", "items": PAYMENT})
    return world_of({"/payments": {"post": create, "get": listing}})


def pay(session: Session, header: str, key: str, amount: int) -> Observation:
    return session.call("pay", {header: key, "amount": amount})


@pytest.mark.parametrize(
    ("header", "told"),
    [("Idempotency-Key", ""), ("X-Idempotency-Key", ""), ("Pay-Request-Id", "For idempotence.")],
)
def test_the_same_key_and_payload_act_once(header: str, told: str) -> None:
    session = payments(header, told).session()
    first = pay(session, header, "k-1", 5)
    assert pay(session, header, "k-1", 5).text == first.text
    assert [len(row.effects) for row in session.ledger] == [1, 0]
    assert pay(session, header, "k-2", 5).text != first.text


def test_the_same_key_with_another_payload_is_refused() -> None:
    session = payments("Idempotency-Key").session()
    pay(session, "Idempotency-Key", "k-1", 5)
    assert pay(session, "Idempotency-Key", "k-1", 6).status == 422
    assert session.state.version == 1


def test_a_fork_has_its_own_memory_of_keys() -> None:
    session = payments("Idempotency-Key").session()
    twin = session.fork()
    pay(twin, "Idempotency-Key", "k-1", 5)
    assert not session.state.overlay.answered
    pay(session, "Idempotency-Key", "k-1", 6)
    assert orjson.loads(pay(twin, "Idempotency-Key", "k-1", 5).text)["amount"] == 5


def test_without_a_key_every_call_acts() -> None:
    session = payments("Idempotency-Key").session()
    texts = {session.call("pay", {"amount": 5}).text for _ in range(3)}
    assert (len(texts), session.state.version) == (3, 3)


def test_a_key_in_the_body_counts_too() -> None:
    body = thing("amount", amount={"type": "integer"}, idempotency_key={"type": "string"})
    paths = {"/payments": {"post": does(201, PAYMENT, body, operationId="pay")}}
    session = world_of(paths).session()
    for _ in range(2):
        session.call("pay", {"amount": 5, "idempotency_key": "k"})
    assert session.state.version == 1


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_key_may_be_a_number(where: str) -> None:
    number = {"type": "integer"}
    header = [by("Idempotency-Key", "header", number)] if where == "header" else []
    more = {"idempotency_key": number} if where == "body" else {}
    body = thing("amount", amount=number, **more)
    paths = {"/payments": {"post": does(201, PAYMENT, body, operationId="pay", parameters=header)}}
    session = world_of(paths).session()
    name = "Idempotency-Key" if where == "header" else "idempotency_key"
    texts = {session.call("pay", {"amount": 5, name: 7}).text for _ in range(2)}
    assert (len(texts), session.state.version) == (1, 1)
