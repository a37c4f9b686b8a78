"""The path at which a new entity can be read."""

from __future__ import annotations

from sandbox.world.item_paths import ItemPath
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}


def test_the_id_and_the_parents_ids_fill_the_written_path() -> None:
    below = ItemPath(at_home=False, pieces=("/shops/", "/pets/", ".json"), segments=(2,))
    assert below.fill("/shops/7/pets", "rex") == "/shops/7/pets/rex.json"
    assert ItemPath(False, ("/pet/", ""), ()).fill("/pet", "12") == "/pet/12"


def test_without_a_written_path_the_id_follows_the_collections() -> None:
    assert ItemPath(False, (), ()).fill("/pets", "12") == "/pets/12"
    assert ItemPath(True, (), (), unreadable=True).fill("/pets", "12") == ""


def test_a_nested_create_tells_the_address_as_the_entitys_own_path_is_written() -> None:
    order = thing("id", "note", id=TEXT, note=TEXT, shop_id=TEXT)
    orders = {"get": does(shows={"type": "array", "items": order})}
    shops = {"get": does(shows={"type": "array", "items": thing(id=TEXT)})}
    create = does(201, order, thing(note=TEXT), operationId="order")
    world = world_of({
        "/shops": shops, "/orders": orders,
        "/shops/{shop_id}/orders": {**orders, "post": create, "parameters": [by("shop_id")]},
        "/orders/{id}/json": {"get": does(shows=order), "parameters": [by("id")]},
    })  # fmt: skip
    session = world.session(seed=1)
    session.call("order", {"shop_id": session.state.ids("/shops")[0], "note": "soon"})
    (made,) = session.ledger[0].effects
    assert session.ledger[0].response.header("location") == f"/orders/{made.id}/json"
