"""Two operations with one operationId: both are there, and it is said how the second is called."""

from __future__ import annotations

from sandbox import World
from sandbox.document import Document

TEXT = b"""
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a: {get: {operationId: look, responses: {"200": {description: it}}}}
  /b: {get: {operationId: look, responses: {"200": {description: it}}}}
  /c: {get: {responses: {"200": {description: it}}}}
"""


def test_a_duplicate_id_is_renamed_with_a_warning() -> None:
    document = Document.parse(TEXT, source="t.yaml")
    assert list(document.operations) == ["look", "get_b", "get_c"]
    (warning,) = document.warnings
    assert warning.pointer == "/paths/~1b/get"
    assert "'look'" in warning.reason and "'get_b'" in warning.reason
    assert list(World(document).tools) == ["look", "get_b", "get_c"]
