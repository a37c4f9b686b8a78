"""What a model file states holds in the world, and what it states wrongly is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Document, World
from sandbox.conventions.overrides import (
    IdempotencyOverride,
    OrderingOverride,
    Override,
    PagingOverride,
)
from sandbox.errors import PlanError

_THING: dict[str, Any] = {
    "type": "object",
    "required": ["tag", "name", "made", "altered"],
    "properties": {
        "tag": {"type": "string", "readOnly": True},
        "name": {"type": "string"},
        "made": {"type": "string", "format": "date-time", "readOnly": True},
        "altered": {"type": "string", "format": "date-time", "readOnly": True},
    },
}
_FACTS: dict[str, Any] = {
    "operations": {
        "listThings": {
            "paging": {"style": "offset", "size": "howmany", "position": "beyond", "total": "all"}
        },
        "addThing": {"idempotency": {"header": "X-Once"}},
    },
    "collections": {"/things": {"id": "tag", "created": ["made"], "updated": ["altered"]}},
}


def _document() -> Document:
    def reply(status: str, schema: Any) -> dict[str, Any]:
        media = {"application/json": {"schema": schema}}
        return {"responses": {status: {"description": "it", "content": media}}}

    listed = {"items": {"type": "array", "items": _THING}, "all": {"type": "integer"}}
    number = {"type": "integer"}
    query = [{"name": name, "in": "query", "schema": number} for name in ("howmany", "beyond")]
    once = {"name": "X-Once", "in": "header", "schema": {"type": "string"}}
    body = {"required": True, "content": {"application/json": {"schema": _THING}}}
    many = reply("200", {"type": "object", "required": [*listed], "properties": listed})
    paths = {
        "/things": {
            "get": {"operationId": "listThings", "parameters": query, **many},
            "post": {"operationId": "addThing", "parameters": [once], "requestBody": body}
            | reply("201", _THING),
        },
        "/things/{tag}": {
            "parameters": [{"name": "tag", "in": "path", "required": True}
                           | {"schema": {"type": "string"}}],
            "get": {"operationId": "getThing", **reply("200", _THING)},
            "patch": {"operationId": "alterThing", "requestBody": body, **reply("200", _THING)},
        },
    }  # fmt: skip
    return Document.from_tree(
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}, source="t"
    )


def test_stated_paging_and_idempotency_hold_in_the_world() -> None:
    session = World(_document(), overrides=_FACTS).session(seed=1)
    for _ in range(2):
        made = session.call("addThing", {"name": "n", "X-Once": "k1"})
    whole = json.loads(session.call("listThings", {"howmany": 100}).text)
    assert [e["tag"] for e in whole["items"]].count(json.loads(made.text)["tag"]) == 1
    page = json.loads(session.call("listThings", {"howmany": 2, "beyond": 1}).text)
    assert page == {"items": whole["items"][1:3], "all": len(whole["items"])}


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        ({"operations": {"listThings": {"paging": {"size": "many"}}}}, "did you mean howmany"),
        ({"operations": {"listThings": {"paging": {"next": "on"}}}}, "valid are all, items"),
        ({"operations": {"addThing": {"idempotency": {"header": "X"}}}}, "X-Once"),
        ({"operations": {"addThing": {"paging": {"size": "howmany"}}}}, "is no list but create"),
        ({"operations": {"listThings": {"paging": {"sizes": "a"}}}}, "valid are style, size"),
        ({"collections": {"/things": {"updated": ["at"]}}}, "valid are altered, made, name, tag"),
        ({"collections": {"/thing": {"id": "tag"}}}, "did you mean /things"),
        ({"collections": {"/things": {"ids": "tag"}}}, "valid are id, natural_keys"),
    ],
)
def test_what_is_stated_wrongly_is_one_sentence_with_its_place(said: Any, wants: str) -> None:
    kind, (name, _) = next((kind, next(iter(rows.items()))) for kind, rows in said.items())
    with pytest.raises(PlanError, match=f"{kind}/{name}") as caught:
        World(_document(), overrides=said)
    assert wants in str(caught.value)


@pytest.mark.parametrize(
    ("part", "kind", "inputs"),
    [
        *(("idempotency", IdempotencyOverride, [place]) for place in ("header", "query", "field")),
        ("ordering", OrderingOverride, ["sort", "direction"]),
        ("paging", PagingOverride, ["size", "position"]),
    ],
)
def test_what_is_stated_of_an_input_follows_it_to_a_new_name(
    part: str, kind: Callable[..., Any], inputs: list[str]
) -> None:
    stated = Override(**{part: kind(**dict.fromkeys(inputs, "old"))})
    renamed = stated.with_new_names({"old": "new"})
    assert getattr(renamed, part) == kind(**dict.fromkeys(inputs, "new"))
    assert Override(filters={"old": "a"}).with_new_names({"old": "new"}).filters == {"new": "a"}
