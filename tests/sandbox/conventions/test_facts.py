"""Facts that hang on a boundary: styles by share, readings in order, addresses of what is read."""

from __future__ import annotations

import pytest

from sandbox.conventions.envelopes import entity_envelope
from sandbox.conventions.rest_forms import rest_forms
from sandbox.conventions.schema_views import views
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}


@pytest.mark.parametrize(("posts", "style"), [(5, "REST"), (9, "RPC over POST")])
def test_nine_of_ten_bare_posts_are_an_rpc_style(posts: int, style: str) -> None:
    paths: Json = {f"/thing{number}": {"post": does()} for number in range(posts)}
    paths["/things/{id}"] = {"get": does(shows=thing(id=TEXT)), "parameters": [by("id")]}
    assert world_of(paths).conventions.style.name == style


def test_own_properties_are_read_before_those_of_the_parts() -> None:
    part = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}
    schemas = world_of({"/x": {"get": does()}}).document.schemas
    (view,) = views(schemas, {"properties": {"z": TEXT, "y": TEXT}, "allOf": [part]})
    assert list(view.properties) == ["z", "y", "a", "b"]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_field_is_an_address_where_its_entity_can_be_read(method: str) -> None:
    url = {"type": "string", "format": "uri"}
    book, author = thing(id=TEXT, author_url=url), thing(id=TEXT, name=TEXT)
    paths: Json = {}
    for noun, schema in (("books", book), ("authors", author)):
        paths[f"/{noun}"] = {"get": does(shows={"type": "array", "items": schema})}
        item = does(shows=schema) if method == "get" or noun == "books" else does(204)
        paths[f"/{noun}/{{id}}"] = {"parameters": [by("id")], method: item}
    world = world_of(paths)
    links = world.conventions.about(world.resources.collection("/books")).links
    assert [each.target for each in links if each.kind == "other"] == ["/authors"] * (
        method == "get"
    )


@pytest.mark.parametrize("made", [("id",), ("id", "a", "b", "c")])
def test_what_a_create_answers_with_is_the_entity_only_where_it_is_more(made: tuple[str]) -> None:
    listed, reply = (thing(**dict.fromkeys(names, TEXT)) for names in (("id", "a", "b"), made))
    world = world_of({"/lamps": {
        "get": does(shows={"type": "array", "items": listed}), "post": does(201, reply, listed),
    }})  # fmt: skip
    fields = world.resources.collection("/lamps").shape.properties
    assert set(fields) == {"id", "a", "b", *made}


def test_an_entity_beside_another_object_is_known_by_its_component() -> None:
    person = {"$ref": "#/components/schemas/Person"}
    card = thing(holder=person, totals=thing(visits={"type": "integer"}))
    world = world_of({}, {"Person": thing(id={"type": "string"})})
    found = entity_envelope(world.resources.shape, card, "people", component=person["$ref"])
    assert (found.keys, found.view) == (("holder",), person)
    unlike = entity_envelope(world.resources.shape, card, "people", component="#/Pet")
    assert unlike.keys == ()


def test_only_fixed_paths_under_a_collection_are_its_own_operations() -> None:
    paths: Json = {
        f"/pets{below}": {"get": does(operationId=name)}
        for below, name in (("", "list"), ("/byStatus", "find"), ("/{id}", "read"))
    }
    paths |= {"/pets/{id}/toys": {"get": does(operationId="toys")}}
    paths |= {"/petshops/near": {"get": does(operationId="near")}}
    below = world_of(paths).resources.operations_below("/pets")
    assert [operation.id for operation in below] == ["find"]


def test_two_calls_that_read_the_same_do_not_take_the_same_place() -> None:
    user, which = thing(id=TEXT), [by("user", "query")]
    reads = {name: does(shows=user, parameters=which, operationId=name) for name in ("info", "get")}
    paths: Json = {f"/users.{name}": {"get": read} for name, read in reads.items()}
    listed = does(shows={"type": "array", "items": user}, operationId="list")
    paths |= {"/users.list": {"get": listed}}
    forms = rest_forms(world_of(paths | {"/users.create": {"post": does(201, user)}}).document)
    assert forms["info"].place.template == "/users/{}"
    assert forms["get"].place.template == "/users.get"


def test_times_change_by_themselves_wherever_the_server_keeps_them() -> None:
    stamp = {"type": "string", "format": "date-time"}
    item = thing("id", "meta", id={"type": "string"}, meta=thing(note=stamp, updated_at=stamp))
    read = does(200, item, parameters=[by("id")])
    world = world_of({"/pens/{id}": {"get": read}, "/pens": {"post": does(201, item, item)}})
    table = world.resources
    home = table.collection("/pens")
    assert table.changes_by_itself(home, "/meta/updated_at")
    assert not table.changes_by_itself(home, "/meta/note")
