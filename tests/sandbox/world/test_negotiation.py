"""Accept by RFC 9110, HEAD and OPTIONS, and the headers that a reply declares."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Request
from sandbox.messages import Response
from sandbox.world.rendering.negotiation import best
from tests.sandbox.world.documents import does, thing, world_of

V1, V2 = "application/vnd.shop.v1+json", "application/vnd.shop.v2+json"
TEXT = {"type": "string"}


@pytest.mark.parametrize(("accept", "wanted"), [
    (V2, V2), ("*/*", V1), ("", V1), ("application/*", V1), ("text/*", "text/html"),
    (f"text/html;q=0.2, {V2};q=0.9, */*;q=0.1", V2), (f"*/*, {V1};q=0", V2),
    ("application/vnd.shop.v3+json", None), ("image/png", None),
    ("TEXT/HTML; charset=utf-8", "text/html"),
    (f"{V1};q=0.1, {V2};q=0.1, text/html", "text/html"), ("text/html;q=nonsense", None),
])  # fmt: skip
def test_the_best_declared_type_answers(accept: str, wanted: str | None) -> None:
    assert best(accept, {V1: 1, V2: 2, "text/html": 3}) == wanted


@pytest.mark.parametrize(("accept", "wanted"), [
    ("application/json;version=2", "application/json;version=2"),
    ("application/json", "application/json"), ("application/json;version=3", None),
    ("application/vnd.github+json", "application/json"),
])  # fmt: skip
def test_versions_by_parameter_and_vendor_json(accept: str, wanted: str | None) -> None:
    plain = {"application/json": 1} if "version" not in accept else {}
    assert best(accept, {**plain, "application/json;version=2": 2}) == wanted


def test_what_nothing_fits_is_refused_unless_the_session_is_lenient() -> None:
    content: Any = {V1: {"schema": thing(title=TEXT)}, V2: {"schema": thing(name=TEXT)}}
    book: Any = {"responses": {"200": {"description": "ok", "content": content}}}
    world = world_of({"/book": {"get": book}})
    asked = Request("GET", "/book", "", (("accept", "image/png"),))
    strict, lenient = world.session().handle(asked), world.session(lenient=True).handle(asked)
    assert strict.status == 406 and V2.encode() in strict.body
    assert (lenient.status, lenient.header("content-type")) == (200, V1)


def ask(method: str, headers: dict[str, Any]) -> Response:
    listed = does(shows={"type": "array", "items": thing(id=TEXT)})
    listed["responses"]["200"]["headers"] = headers
    world = world_of({"/pets": {"get": listed, "post": does(201, thing(id=TEXT))}})
    return world.session(seed=1).handle(Request(method, "/pets"))


def test_head_is_get_and_options_tells_the_methods() -> None:
    head, got = ask("HEAD", {}), ask("GET", {})
    assert (head.status, head.headers) == (got.status, got.headers)
    options, wrong = ask("OPTIONS", {}), ask("DELETE", {})
    assert (options.status, options.body) == (204, b"")
    assert options.header("allow") == wrong.header("allow") == "GET, HEAD, OPTIONS, POST"


def test_declared_headers_come_in_their_style() -> None:
    integer = {"type": "integer", "minimum": 3, "maximum": 3}
    pair = {"type": "object", "properties": {"a": TEXT}}
    reply = ask("GET", {
        "Cache-Control": {"schema": {**TEXT, "example": "no-store"}},
        "X-Grants": {"schema": {"type": "array", "items": TEXT, "example": ["a", "b"]}},
        "X-Flat": {"example": {"a": "1"}, "schema": pair},
        "X-Exploded": {"example": {"a": "1"}, "explode": True, "schema": pair},
        "X-First": {"schema": TEXT, "examples": {"one": {"value": "first"}, "b": {"value": "2"}}},
        "X-Made": {"schema": integer},
        "Retry-After": {"schema": integer}, "Link": {"schema": TEXT},
        "Content-Length": {"schema": integer},
    })  # fmt: skip
    assert dict(reply.headers[1:]) == {
        "cache-control": "no-store", "x-grants": "a,b", "x-flat": "a,1", "x-exploded": "a=1",
        "x-first": "first", "x-made": "3",
    }  # fmt: skip


def test_of_two_types_that_are_liked_alike_the_one_named_most_exactly_is_sent() -> None:
    declared: dict[str, Any] = {"text/a": None, "text/a;v=2": None}
    assert best("text/a, text/a;v=2", declared) == "text/a;v=2"
    assert best("text/a", declared) == "text/a"
