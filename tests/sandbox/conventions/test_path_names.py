"""A collection is what it is, whichever operation is asked about first."""

from __future__ import annotations

import itertools

from sandbox.conventions.resources import Resources
from tests.sandbox.world.documents import Json, by, does, world_of


def test_the_names_of_a_path_do_not_depend_on_who_asks_first() -> None:
    below: Json = {"put": does(204, parameters=[by("hut"), by("member")])}
    many: Json = {"post": does(204, parameters=[by("hut")])}
    paths: Json = {"/huts/{hut}/members/{member}": below, "/huts/{hut}/members/bulk": many}
    world = world_of(paths)
    operations = list(world.document.operations.values())
    for order in ([], *itertools.permutations(operations)):
        resources = Resources(world.document)
        for operation in order:
            resources.meaning(operation)
        assert resources.collection("/huts/{}/members").names == ("hut",)
