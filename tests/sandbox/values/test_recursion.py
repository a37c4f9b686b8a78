"""Schemas that contain themselves: a smallest value where there is one, a clear word where not."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.values import Values
from tests.sandbox.values.plain import Plain, errors, made


def check(definitions: dict[str, Any], name: str, **wishes: Any) -> Any:
    source = Plain({"$defs": definitions})
    schema = {"$ref": f"#/$defs/{name}"}
    value = Values(source).make(schema, Draw(1), **wishes)
    assert errors({**schema, "$defs": definitions}, value) == []
    return value


TREE = {
    "type": "object",
    "required": ["id", "children"],
    "properties": {
        "id": {"type": "integer"},
        "parent": {"$ref": "#/$defs/Tree"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
    },
}


def test_optional_recursion_ends_soon() -> None:
    value = check({"Tree": TREE}, "Tree", optional=1.0)
    assert len(orjson.dumps(value)) < 20_000


def test_a_choice_that_is_among_its_own_branches_ends() -> None:
    leaf = {"type": "object", "required": ["leaf"], "properties": {"leaf": {"type": "integer"}}}
    twig = {"type": "object", "required": ["twig"], "properties": {"twig": {"$ref": "#/$defs/Any"}}}
    more = {"anyOf": [{"$ref": "#/$defs/Twig"}, {"$ref": "#/$defs/Any"}]}
    every = {"anyOf": [{"$ref": "#/$defs/Leaf"}, {"$ref": "#/$defs/More"}]}
    source = Plain({"$defs": {"Leaf": leaf, "Twig": twig, "More": more, "Any": every}})
    found = [Values(source).make({"$ref": "#/$defs/Any"}, Draw(seed)) for seed in range(20)]
    assert {name for value in found for name in value} <= {"leaf", "twig"}


def test_sparse_recursion_is_the_smallest_value() -> None:
    assert check({"Tree": TREE}, "Tree", sparse=True)["children"] == []


def test_a_required_chain_ends_where_null_is_allowed() -> None:
    link = {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}
    node = {"type": "object", "required": ["next"], "properties": {"next": link}}
    assert "next" in check({"Node": node}, "Node")


def test_a_required_endless_chain_is_named() -> None:
    node = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/N"}}}
    with pytest.raises(NoInstance, match=r"/next: is endless"):
        check({"N": node}, "N")


def test_mutual_endless_chains_are_found() -> None:
    def needs(name: str) -> dict[str, Any]:
        return {"required": [name], "properties": {name: {"$ref": f"#/$defs/{name}"}}}

    with pytest.raises(NoInstance, match="endless"):
        check({"a": needs("b"), "b": needs("c"), "c": needs("a")}, "a")


def test_a_required_list_of_itself_may_be_empty_but_not_long() -> None:
    items = {"type": "array", "items": {"$ref": "#/$defs/L"}}
    node = {"type": "object", "required": ["of"], "properties": {"of": items}}
    assert "of" in check({"L": node}, "L")
    node["properties"] = {"of": {**items, "minItems": 2}}
    with pytest.raises(NoInstance):
        check({"L": node}, "L")


def test_an_endless_optional_part_is_left_out() -> None:
    endless = {"required": ["e"], "properties": {"e": {"$ref": "#/$defs/E"}}}
    holder = {"type": "object", "properties": {"e": {"$ref": "#/$defs/E"}, "n": {"const": 1}}}
    assert check({"E": endless, "H": holder}, "H", optional=1.0) == {"n": 1}


def test_a_choice_takes_the_way_out() -> None:
    leaf = {"type": "object", "required": ["v"], "properties": {"v": {"const": 1}}}
    pair = {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/T"}}
    both = {"type": "object", "required": ["of"], "properties": {"of": pair, "v": False}}
    assert check({"T": {"oneOf": [both, leaf]}}, "T")


def test_many_mutual_references_stay_small() -> None:
    names = [f"S{number}" for number in range(6)]
    properties = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    each = {"type": "object", "properties": properties}
    value = check({name: each for name in names}, "S0", optional=1.0)
    assert len(orjson.dumps(value)) < 200_000


def test_references_that_only_lead_to_themselves_have_no_instance() -> None:
    with pytest.raises(NoInstance):
        check({"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}, "A")


def test_allof_cycles_do_not_hang() -> None:
    a = {"allOf": [{"$ref": "#/$defs/B"}], "properties": {"a": {"const": 1}}}
    b = {"allOf": [{"$ref": "#/$defs/A"}], "properties": {"b": {"const": 2}}}
    source = Plain({"$defs": {"A": a, "B": b}})
    value = Values(source).make({"$ref": "#/$defs/A"}, Draw(1), optional=1.0)
    assert value == {"a": 1, "b": 2}


def test_deep_nesting_is_made_or_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        schema = {"type": "object", "required": ["x"], "properties": {"x": schema}}
    assert errors(schema, Values(Plain(schema)).make(schema, Draw(1))) == []
    for _ in range(400):
        schema = {"type": "array", "minItems": 1, "items": schema}
    with pytest.raises(NoInstance, match="deeper"):
        Values(Plain(schema)).make(schema, Draw(1))


def test_lists_of_lists_of_themselves_end() -> None:
    lists = {"type": "array", "items": {"$ref": "#/$defs/L"}}
    for number in range(30):
        source = Plain({"$defs": {"L": lists}})
        value = Values(source).make({"$ref": "#/$defs/L"}, Draw(number), optional=1.0)
        assert len(orjson.dumps(value)) < 10_000


def test_what_would_be_too_large_is_said_instead_of_made() -> None:
    link = {"$ref": "#/$defs/s0"}
    tree: dict[str, Any] = {"s0": {"type": "object", "properties": {"p": {"type": "string"}}}}
    for n in range(1, 40):
        link = {"$ref": f"#/$defs/s{n - 1}"}
        both = {"left": link, "right": link}
        tree[f"s{n}"] = {"type": "object", "required": ["left", "right"], "properties": both}
    wide = {"type": "array", "items": True, "minItems": 50_000_000}
    for schema in ({"$defs": tree, "$ref": "#/$defs/s39"}, wide, {"minLength": 10**9}):
        with pytest.raises(NoInstance, match="more than"):
            made(schema)


def test_what_stands_twice_in_a_oneof_is_never_matched_once() -> None:
    pair: dict[str, Any] = {"s0": {"type": "object"}}
    for n in range(1, 40):
        pair[f"s{n}"] = {"oneOf": [{"$ref": f"#/$defs/s{n - 1}"}] * 2}
    with pytest.raises(NoInstance):
        made({"$defs": pair, "$ref": "#/$defs/s39"})
    assert made({"oneOf": [{"type": "null"}, {"type": "null"}, {"const": 7}]}) == 7
