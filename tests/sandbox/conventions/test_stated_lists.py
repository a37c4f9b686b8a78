"""Paging, order and filters that a model file states hold in world, tools, tasks, faults, drift."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Document, Session, World
from sandbox.errors import PlanError
from sandbox.tasks.list_reading import next_page
from sandbox.tasks.tool_graph import Graph

_DOT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "hue", "mass"],
    "properties": {
        "id": {"type": "integer"},
        "hue": {"type": "string", "enum": ["red", "blue"]},
        "mass": {"type": "integer", "minimum": 1, "maximum": 9},
    },
}
_TEXTS = ("kmark", "kby", "kway", "khue", "kword", "kidle")
_PAGED = {"style": "cursor", "size": "kfirst", "position": "kmark", "next": "kmore", "total": "kn"}
_SAID: dict[str, Any] = {
    "paging": _PAGED,
    "ordering": {"sort": "kby", "direction": "kway"},
    "filters": {"khue": "hue", "kleast": ">= mass", "kword": "*", "kidle": "none"},
}


def _world(**said: Any) -> World:
    schemas = {name: {"type": "string"} for name in _TEXTS}
    schemas |= {name: {"type": "integer"} for name in ("kfirst", "kleast")}
    query = [{"name": name, "in": "query", "schema": each} for name, each in schemas.items()]
    shown: dict[str, Any] = {"kdots": {"type": "array", "items": _DOT}, "kn": {"type": "integer"}}
    shown["kmore"] = {"type": ["string", "null"]}
    reply = {"type": "object", "required": [*shown], "properties": shown}
    media = {"application/json": {"schema": reply}}
    get: dict[str, Any] = {"operationId": "dots", "parameters": query}
    get |= {"responses": {"200": {"description": "d", "content": media}}}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/dots": {"get": get}},
    }
    overrides = {"operations": {"dots": {"act": "list", "collection": "/dots", **said}}}
    return World(Document.from_tree(tree, source="t"), overrides=overrides)


def _always(fault: str) -> dict[str, Any]:
    return {"rules": [{"fault": fault, "trigger": {"model": "always"}}]}


def _all(session: Session, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(session.call("dots", arguments).text)["kdots"]
    return found


def test_a_client_walks_by_the_stated_cursor_and_the_total_is_all() -> None:
    session = _world(**_SAID).session(seed=2)
    seen, total = [], set()
    arguments: dict[str, Any] | None = {"kfirst": 2}
    while arguments is not None:
        reply = json.loads(session.call("dots", arguments).text)
        seen += [dot["id"] for dot in reply["kdots"]]
        total.add(reply["kn"])
        arguments = next_page(session.world.tools["dots"], arguments, reply)
    assert len(seen) == len(set(seen)) and total == {len(seen)}
    assert seen == [dot["id"] for dot in _all(session, kfirst=99)]


def test_nothing_is_paged_where_the_file_says_none() -> None:
    world = _world(paging={"style": "none"})
    assert world.conventions.of(world.document.operations["dots"]).paging is None
    assert len(_all(world.session(seed=2), kfirst=1)) > 1


def test_stated_filters_pick_and_others_do_not() -> None:
    session = _world(**_SAID).session(seed=2)
    whole = _all(session, kfirst=99)
    assert _all(session, kfirst=99, khue="red") == [d for d in whole if d["hue"] == "red"]
    assert _all(session, kfirst=99, kleast=5) == [d for d in whole if d["mass"] >= 5]
    assert _all(session, kfirst=99, kword="blu") == [d for d in whole if d["hue"] == "blue"]
    assert _all(session, kfirst=99, kidle="x") == whole


@pytest.mark.parametrize("way", ["asc", "desc"])
def test_the_stated_order_holds(way: str) -> None:
    session = _world(**_SAID).session(seed=2)
    masses = [dot["mass"] for dot in _all(session, kfirst=99, kby="mass", kway=way)]
    assert masses == sorted(masses, reverse=way == "desc")


def test_tasks_and_faults_read_the_stated_facts() -> None:
    world = _world(**_SAID)
    graph = Graph(world)
    ability = graph.ability("dots")
    assert ability is not None
    assert {filter.name for filter, _ in graph.filters(ability)} == {"khue", "kleast"}
    capped = world.session(seed=2, faults={"rules": [{"fault": "S16", "params": {"cap": 3}}]})
    assert len(_all(capped, kfirst=9)) == 3
    lying = world.session(seed=2, faults=_always("S15"))
    true = json.loads(world.session(seed=2).call("dots", {}).text)["kn"]
    assert json.loads(lying.call("dots", {}).text)["kn"] == true + 7
    ignoring = world.session(seed=2, faults=_always("M07"))
    assert {dot["hue"] for dot in _all(ignoring, kfirst=99, khue="red")} == {"red", "blue"}


def test_drift_introduces_paging_only_where_the_file_says_there_is_none() -> None:
    with pytest.raises(PlanError, match="no target"):
        _world(paging=_PAGED).session(seed=2, drift="D24")
    session = _world(paging={"style": "none"}).session(seed=2, drift="D24")
    assert len(_all(session, limit=2)) == 2


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        ({"ordering": {"sort": "by"}}, "kby"),
        ({"filters": {"khue": "hues"}}, "hue"),
        ({"filters": {"hue": "hue"}}, "khue"),
    ],
)
def test_what_is_stated_wrongly_names_what_is_valid(said: Any, wants: str) -> None:
    with pytest.raises(PlanError, match=f"operations/dots/{next(iter(said))}.*{wants}"):
        _world(**said)
