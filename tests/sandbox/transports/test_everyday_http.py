"""What clients of small documents of every kind see over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sandbox import Document, World
from sandbox.transports.server import Background, Server
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}


@contextmanager
def client_of(world: World, **options: Any) -> Iterator[httpx.Client]:
    with Background(Server({"t": world}, mcp=False, options=options)) as server:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            yield client


def listed(item: Json) -> Json:
    return {"type": "array", "items": item}


def invoices() -> World:
    """Entities with parts that the server owns ids of."""
    line = thing("id", "text", id={**WHOLE, "readOnly": True}, text=TEXT,
                 count={**WHOLE, "default": 1})  # fmt: skip
    payer = thing("id", "name", id={**TEXT, "readOnly": True}, name=TEXT)
    invoice = thing("id", "rows", id={**WHOLE, "readOnly": True}, rows=listed(line), payer=payer)
    return world_of({
        "/invoices": {"post": does(201, invoice, invoice), "get": does(shows=listed(invoice))},
        "/invoices/{no}": {"get": does(shows=invoice), "parameters": [by("no", schema=WHOLE)]},
    })  # fmt: skip


def test_parts_that_were_sent_come_back_with_the_ids_of_the_server() -> None:
    sent = {"rows": [{"text": "a"}, {"text": "b", "count": 3}], "payer": {"name": "Ann"}}
    with client_of(invoices()) as client:
        made = client.post("/invoices", json=sent).json()
        assert client.get(f"/invoices/{made['id']}").json() == made
    assert [(row["text"], row["count"]) for row in made["rows"]] == [("a", 1), ("b", 3)]
    assert made["payer"]["name"] == "Ann" and made["payer"]["id"]
    assert len({row["id"] for row in made["rows"]}) == 2


@pytest.mark.parametrize(("unknown", "status"), [("ignore", (200, 201)), ("reject", (422, 422))])
def test_open_schemas_take_what_they_do_not_name_unless_that_is_refused(
    unknown: str, status: tuple[int, int]
) -> None:
    with client_of(invoices(), unknown=unknown) as client:
        listing = client.get("/invoices?_=1")
        made = client.post("/invoices", json={"rows": [], "colour": "red"})
    assert (listing.status_code, made.status_code) == status


def test_several_are_made_or_changed_at_once_and_none_where_none_was_sent() -> None:
    rule = thing("text", id={**TEXT, "readOnly": True}, text=TEXT)
    known = thing("id", "text", id=TEXT, text=TEXT)
    shown = thing(result=listed(rule))
    world = world_of({
        "/rules": {"get": does(shows=shown), "post": does(200, shown, listed(rule)),
                   "put": does(200, shown, listed(known))},
        "/rules/{id}": {"get": does(shows=rule), "parameters": [by("id")]},
    })  # fmt: skip
    with client_of(world) as client:
        made = client.post("/rules", json=[{"text": "a"}, {"text": "b"}]).json()["result"]
        assert [row["text"] for row in made] == ["a", "b"]
        changed = [{**row, "text": row["text"] * 2} for row in made]
        assert client.put("/rules", json=changed).json()["result"] == changed
        assert [client.get(f"/rules/{row['id']}").json() for row in made] == changed
        assert client.put("/rules", json=[*changed, {"id": "no", "text": "x"}]).is_success
        before = client.get("/rules").json()
        assert client.post("/rules", json=[]).json() == {"result": []}
        assert client.get("/rules").json() == before


@pytest.mark.parametrize(
    "query", ["sort=", "sort", "sort=name", "sort=%00", "sort=none,,", "sort=,"]
)
def test_no_order_that_is_asked_for_is_an_error_of_ours(query: str) -> None:
    seller = thing("id", "name", id=TEXT, name=TEXT, contacts=listed(TEXT))
    sort = thing(field={"enum": ["NAME", "ID"]}, order={"enum": ["ASC", "DESC"]})
    search = does(shows=thing(found=listed(seller)), takes={"properties": {"sort": {**sort,
                  "required": []}}, "type": "object"})  # fmt: skip
    world = world_of({
        "/sellers": {"get": does(shows=thing(found=listed(seller)), parameters=[
            {**by("sort", "query"), "allowEmptyValue": True}])},
        "/sellers/search": {"post": search},
        "/sellers/{id}": {"get": does(shows=seller), "parameters": [by("id")]},
    })  # fmt: skip
    with client_of(world) as client:
        assert client.get(f"/sellers?{query}").status_code < 500
        for order in ({}, {"field": "NAME"}, {"order": "DESC"}):
            assert client.post("/sellers/search", json={"sort": order}).status_code == 200


def test_one_name_in_every_place_of_a_request_is_five_values() -> None:
    places = [by("id", where, WHOLE if where == "query" else TEXT)
              for where in ("path", "query", "header", "cookie")]  # fmt: skip
    places = [{**each, "required": True} for each in places]
    update = does(shows={"type": "object"}, takes=thing(id={"type": "boolean"}), parameters=places)
    box = thing(id=TEXT)
    world = world_of({"/boxes": {"post": does(201, box, {"type": "object"})},
                      "/boxes/{id}": {"put": update}})  # fmt: skip
    with client_of(world) as client:
        id = client.post("/boxes", json={}).json()["id"]
        headers = {"id": "h", "cookie": "id=c"}
        good = client.put(f"/boxes/{id}?id=2", json={"id": True}, headers=headers)
        bad = client.put(f"/boxes/{id}?id=x", json={"id": 1})
    assert (good.status_code, bad.status_code) == (200, 422)
    places_named = sorted(each["in"] for each in bad.json()["errors"])
    assert places_named == ["body", "cookie", "header", "query"]


def test_a_reply_that_is_only_an_example_or_a_reference_is_served() -> None:
    example = {"rows": [{"id": "a1"}], "meta": {"total": 1}}
    alone = {"responses": {"200": {"description": "", "content": {
        "application/json": {"example": example}}}}}  # fmt: skip
    referred = {"responses": {"200": {"description": "", "content": {
        "$ref": "#/components/mediaTypes/Sum"}}}}  # fmt: skip
    tree = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/log": {"get": alone}, "/sum": {"get": referred}},
            "components": {"mediaTypes": {"Sum": {"application/json": {
                "schema": thing(sum={**WHOLE, "minimum": 7, "maximum": 7})}}}}}  # fmt: skip
    with client_of(World(Document.from_tree(tree, source="t"))) as client:
        assert client.get("/log").json() == example
        assert client.get("/sum").json() == {"sum": 7}


@pytest.mark.parametrize("query", [
    "size=5&size=7", "by[kind]=a&by[kind]=b", "by[kind]=a&by[no]=x", "kind=a&kind=b",
])  # fmt: skip
def test_a_name_that_takes_one_value_is_not_read_half(query: str) -> None:
    by_kind = {"type": "object", "properties": {"kind": TEXT, "tags": listed(TEXT)},
               "additionalProperties": False}  # fmt: skip
    deep = {**by("by", "query", by_kind), "style": "deepObject", "explode": True}
    things = does(shows=listed(thing(id=TEXT)),
                  parameters=[by("size", "query", WHOLE), deep, by("kind", "query")])  # fmt: skip
    with client_of(world_of({"/things": {"get": things}})) as client:
        assert client.get("/things?size=5&by[kind]=a&by[tags]=x&by[tags]=y").status_code == 200
        assert client.get(f"/things?{query}").status_code == 422


def test_the_count_in_a_header_is_the_count_of_a_list_that_is_not_paged() -> None:
    things = does(shows=listed(thing(id=TEXT)))
    header = {"X-Total-Count": {"schema": {**WHOLE, "example": 5000}}}
    things["responses"]["200"]["headers"] = header
    with client_of(world_of({"/things": {"get": things}})) as client:
        reply = client.get("/things")
    assert reply.headers["x-total-count"] == str(len(reply.json()))


def test_what_an_error_has_nothing_to_say_of_is_null_not_prose() -> None:
    error = thing(message=TEXT, param={**TEXT, "nullable": True})
    reply = {"description": "", "content": {"application/json": {"schema": thing(error=error)}}}
    reader = does(shows=thing(id=TEXT), replies={"429": reply}, parameters=[by("id")])
    tree = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/things/{id}": {"get": reader}}}  # fmt: skip
    with client_of(World(Document.from_tree(tree, source="t"))) as client:
        told = client.get("/things/1", headers={"prefer": "code=429"}).json()["error"]
    assert told["param"] is None and told["message"]
