"""The Link header: percent-encoded, and the same address that the body tells."""

from __future__ import annotations

import orjson

from sandbox import Request
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def test_the_link_header_leads_where_the_body_does() -> None:
    page = thing(items={"type": "array", "items": thing(id=TEXT, name=TEXT)},
                 next={"type": ["string", "null"], "format": "uri-reference"})  # fmt: skip
    numbers = [by(name, "query", WHOLE) for name in ("page", "per_page")]
    listed = does(shows=page, parameters=[*numbers, by("sort", "query")])
    listed["responses"]["200"]["headers"] = {"Link": {"schema": TEXT}}
    world = world_of({"/pets": {"get": listed, "post": does(201, thing(id=TEXT))}})
    reply = world.session(seed=1).handle(Request("GET", "/pets", "per_page=1&sort=name%20desc"))
    link = reply.header("link") or ""
    assert link == f'<{orjson.loads(reply.body)["next"]}>; rel="next"'
    assert "sort=name%20desc" in link and "page=2" in link
