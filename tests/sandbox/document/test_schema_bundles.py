"""A value is held to a bounded number of schemas: unions by name cost one branch, doublings all."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document import Document, Schemas
from sandbox.document.schema_bundles import Bundler
from sandbox.errors import DocumentError


def of(schemas: dict[str, Any]) -> Schemas:
    tree = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": schemas}}
    return Document.from_tree(tree, source="test").schemas


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_union_by_name_counts_as_its_largest_branch() -> None:
    schemas: dict[str, Any] = {}
    for level in range(3):
        names = [f"L{level}B{n}" for n in range(30)]
        for name in names:
            inner = {"inner": ref(f"L{level + 1}")} if level < 2 else {}
            kind = {"kind": {"type": "string", "enum": [name]}}
            schemas[name] = {"type": "object", "required": ["kind"], "properties": kind | inner}
        union = {"oneOf": [ref(name) for name in names], "discriminator": {"propertyName": "kind"}}
        schemas[f"L{level}"] = union
    bundler = Bundler(of(schemas), "response", bare=True)
    assert "L2B29" in bundler.bundle(ref("L0"))["$defs"]


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_what_doubles_at_each_step_is_refused(keyword: str) -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {keyword: [ref(f"S{n + 1}"), ref(f"S{n + 1}")]} for n in range(20)
    }
    bundler = Bundler(of(schemas | {"S20": {}}), "response", bare=True)
    with pytest.raises(DocumentError, match="more than 100,000 schemas at once"):
        bundler.bundle(ref("S0"))
