"""Which reads show what a write has done: by every path of the same entities."""

from __future__ import annotations

from sandbox import Document, World
from tests.sandbox.world.documents import by, does, thing, world_of

NOTE = thing("text", id={"type": "string"}, text={"type": "string"}, jar_id={"type": "string"})
NOTES = {"type": "array", "items": NOTE}
JAR = thing("id", id={"type": "string"})


def readbacks(world: World, operation: str) -> tuple[str, ...]:
    return world.conventions.of(world.document.operations[operation]).readbacks.operations


def test_the_path_below_a_parent_shows_the_same_entities() -> None:
    jar, note = by("jar_id", "path"), by("id", "path")
    world = world_of(
        {
            "/jars": {"get": does(200, {"type": "array", "items": JAR}, operationId="jars")},
            "/jars/{jar_id}": {"parameters": [jar], "get": does(200, JAR, operationId="jar")},
            "/notes": {"post": does(201, NOTE, NOTE, operationId="add")},
            "/notes/{id}": {"parameters": [note], "get": does(200, NOTE, operationId="note")},
            "/jars/{jar_id}/notes": {
                "parameters": [jar],
                "get": does(200, NOTES, operationId="notes_of_jar"),
                "post": does(201, NOTE, NOTE, operationId="add_to_jar"),
            },
        }
    )
    assert readbacks(world, "add") == ("note", "notes_of_jar")
    assert readbacks(world, "add_to_jar") == ("note", "notes_of_jar")


def test_a_path_that_lists_some_of_them_is_no_readback() -> None:
    user, users = {"$ref": "#/components/schemas/User"}, {"type": "array"}
    item, team = by("id", "path"), by("team", "path")
    paths = {
        "/users": {"post": does(201, user, operationId="add")},
        "/users/{id}": {"parameters": [item], "get": does(200, user, operationId="user")},
        "/teams/{team}/members": {
            "parameters": [team],
            "get": does(200, {**users, "items": user}, operationId="members"),
        },
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": {"User": thing("id", id={"type": "string"})}}
    world = World(Document.from_tree(tree, source="t"))
    assert world.resources.view("/teams/{}/members") is not None
    assert readbacks(world, "add") == ("user",)
