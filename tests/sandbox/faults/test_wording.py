"""What faults write into replies looks like something that a server would write."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.messages import Request, Response
from tests.sandbox.faults.scenes import bookshop
from tests.sandbox.world.documents import by, does, thing, world_of

NEW = {"title": "Deep", "author_id": "au_000000", "genre": "crime", "price": 12.5}
AUTH = ("authorization", "Bearer any")


def answered(fault: str, method: str, path: str, body: Any = None, **headers: str) -> Response:
    session = bookshop().session(seed=3, faults=fault)
    sent = () if body is None else (("content-type", "application/json"),)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    packed = b"" if body is None else orjson.dumps(body)
    return session.handle(Request(method, path, "", (*sent, AUTH, *named), packed))


@pytest.mark.parametrize("fault", ["X01", "B05", "M11"])
def test_planted_text_stands_in_prose_and_not_in_a_code(fault: str) -> None:
    clean = orjson.loads(answered("", "GET", "/v1/books").body)["items"][0]
    found = orjson.loads(answered(fault, "GET", "/v1/books").body)["items"][0]
    assert [name for name in clean if clean[name] != found[name]] == ["title"]


def test_extra_links_lead_to_what_is_shown() -> None:
    made = answered("B11", "POST", "/v1/books", NEW)
    link = orjson.loads(made.body)["_links"]["self"]["href"]
    assert link == made.header("location") and link.startswith("/v1/books/")


def test_a_key_is_only_spoken_of_where_one_was_sent_that_is_heeded() -> None:
    about = {"description": "Sent again under the same id, a call is idempotent."}
    item = thing("amount", id={"type": "string"}, amount={"type": "integer"})
    key = {**by("PayPal-Request-Id", "header"), **about}
    pay = does(201, item, item, operationId="pay", parameters=[key, by("Trace-Id", "header")])
    session = world_of({"/payments": {"post": pay}}).session(seed=3, faults="H13")
    keyed, bare = (
        session.call("pay", {"amount": amount, header: "k1"})
        for amount, header in ((1, "PayPal-Request-Id"), (2, "Trace-Id"))
    )
    assert (bare.status, keyed.status) == (409, 409)
    assert "with the same key" not in bare.text and "with the same key" in keyed.text


def test_a_misleading_error_never_blames_what_is_really_wrong() -> None:
    both = answered("B08", "PATCH", "/v1/books/bk_000000", {"price": 5.0, "prise": 5.0})
    alone = answered("B08", "PATCH", "/v1/books/bk_000000", {"prise": 5.0})
    assert b"#/price" in both.body and b"prise" not in both.body
    assert b"#/prise" in alone.body
