"""One definition of an idempotency key, and keys as their schema wants them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sandbox.conventions.idempotency import Idempotency, identifies, made_key
from sandbox.conventions.inputs import Input
from sandbox.draws import Draw
from sandbox.messages import Arguments


@pytest.mark.parametrize(
    ("name", "about", "is_key"),
    [
        ("X-Idempotency-Key", "", True),
        ("clientToken", "", True),
        ("PayPal-Request-Id", "The server stores keys for 6 hours.", True),
        ("X-Request-Id", "For tracing.", False),
        ("Request-Key", "Makes the request idempotent.", True),
        ("Retry-Token", "Makes the request idempotent.", True),
        ("Retry-Mark", "Makes the request idempotent.", False),
        ("key", "Deleting is idempotent.", False),
        ("publicKey", "", False),
    ],
)
def test_a_key_is_known_by_its_name_or_description(name: str, about: str, is_key: bool) -> None:
    assert identifies(name, about) is is_key


def test_keys_in_the_body_count_and_so_do_whole_numbers() -> None:
    fact = Idempotency(Input("body", ("clientToken",)), {"type": "integer"})
    assert fact.key(Arguments(body={"clientToken": 7})) == "7"
    assert fact.key(Arguments(body={"clientToken": ""})) is None


def test_made_keys_are_what_the_schema_wants() -> None:
    schemas: tuple[dict[str, Any], ...] = (
        {"format": "uuid"},
        {"maxLength": 9},
        {"type": "integer"},
    )
    uuid, short, number = (made_key(schema, Draw("k")) for schema in schemas)
    assert UUID(str(uuid)).version == 4
    assert len(str(short)) == 9
    assert isinstance(number, int) and number > 0
