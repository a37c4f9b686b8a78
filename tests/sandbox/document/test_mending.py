"""Schemas that admit nothing as they stand are read as they were meant, with a notice."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import World
from sandbox.document import Document, validate
from sandbox.errors import DocumentError
from sandbox.messages import Arguments
from tests.sandbox.document.documents import json_body
from tests.sandbox.world.documents import does, thing

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def loaded(schema: Any, *, strict: bool = False, **schemas: Any) -> Document:
    paths = {"/things": {"post": {"operationId": "it", "requestBody": json_body(schema)}}}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return Document.from_tree(tree, source="test", strict=strict)


def refused(document: Document, body: Any) -> set[str]:
    found = validate(document.operation("it"), Arguments(body=body, media_type="application/json"))
    return {problem.keyword for problem in found}


SMS = {"type": "object", "properties": {"smart": {"type": "boolean"}}}
CLOSED = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    ("branches", "value"),
    [
        ([SMS, {**SMS, "description": "the same"}], {"smart": True}),
        ([{"$ref": "#/components/schemas/Sms"}, SMS], {"smart": True}),
        ([{"type": "number"}, WHOLE], 3),
        ([TEXT, {**TEXT, "format": "date"}], "2026-01-01"),
        ([TEXT, {"enum": ["auto", "none"]}], "auto"),
        ([thing("a", a=TEXT), thing("a", "b", a=TEXT, b=TEXT)], {"a": "x", "b": "y"}),
        ([{"type": "array", "items": TEXT}, {"type": "array", "items": {}}], ["x"]),
    ],
)
def test_alternatives_that_contain_one_another_are_any_of(branches: Any, value: Any) -> None:
    document = loaded({"properties": {"v": {"oneOf": branches}}}, Sms=SMS)
    assert not refused(document, {"v": value})
    (notice,) = document.warnings
    assert "read as anyOf" in notice.reason and notice.pointer.endswith("/schema/properties/v")
    with pytest.raises(DocumentError, match="read as anyOf"):
        loaded({"properties": {"v": {"oneOf": branches}}}, strict=True, Sms=SMS)


def test_a_list_of_items_means_alternatives_unless_the_schema_is_an_array() -> None:
    pair = {"type": "array", "items": [TEXT, WHOLE]}
    document = loaded(thing(v={"items": [TEXT, SMS]}, pair=pair))
    assert not refused(document, {"v": {"smart": True}, "pair": ["x", 1]})
    assert refused(document, {"v": ["x"], "pair": ["x", 1]}) == {"anyOf"}
    assert refused(document, {"v": "x", "pair": [1, 1]}) == {"type"}
    both = loaded({"properties": {"v": {"items": [TEXT, SMS], "anyOf": [WHOLE, SMS]}}})
    assert not refused(both, {"v": {}}) and refused(both, {"v": 3}) == {"anyOf"}


@pytest.mark.parametrize(
    "branches",
    [
        [thing("a", a=TEXT), thing("b", b=TEXT)],
        [{"required": ["a"]}, {"required": ["b"]}],
        [TEXT, {"type": "null"}],
        [{**TEXT, "maxLength": 3}, {**TEXT, "minLength": 4}],
        [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}],
        [thing(kind={"const": "a"}), thing(kind={"const": "b"})],
        [{**CLOSED, "properties": {"a": TEXT}}, {**CLOSED, "properties": {"b": TEXT}}],
    ],
)
def test_alternatives_that_differ_stay_one_of(branches: Any) -> None:
    document = loaded({"oneOf": branches})
    assert not document.warnings
    both = {"a": "x", "b": "y"}
    assert refused(document, both)


def test_closed_parts_take_each_others_properties_and_nothing_else() -> None:
    base = {**CLOSED, "properties": {"a": TEXT}}
    parts = [
        {"$ref": "#/components/schemas/Base"},
        {**CLOSED, "required": ["b"], "properties": {"b": WHOLE}},
    ]
    document = loaded({"allOf": parts}, Base=base)
    assert not refused(document, {"a": "x", "b": 1})
    assert refused(document, {"a": 1, "b": 1}) == {"type"}
    assert refused(document, {"a": "x", "b": 1, "c": 1}) == {"additionalProperties"}
    assert document.tree["components"]["schemas"]["Base"] == base
    assert [("exclude" in notice.reason) for notice in document.warnings] == [True]


@pytest.mark.parametrize(
    "schema",
    [
        {**CLOSED, "properties": {"b": WHOLE}, "allOf": [thing("a", a=TEXT)]},
        {
            **thing("b", b=WHOLE),
            "anyOf": [{**CLOSED, "properties": {"a": TEXT}}, {"required": ["z"]}],
        },
        {"allOf": [{"allOf": [{**CLOSED, "properties": {"a": TEXT}}]}, thing("b", b=WHOLE)]},
    ],
)
def test_a_closed_object_takes_what_its_composition_names(schema: Any) -> None:
    document = loaded(schema)
    assert not refused(document, {"a": "x", "b": 1})
    assert refused(document, {"a": "x", "b": 1, "c": 1})


def test_lists_in_a_closed_envelope_are_filled() -> None:
    page = {**CLOSED, "properties": {"page": WHOLE}}
    shows = {"allOf": [page, thing("data", data={"type": "array", "items": thing(id=WHOLE)})]}
    tree = {
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {"/nets": {"get": does(shows=shows)}},
    }
    session = World(Document.from_tree(tree, source="t")).session(seed=1)
    assert orjson.loads(session.call("get_nets", {}).text)["data"]


def test_a_pattern_that_nothing_reads_is_named_where_it_stands() -> None:
    odd = {**TEXT, "pattern": "(?>a)b"}
    document = loaded(
        {"properties": {"pattern": odd, "example": odd}, "example": {"pattern": "(?>x"}}
    )
    assert sorted(notice.pointer.rpartition("/")[2] for notice in document.warnings) == [
        "example",
        "pattern",
    ]
    assert all("not enforced" in notice.reason for notice in document.warnings)


def test_an_empty_enum_admits_what_its_type_admits() -> None:
    document = loaded({"properties": {"a": {**TEXT, "enum": []}}})
    assert not refused(document, {"a": "x"})
    assert ["empty enum" in notice.reason for notice in document.warnings] == [True]
