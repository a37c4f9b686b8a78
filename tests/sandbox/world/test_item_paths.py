"""The path at which a new entity can be read."""

from __future__ import annotations

from sandbox.world.item_paths import ItemPath


def test_the_id_and_the_parents_ids_fill_the_written_path() -> None:
    below = ItemPath(at_home=False, pieces=("/shops/", "/pets/", ".json"), segments=(2,))
    assert below.fill("/shops/7/pets", "rex") == "/shops/7/pets/rex.json"
    assert ItemPath(False, ("/pet/", ""), ()).fill("/pet", "12") == "/pet/12"


def test_without_a_written_path_the_id_follows_the_collections() -> None:
    assert ItemPath(False, (), ()).fill("/pets", "12") == "/pets/12"
    assert ItemPath(True, (), (), unreadable=True).fill("/pets", "12") == ""
