"""Which replies may tell the ids of a collection."""

from __future__ import annotations

from sandbox.conventions.identifiers import revealing_operations
from tests.sandbox.world.documents import by, does, thing, world_of

PET = thing("id", id={"type": "string"}, name={"type": "string"})


def test_lists_creates_and_searches_tell_ids_and_nothing_else_does() -> None:
    one, pets = [by("id")], {"type": "array", "items": PET}
    paths = {
        "/pets": {
            "get": does(shows=pets, operationId="list"),
            "post": does(201, PET, PET, operationId="create"),
        },
        "/pets/{id}": {
            "get": does(shows=PET, operationId="read", parameters=one),
            "delete": does(204, operationId="drop", parameters=one),
        },
        "/pets/{id}/feed": {"post": does(204, operationId="feed", parameters=one)},
        "/pets/sync": {"post": does(202, operationId="sync")},
        "/pets/search": {
            "get": does(shows=pets, operationId="search", parameters=[by("q", "query")])
        },
    }
    resources = world_of(paths).resources
    found = revealing_operations(resources, resources.collection("/pets"))
    assert {each.id for each in found} == {"list", "create", "search"}
