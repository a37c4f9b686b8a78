"""`Prefer: code=…` gets the declared reply of that status, and changes nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Document, Request, World
from sandbox.messages import Response
from sandbox.transports.wall_time import Pace
from tests.sandbox.world.documents import world_of

BOOK = b'{"name": "Ida", "email": "ida@example.test"}'


def ask(world: World, prefer: str, path: str = "/books", body: bytes = b"") -> Response:
    headers = [("authorization", "Bearer t"), ("prefer", prefer)]
    if body:
        headers.append(("content-type", "application/json"))
    method = "POST" if body else "GET"
    return world.session().handle(Request(method, f"/v1{path}", "", tuple(headers), body))


@pytest.mark.parametrize("prefer", ["code=401", 'respond-async, code="401"', "status=401; x=1"])
def test_the_declared_reply_comes_back_valid(prefer: str) -> None:
    world = World.load("bookshop")
    reply = ask(world, prefer)
    assert (reply.status, reply.header("preference-applied")) == (401, "code=401")
    declared = world.document.operations["listBooks"].reply(401)
    assert declared is not None
    media = declared.media[str(reply.header("content-type"))]
    validator = world.document.schemas.validator(media.schema or True, "response")
    assert validator.is_valid(orjson.loads(reply.body))


@pytest.mark.parametrize("prefer", ["code=299", "return=minimal", "code=4044"])
def test_what_is_not_declared_is_not_granted(prefer: str) -> None:
    reply = ask(World.load("bookshop"), prefer)
    assert (reply.status, reply.header("preference-applied")) == (200, None)


def test_an_invalid_request_stays_invalid() -> None:
    world = World.load("bookshop")
    assert ask(world, "code=201", "/customers", b'{"name": 1}').status == 422


def test_a_success_can_be_preferred_without_an_effect() -> None:
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/v1/jobs/{id}": {"get": {"parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "now"}, "202": {"description": "then", "content": {
                "application/json": {"schema": {"type": "object", "required": ["eta"],
                    "properties": {"eta": {"type": "integer"}}}, "example": {"eta": 5}}}}}}}},
    }  # fmt: skip
    reply = ask(World(Document.from_tree(tree, source="t")), "code=202", "/jobs/none")
    assert (reply.status, orjson.loads(reply.body)) == (202, {"eta": 5})


def limited() -> World:
    """Weather that may be asked for too often, with two named examples."""
    body = {
        "type": "object",
        "required": ["retry_after"],
        "properties": {"retry_after": {"type": "integer"}},
    }
    examples = {"sun": {"value": {"retry_after": 1}}, "snow": {"value": {"retry_after": 2}}}
    kinds = {"application/json": {"schema": body}}
    headers = {"Retry-After": {"schema": {"type": "integer"}}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/now": {"get": {
        "responses": {"429": {"description": "slow", "content": kinds, "headers": headers},
            "200": {"description": "ok", "content": {"application/json": {
                "schema": body, "examples": examples}}}}}}}}  # fmt: skip
    return World(Document.from_tree(tree, source="t"))


@pytest.mark.parametrize(("prefer", "status", "delay"), [
    ("code=418", 418, 0.0), ("delay=2", 200, 2.0), ("code=503, delay=1.5", 503, 1.5),
    ('example="snow"', 200, 0.0), ("example=rain", 200, 0.0),
])  # fmt: skip
def test_any_error_a_delay_and_an_example_can_be_preferred(
    prefer: str, status: int, delay: float
) -> None:
    reply = limited().session().handle(Request("GET", "/now", "", (("prefer", prefer),)))
    assert (reply.status, reply.delay) == (status, delay)
    applied = "code" in prefer or "snow" in prefer
    assert (reply.header("preference-applied") is not None) == applied
    assert ("snow" in prefer) == (reply.body == b'{"retry_after":2}')


def test_header_and_body_say_the_same_wait_at_any_pace() -> None:
    session = limited().session(seed=3)
    reply = session.handle(Request("GET", "/now", "", (("prefer", "code=429"),)))
    for shown in (reply, Pace(7.0).in_wall_time(reply, session)):
        wait = orjson.loads(shown.body)["retry_after"]
        assert reply.status == 429 and str(wait) == shown.header("retry-after")


@pytest.mark.parametrize("types, body", [("object", b"{"), (["object", "null"], b"null")])
def test_an_example_null_is_sent_only_where_the_schema_admits_it(types: Any, body: bytes) -> None:
    schema = {"type": types, "properties": {"n": {"type": "integer"}}}
    media = {"schema": schema, "examples": {"none": {"value": None}}}
    replies = {"202": {"description": "", "content": {"application/json": media}}}
    world = world_of({"/revoke": {"post": {"operationId": "revoke", "responses": replies}}})
    assert world.session(seed=1).call("revoke", {}).text.encode().startswith(body)
