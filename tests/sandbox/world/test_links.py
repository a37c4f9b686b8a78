"""References inside entities point at entities that exist, however deep they lie."""

from __future__ import annotations

from typing import Any

from sandbox import World
from sandbox.conventions.foreign_keys import link_plan
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
BOOK = thing(id=TEXT, title=TEXT)


def shop(order: Json) -> World:
    def lists(shown: Json) -> Json:
        return {"get": does(200, {"type": "array", "items": shown})}

    def shows(shown: Json) -> Json:
        return {"get": {**does(200, shown), "parameters": [by("id")]}}

    return world_of({
        "/books": lists(BOOK), "/books/{id}": shows(BOOK),
        "/orders": lists(order), "/orders/{id}": shows(order),
    })  # fmt: skip


def orders(world: World) -> list[Any]:
    state = world.session(seed=2).state
    return [state.get("/orders", id) for id in state.ids("/orders")]


def test_ids_inside_lists_of_objects_exist() -> None:
    line = thing(book_id=TEXT, quantity={"type": "integer"})
    lines = {"type": "array", "minItems": 2, "items": line}
    world = shop(thing(id=TEXT, items=lines))
    books = set(world.session(seed=2).state.ids("/books"))
    assert all(entry["book_id"] in books for order in orders(world) for entry in order["items"])


def test_ids_three_objects_deep_exist() -> None:
    deep = thing(a=thing(b=thing(book_ids={"type": "array", "minItems": 1, "items": TEXT})))
    world = shop(thing(id=TEXT, parcel=deep["properties"]["a"]))
    books = set(world.session(seed=2).state.ids("/books"))
    assert all(books >= set(order["parcel"]["b"]["book_ids"]) for order in orders(world))


def test_what_cannot_be_valid_stays_as_it_is() -> None:
    lines = {"type": "array", "minItems": 1, "items": thing(book_id={"const": "fixed"})}
    made = orders(shop(thing(id=TEXT, items=lines)))
    assert {entry["book_id"] for order in made for entry in order["items"]} == {"fixed"}


def test_objects_without_references_cost_nothing() -> None:
    world = shop(thing(id=TEXT, address=thing(street=TEXT, city=thing(name=TEXT))))
    assert not link_plan(world.resources, world.resources.collection("/orders"))
    assert all(isinstance(order["address"]["street"], str) for order in orders(world))
