"""The differs proof itself: it sees a change that nobody told, and a chain of versions in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import Document, World
from tests.proofs.differs import compare, versions
from tests.sandbox.world.documents import does, thing, world_of

TEXT = {"type": "string"}


def shop(**disc: Any) -> World:
    item = {"oneOf": [thing("kind", kind={"const": "book"}, pages=TEXT),
                      thing("kind", kind={"const": "disc"}, **disc)]}  # fmt: skip
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/items": {"put": does(shows=item, takes=item)}}}  # fmt: skip
    return World(Document.from_tree(tree, source="t"))


@pytest.mark.parametrize(("now", "both"), [
    ({"tracks": {"type": "integer"}}, 2), ({"tracks": {"type": "string"}}, 0),
    ({"tracks": {"type": "string", "enum": ["a"]}}, 1),
])  # fmt: skip
def test_what_instances_prove_inside_a_union_is_found(now: Any, both: int) -> None:
    made = compare(shop(tracks=TEXT), shop(**now), most=9, values=9)
    assert (made.both, made.missed) == (both, [])
    assert made.both + made.neither + made.unproved == 2


@pytest.mark.parametrize(("was", "now"), [
    ({"additionalProperties": {"type": "string"}}, {"additionalProperties": {"type": "integer"}}),
    ({"properties": {"a": TEXT}},
     {"properties": {"a": {"oneOf": [{"enum": ["x"]}, {"const": "y"}]}}}),
])  # fmt: skip
def test_maps_and_unions_that_come_are_found(was: Any, now: Any) -> None:
    def world(schema: Any) -> World:
        return world_of({"/x": {"post": does(takes={"type": "object", **schema})}})

    made = compare(world(was), world(now), most=9, values=30, unions=False)
    assert (made.both, made.missed) == (1, [])


def test_versions_follow_one_another(tmp_path: Path) -> None:
    for name in ("a/old.json", "a/new.json", "b/v1.yml", "b/v2.yml", "b/v3.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [name for name, _, _ in versions(tmp_path)] == ["a", "b v1-v2", "b v2-v3"]
