"""Which fields refer to other entities, and which lie in entities that are embedded whole."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.conventions.foreign_keys import link_plan
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
OWNED = thing(id=TEXT, owner_id=TEXT)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("entity", [True, False])
def test_links_inside_embedded_entities_are_their_own(listed: bool, entity: bool) -> None:
    inner = {"$ref": "#/components/schemas/Tool"} if entity else OWNED
    order = thing(id=TEXT, held={"type": "array", "items": inner} if listed else inner)
    schemas = {"Owner": thing(id=TEXT), "Order": order, "Tool": OWNED}
    paths: dict[str, Any] = {}
    for name in schemas:
        shown, noun = {"$ref": f"#/components/schemas/{name}"}, f"/{name.lower()}s"
        paths[noun] = {"get": does(shows={"type": "array", "items": shown})}
        item: dict[str, Any] = {"get": does(shows=shown), "parameters": [by("id")]}
        paths[f"{noun}/{{id}}"] = item
    resources = world_of(paths, schemas).resources
    plan = link_plan(resources, resources.collection("/orders"))
    assert bool(plan.inside) != entity
