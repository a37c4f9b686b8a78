"""The addresses of other pages: what was asked stays in them, and they are valid addresses."""

from __future__ import annotations

import orjson
import pytest

from sandbox.conventions.inputs import Input
from tests.sandbox.world.documents import Json, by, does, thing, world_of
from tests.sandbox.world.test_siblings import ask

TEXT: Json = {"type": "string"}
URL: Json = {"type": "string", "format": "uri"}
NUMBER: Json = {"type": "integer"}
BOATS: Json = {"type": "array", "items": thing("id", "kind", id=TEXT, kind=TEXT)}


def test_links_keep_the_query_and_move_its_position_alone() -> None:
    links = {"type": "object", "properties": dict.fromkeys(("self", "first", "next", "prev"), URL)}
    boats = does(shows=thing("data", "links", data=BOATS, links=links))
    boats["parameters"] = [by(name, "query", NUMBER) for name in ("page", "per_page")]
    boats["parameters"].append({"name": "only[]", "in": "query", "schema": TEXT})
    world = world_of({"/boats": {"get": boats}})
    shown = orjson.loads(ask(world, "GET", "/boats?page=2&per_page=2&only[]=kind").body)["links"]
    address = "http://localhost/boats"
    assert shown["next"] == f"{address}?page=3&per_page=2&only%5B%5D=kind"
    assert shown["first"] == shown["prev"] == f"{address}?per_page=2&only%5B%5D=kind"
    assert orjson.loads(ask(world, "GET", "/boats").body)["links"]["self"] == address


def test_a_position_that_the_body_says_is_in_no_address() -> None:
    asked = {"type": "object", "properties": {"page": NUMBER, "limit": NUMBER}}
    search = does(shows=thing("data", "next", data=BOATS, next=URL), takes=asked)
    world = world_of({"/boats": {"get": does(shows=BOATS)}, "/boats/search": {"post": search}})
    reply = ask(world, "POST", "/boats/search", {"limit": 2})
    assert orjson.loads(reply.body)["next"] == "http://localhost/boats/search"


@pytest.mark.parametrize(("size", "start"), [("limit", "offset"), ("per_page", "skip")])
def test_members_of_one_query_object_page_a_list(size: str, start: str) -> None:
    window = {"type": "object", "properties": {size: NUMBER, start: NUMBER}}
    shape = {"schema": window, "style": "deepObject", "explode": True}
    world = world_of({"/boats": {"get": does(
        shows=BOATS, parameters=[{"name": "pagination", "in": "query", **shape}])}})  # fmt: skip
    (operation,) = world.document.operations.values()
    paging = world.conventions.of(operation).paging
    assert paging is not None and paging.size == Input("query", ("pagination", size))
    every = orjson.loads(ask(world, "GET", "/boats").body)
    part = ask(world, "GET", f"/boats?pagination[{size}]=2&pagination[{start}]=1")
    assert orjson.loads(part.body) == every[1:3]


def test_a_page_after_an_entry_is_addressed_by_the_entrys_id() -> None:
    links = {"type": "object", "properties": {"next": URL}}
    boats = does(shows=thing("data", "links", data=BOATS, links=links))
    boats["parameters"] = [by("limit", "query", NUMBER), by("starting_after", "query", TEXT)]
    item = {"get": does(shows=BOATS["items"]), "parameters": [by("id")]}
    shown = orjson.loads(
        ask(world_of({"/boats": {"get": boats}, "/boats/{id}": item}), "GET", "/boats?limit=2").body
    )
    last = shown["data"][1]["id"]
    assert shown["links"]["next"] == f"http://localhost/boats?limit=2&starting_after={last}"


def test_the_position_inside_a_query_object_moves_and_its_other_members_stay() -> None:
    page = {"type": "object", "properties": {"number": NUMBER, "size": NUMBER}}
    boats = does(shows=thing("data", "next", data=BOATS, next=URL))
    shape = {"schema": page, "style": "deepObject", "explode": True}
    boats["parameters"] = [{"name": "page", "in": "query", **shape}]
    reply = ask(world_of({"/boats": {"get": boats}}), "GET", "/boats?page[size]=2")
    asked = orjson.loads(reply.body)["next"].partition("?")[2]
    assert sorted(asked.split("&")) == ["page%5Bnumber%5D=2", "page%5Bsize%5D=2"]
