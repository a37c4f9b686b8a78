"""Which tools are most easily confused with another: near misses for refusals and offered sets."""

from __future__ import annotations

from sandbox.tasks.tool_graph import Graph
from tests.sandbox.world.documents import does, world_of


def test_tools_of_one_tag_are_nearer_than_those_of_another() -> None:
    tagged = {"/ants": "small", "/bears": "large", "/cats": "small"}
    paths = {path: {"get": does(operationId=path[1:], tags=[tag])} for path, tag in tagged.items()}
    graph = Graph(world_of(paths))
    assert graph.near("ants") == ("cats", "bears")
    assert graph.near("cats") == ("ants", "bears")


def test_tools_of_one_path_are_nearest_and_then_those_of_one_method() -> None:
    paths = {
        "/ants": {"get": does(operationId="list"), "post": does(201, operationId="create")},
        "/bears": {"post": does(201, operationId="other")},
    }
    assert Graph(world_of(paths)).near("create") == ("list", "other")
