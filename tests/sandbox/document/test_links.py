"""Schemas that reach very many components are validated through links, with the same verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document import Document
from sandbox.document.lazy_validation import MANY, Links


def ring(size: int) -> dict[str, Any]:
    """Components in a ring: each holds a number of its own and, maybe, the next one."""
    made = {}
    for n in range(size):
        next_one = {
            "anyOf": [{"type": "string"}, {"$ref": f"#/components/schemas/C{(n + 1) % size}"}]
        }
        fields = {"n": {"type": "integer", "minimum": n}, "next": next_one}
        made[f"C{n}"] = {"type": "object", "required": ["n"], "properties": fields}
    return made


@pytest.mark.parametrize("size", [3, MANY, 3 * MANY])
def test_links_and_whole_schemas_agree(size: int) -> None:
    tree = {"openapi": "3.1.0", "info": {"title": "R", "version": "1"}, "paths": {}}
    document = Document.from_tree({**tree, "components": {"schemas": ring(size)}}, source="ring")
    validator = document.schemas.validator({"$ref": "#/components/schemas/C0"}, "response")
    assert validator.is_valid({"n": 0, "next": {"n": 1, "next": "an-id"}})
    assert not validator.is_valid({"n": 0, "next": {"n": 1, "next": {"n": 1}}})
    assert not validator.is_valid({"n": 0, "next": {"n": 1, "next": {}}})


def test_what_is_wrong_behind_links_is_said_with_its_place() -> None:
    tree = {"openapi": "3.1.0", "info": {"title": "R", "version": "1"}, "paths": {}}
    document = Document.from_tree({**tree, "components": {"schemas": ring(MANY)}}, source="ring")
    validator = document.schemas.validator({"$ref": "#/components/schemas/C0"})
    assert [it.pointer for it in validator.problems({"n": -1})] == ["/n"]


def test_a_schema_that_counts_what_was_seen_is_compiled_whole() -> None:
    definitions = {f"C{n}": {"type": "object"} for n in range(MANY)}
    assert Links().compile({"$ref": "#/$defs/C1", "$defs": definitions}) is not None
    strict = {"allOf": [{"$ref": "#/$defs/C1"}], "unevaluatedProperties": False}
    assert Links().compile({**strict, "$defs": definitions}) is None
