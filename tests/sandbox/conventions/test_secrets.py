"""Secrets: where a document puts them, and what a ledger row says of them."""

from __future__ import annotations

from sandbox import World
from sandbox.messages import Request
from sandbox.world.ledger_rows import row_json
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
KEY = thing("id", "secret", id=TEXT, label=TEXT, secret=TEXT, pin={**TEXT, "format": "password"})


def keys() -> World:
    """Keys that can be made and listed by whoever has an API key."""
    page = thing("items", next_page_token=TEXT, items={"type": "array", "items": KEY})
    listed = does(200, page, operationId="list", parameters=[by("api_key", "query")])
    made = does(201, KEY, thing("label", label=TEXT), operationId="make")
    return world_of({"/keys": {"get": listed, "post": made}})


def test_secrets_are_known_by_name_or_format_and_a_page_token_is_none() -> None:
    world = keys()
    facts = {name: world.conventions.of(each) for name, each in world.document.operations.items()}
    assert facts["list"].secrets == {"api_key", "secret", "pin"}
    assert facts["make"].secrets == {"secret", "pin"}


def test_a_row_says_which_secrets_it_sent_and_was_shown() -> None:
    session = keys().session(seed=1)
    session.call("list", {"api_key": "key-12345678"})
    session.call("make", {"label": "mine"})
    sent, made = (row_json(session.world, row)["secrets"] for row in session.ledger)
    assert sent["places"] == ["/query/api_key"] and sent["values"][0] == "key-12345678"
    assert made["places"] == [] and made["values"] and made["server"] == "http://localhost"


def test_a_callers_own_credential_is_kept_only_where_it_was_repeated() -> None:
    session = keys().session(seed=1)
    headers = (("authorization", "Bearer top-secret-1"), ("content-type", "application/json"))
    for label in (b"mine", b"top-secret-1"):
        session.handle(Request("POST", "/keys", "", headers, b'{"label": "%s"}' % label))
    quiet, leaked = (row_json(session.world, row)["secrets"]["values"] for row in session.ledger)
    assert "top-secret-1" in leaked and "top-secret-1" not in quiet
