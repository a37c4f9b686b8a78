"""Calls find their places: declared, undeclared, strict, grouped, filtered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import Document
from sandbox.errors import UnknownName
from sandbox.messages import ABSENT
from sandbox.tools import bind, selector, tools
from sandbox.tools.naming import key_name, legal, name_with_location


def document(**operations: Any) -> Document:
    paths: dict[str, Any] = {}
    for key, operation in operations.items():
        verb, _, name = key.partition("_")
        paths[f"/{name}"] = {verb: {"responses": {"200": {"description": "ok"}}, **operation}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return Document.from_tree(tree, source="test")


def body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}
    }


OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "m": {"type": "object"}}}


def test_undeclared_arguments_go_where_they_would_travel() -> None:
    made = tools(document(get_x={}, delete_y={}, post_z=body(OBJECT), put_w={}))
    assert bind(made["get_x"], {"u": 1}).query == {"u": 1}
    assert bind(made["delete_y"], {"u": 1}).query == {"u": 1}
    assert bind(made["post_z"], {"u": 1, "a": "b"}).body == {"u": 1, "a": "b"}
    assert bind(made["put_w"], {"u": 1}).body == {"u": 1}


def test_a_required_body_without_fields_is_an_empty_object() -> None:
    made = tools(document(post_z=body(OBJECT), post_o=body(OBJECT, required=False)))
    assert bind(made["post_z"], {}).body == {}
    assert bind(made["post_o"], {}).body is ABSENT
    assert bind(made["post_o"], {}).media_type is None


def test_strict_nulls_are_left_out_and_text_becomes_its_object() -> None:
    made = tools(document(post_z=body(OBJECT)))["post_z"]
    call = {"a": None, "m": '{"deep": [1]}'}
    assert bind(made, call, dialect="openai-strict").body == {"m": {"deep": [1]}}
    assert bind(made, call).body == call


def test_broken_json_text_is_left_for_the_validator() -> None:
    made = tools(document(post_z=body(OBJECT)))["post_z"]
    assert bind(made, {"m": "{oops"}, dialect="gemini").body == {"m": "{oops"}


def test_grouped_layout_keeps_locations_apart() -> None:
    parameter = {"name": "a", "in": "query", "schema": {"type": "string"}, "required": True}
    made = tools(document(post_z={**body(OBJECT), "parameters": [parameter]}), layout="grouped")
    tool = made["post_z"]
    assert set(tool.parameters["properties"]) == {"query", "body"}
    bound = bind(tool, {"query": {"a": "q"}, "body": {"a": "b"}})
    assert (bound.query, bound.body) == ({"a": "q"}, {"a": "b"})


def test_filters_choose_by_tag_id_path_and_method() -> None:
    described = document(get_a={"tags": ["one"]}, post_b={"operationId": "makeB"}, get_c={})
    assert list(tools(described, only=["tag:one"])) == ["get_a"]
    assert list(tools(described, only=["op:make*", "path:/c"])) == ["makeB", "get_c"]
    assert list(tools(described, only=["method:post"])) == ["makeB"]
    with pytest.raises(UnknownName, match="tag:one"):
        tools(described, only=["tag:on"])
    with pytest.raises(UnknownName, match="path:"):
        selector("/c")


def test_names_do_not_depend_on_the_order_of_paths() -> None:
    one = document(get_a={"operationId": "x y"}, get_b={"operationId": "x.y"})
    two = document(get_b={"operationId": "x.y"}, get_a={"operationId": "x y"})
    assert {n: t.operation.path for n, t in tools(one).items() if t.operation} == {
        n: t.operation.path for n, t in tools(two).items() if t.operation
    }


def test_tools_are_built_only_when_looked_at() -> None:
    made = tools(document(get_a={}, get_b={}))
    assert len(made) == 2
    assert "get_a" in made
    assert not made._built
    assert made["get_a"] is made["get_a"]
    assert list(made._built) == ["get_a"]


@given(st.text(max_size=90), st.integers(16, 128))
def test_any_operation_id_becomes_a_legal_name(text: str, limit: int) -> None:
    described = document(get_a={"operationId": text}, get_b={"operationId": text + "!"})
    names = list(tools(described, limit=limit))
    assert len(names) == 2
    assert all(0 < len(name) <= limit and name.isascii() for name in names)
    assert all(name[0].isalpha() or name[0] == "_" for name in names)
    assert set("".join(names)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    )


@given(st.lists(st.text(max_size=80), unique=True, max_size=8))
def test_keys_stay_apart_and_legal(keys: list[str]) -> None:
    taken: set[str] = set()
    for key in keys:
        name = key_name(key, taken)
        assert name not in taken
        assert 0 < len(name) <= 64
        taken.add(name)


def test_a_taken_key_is_marked_with_its_location() -> None:
    assert name_with_location("id", "path", {"id"}) == "id__path"
    assert len(name_with_location("k" * 64, "header", {"k" * 64})) <= 64
    assert legal("Ünïcode naïve/id") == "Unicode_naive_id"
