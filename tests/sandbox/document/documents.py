"""Little documents for the tests: one operation, whatever it takes."""

from __future__ import annotations

from typing import Any

from sandbox.document import Document, Operation


def document(paths: dict[str, Any], *, version: str = "3.1.0", **more: Any) -> Document:
    """A document with these paths."""
    tree = {"openapi": version, "info": {"title": "Test", "version": "1"}, "paths": paths, **more}
    return Document.from_tree(tree, source="test")


def operation(
    *parameters: dict[str, Any],
    path: str = "/things",
    method: str = "get",
    version: str = "3.1.0",
    body: dict[str, Any] | None = None,
    schemas: dict[str, Any] | None = None,
) -> Operation:
    """The one operation of a document that has nothing else."""
    raw: dict[str, Any] = {"operationId": "it", "parameters": list(parameters), "responses": {}}
    if body is not None:
        raw["requestBody"] = body
    made = document({path: {method: raw}}, version=version, components={"schemas": schemas or {}})
    return made.operation("it")


def json_body(schema: Any, *, required: bool = True) -> dict[str, Any]:
    """A JSON request body of this schema."""
    return {"required": required, "content": {"application/json": {"schema": schema}}}
