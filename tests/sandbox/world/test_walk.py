"""A call walks forward through the modules: hardly any is entered again after a later one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import World
from tests.bench.walk import returns, walk, without_leaves
from tests.sandbox.world.test_listing import PETS


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
