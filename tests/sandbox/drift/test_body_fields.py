"""What the drift operators read off a body's schema."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.drift.body_fields import kind_of
from sandbox.drift.families.shapes import nestable_objects
from sandbox.drift.rewriting import Draft
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["null", "integer"]}, "integer"),
        ({"type": ["string", "integer"]}, ""),
        ({"properties": {"a": {}}}, "object"),
        ({}, ""),
    ],
)
def test_the_kind_is_the_type_without_null(schema: dict[str, Any], kind: str) -> None:
    assert kind_of(lambda node: node, schema) == kind


def test_related_fields_are_nested_once_at_the_first_of_them() -> None:
    parcel = thing(home_city=TEXT, name=TEXT, home_zip=TEXT, home_street=TEXT)
    world = world_of({"/parcels/{id}": {"get": does(shows=parcel), "parameters": [by("id")]}})
    names = {id: id for id in world.document.operations}
    draft = Draft.of(world.document, world.conventions, names)
    (found,) = nestable_objects(draft, *names)
    side, field, how = found.about
    assert (side, field.name, how) == ("reply", "home_city", "nest")
