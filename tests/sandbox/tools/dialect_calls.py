"""Calls made from a tool's schema in a dialect, as a careful caller writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.document import Document, validate
from sandbox.draws import Draw
from sandbox.errors import NoInstance
from sandbox.tools import Tool, bind, convert
from sandbox.values import Values

DIALECTS = ("openai", "openai-strict", "anthropic", "gemini", "mcp")
_TEXT = "JSON text."


def schema_of(tool: Tool, dialect: str) -> dict[str, Any]:
    definition = convert(tool, dialect).definition
    made = definition.get("function", definition)
    keys = ("parameters", "input_schema", "inputSchema")
    return next((made[key] for key in keys if key in made), {"type": "object", "properties": {}})


def call(schema: dict[str, Any], dialect: str, label: str) -> dict[str, Any]:
    """An instance of the schema. Raises NoInstance where there is none."""
    top = {key: value for key, value in schema.items() if key != "$defs"}
    version = "3.0.3" if dialect == "gemini" else "3.1.0"
    tree = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {}}
    document = Document.from_tree({**tree, "$defs": schema.get("$defs", {})}, source="t")
    made: dict[str, Any] = Values(document.schemas).make(top, Draw(label), direction="request")
    return made


def complaints(document: Document, tool: Tool, dialect: str) -> Iterator[str]:
    """What is wrong with a call made from the dialect's schema; nothing when it is accepted.

    Left aside: limits that the dialect names as not enforced, and values carried as JSON text.
    """
    assert tool.operation is not None
    if tool.operation.defect:
        return
    losses = " ".join(convert(tool, dialect).losses)
    try:
        call(tool.parameters, "openai", "one")
    except NoInstance:
        return  # the document contradicts itself
    for label in ("one", "two"):
        try:
            arguments = call(schema_of(tool, dialect), dialect, label)
        except NoInstance as error:
            yield f"{tool.name}: {error}"
            return
        for problem in validate(tool.operation, bind(tool, arguments, dialect=dialect)):
            if "JSON text" not in losses and f"{problem.keyword} " not in losses:
                yield f"{tool.name}: {problem}"
