"""Credentials: any plausible one is let in, or only those that are named."""

from __future__ import annotations

from base64 import b64encode

import pytest

from sandbox import Document, Request, World
from sandbox.world.session import Session
from tests.sandbox.world.documents import Json, does, thing

SCHEMES: dict[str, Json] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}


def asked(scheme: str, secret: str) -> Request:
    """A request that carries the secret as the scheme wants it."""
    basic = b64encode(secret.encode()).decode()
    header = {
        "bearer": ("authorization", f"Bearer {secret}"),
        "basic": ("authorization", f"Basic {basic}"),
        "header": ("x-key", secret),
    }.get(scheme)
    query = f"key={secret.replace(':', '%3A')}" if scheme == "query" else ""
    return Request("GET", "/things", query, (header,) if header else ())


def guarded(scheme: str) -> World:
    tree = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"get": does(shows={"type": "array"}, security=[{scheme: []}])}},
        "components": {"securitySchemes": {scheme: SCHEMES[scheme]}},
    }  # fmt: skip
    return World(Document.from_tree(tree, source="t"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_the_named_ones_are_let_in(scheme: str) -> None:
    world = guarded(scheme)
    secrets = ("ada:lovelace", "ada:wrong")
    anybody = [world.session().handle(asked(scheme, each)).status for each in secrets]
    named = world.session(credentials=["ada:lovelace"])
    assert anybody == [200, 200]
    assert [named.handle(asked(scheme, each)).status for each in secrets] == [200, 401]
    assert named.handle(Request("GET", "/things")).status == 401


def test_the_tool_layer_is_always_let_in() -> None:
    session = guarded("bearer").session(credentials=["secret"])
    assert not session.call("get_things", {}).error


def test_a_body_that_was_let_in_once_lets_nobody_else_in() -> None:
    tree = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/things": {"post": does(201, thing(n={"type": "integer"}), thing(
            n={"type": "integer"}), security=[{"bearer": []}])}},
        "components": {"securitySchemes": {"bearer": SCHEMES["bearer"]}},
    }  # fmt: skip
    world = World(Document.from_tree(tree, source="t"))

    def status(session: Session, token: str, body: bytes) -> int:
        headers = (("authorization", f"Bearer {token}"), ("content-type", "application/json"))
        return session.handle(Request("POST", "/things", "", headers, body)).status

    anybody, named = world.session(), world.session(credentials=["key"])
    assert [status(anybody, "x", each) for each in (b'{"n": 1}', b'{"n": "a"}')] == [201, 422]
    assert [status(named, each, b'{"n": 1}') for each in ("x", "key", "x")] == [401, 201, 401]
    assert status(anybody, "x", b'{"n": 2}') == 201
