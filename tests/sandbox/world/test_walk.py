"""A call walks forward through the modules: hardly any is entered again after a later one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import World
from tests.bench.walk import returns, walk, without_leaves
from tests.sandbox.world.documents import does, thing, world_of
from tests.sandbox.world.test_listing import PETS

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("tool", "arguments", "most"),
    [("addPet", {"kind": "cat"}, 3), ("listPets", {"kind": "dog"}, 4), ("dropPet", {"id": "?"}, 5)],
)
def test_a_call_walks_forward(
    tmp_path: Path, tool: str, arguments: dict[str, Any], most: int
) -> None:
    place = tmp_path / "pets.yaml"
    place.write_text(PETS)
    entered = walk(World.load(place), tool, arguments, calls=20)
    assert entered[-2:] == ["world/ledger", "messages"]
    assert returns(without_leaves(entered)) <= most, " > ".join(entered)


def test_an_envelope_is_made_of_what_the_page_does_not_say() -> None:
    page = {"items": {"type": "array", "items": thing(id=TEXT)}, "total": {"type": "integer"}}
    plain, noted = thing(ok={"type": "boolean"}, **page), thing(**page, note={"enum": ["a", None]})
    paths = {"/cups": {"get": does(shows=plain)}, "/mugs": {"get": does(shows=noted)}}
    world = world_of(paths)
    assert not any(each.startswith("values/") for each in walk(world, "get_cups", {}, calls=1))
    cups = json.loads(world.session(seed=1).call("get_cups", {}).text)
    assert [*cups] == ["ok", "items", "total"] and cups["ok"] and cups["total"]
    replies = [world.session(seed=seed).call("get_mugs", {}).text for seed in (1, 2, 3, 4, 1)]
    assert {json.loads(each)["note"] for each in replies} == {"a", None}
    assert replies[0] == replies[-1] and json.loads(replies[0])["items"]
