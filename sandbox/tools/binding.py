"""The way back: an agent's arguments become the document's own values, each at its place.

Nothing is checked and nothing is repaired here. What the tool does not declare goes where such a
thing would go on the wire, so that the validator can name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import exact_json
from sandbox.messages import ABSENT, Arguments
from sandbox.tools.reshape import restore
from sandbox.tools.tool import Tool

_BODILESS = ("GET", "HEAD", "DELETE")
_NOWHERE = ("", "")


def parse_arguments(text: str) -> Mapping[str, Any] | None:
    """The arguments that a JSON text holds (none where it is empty); None if it is no object."""
    try:
        value = exact_json.loads(text) if text.strip() else {}
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def bind(tool: Tool, arguments: Mapping[str, Any], *, dialect: str = "openai") -> Arguments:
    """The call's values by location under the document's names.

    Undeclared arguments go to the query (GET, HEAD, DELETE) or into the body (else). `dialect` is
    the one the tool was shown in: strict schemas write null for "left out", and strict and Gemini
    ones carry free-form objects as JSON text. A meta-tool's arguments come back as the query.
    """
    operation = tool.operation
    if operation is None:
        return Arguments(query=dict(arguments))
    if dialect in ("openai-strict", "gemini"):
        arguments = restore(arguments, tool.parameters, absent_nulls=dialect == "openai-strict")
    if tool.renames:
        arguments = {key: _document_keys(value, tool.renames) for key, value in arguments.items()}
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    fields: dict[str, Any] = {}
    stray: dict[str, Any] = {}
    body: Any = ABSENT
    named = tool.arguments
    for name, value in arguments.items():
        location, origin = named.get(name, _NOWHERE)
        if location == "body":
            if origin:
                fields[origin] = value
            else:
                body = value
        elif origin:
            places[location][origin] = value
        elif not location:
            stray[name] = value
        elif isinstance(value, Mapping):
            places[location].update(value)
        else:
            stray[name] = value
    if stray:
        if operation.method in _BODILESS or not (body is ABSENT or isinstance(body, dict)):
            places["query"] = stray | places["query"]
        else:
            fields = stray | fields
    if fields:
        body = fields if body is ABSENT else {**fields, **body}
    elif body is ABSENT and operation.body is not None and operation.body.required:
        body = {} if _flat(tool) else ABSENT
    media_type = tool.media_type
    if body is ABSENT:
        media_type = None
    elif media_type is None:
        media_type = "application/json"
    # By position, which is the cheapest: every call comes through here.
    return Arguments(
        places["path"], places["query"], places["header"], places["cookie"], body, media_type
    )


def _flat(tool: Tool) -> bool:
    """Whether the body is made of fields, so that a call that gives none means `{}`."""
    return ("body", "") not in tool.arguments.values()


def _document_keys(value: Any, renames: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {renames.get(k, k): _document_keys(inner, renames) for k, inner in value.items()}
    if isinstance(value, list):
        return [_document_keys(inner, renames) for inner in value]
    return value
