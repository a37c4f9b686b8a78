"""What the drift operators read off a body's schema."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.drift.body_fields import kind_of


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["null", "integer"]}, "integer"),
        ({"type": ["string", "integer"]}, ""),
        ({"properties": {"a": {}}}, "object"),
        ({}, ""),
    ],
)
def test_the_kind_is_the_type_without_null(schema: dict[str, Any], kind: str) -> None:
    assert kind_of(lambda node: node, schema) == kind
