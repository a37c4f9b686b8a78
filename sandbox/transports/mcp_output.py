"""What MCP calls structured output: the schema of a tool's reply, and a reply in that form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox import exact_json
from sandbox.document.media_types import form_of

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Meaning
    from sandbox.document import Operation
    from sandbox.tools import Tool
    from sandbox.world import Session

_LARGEST: Final = 16_384
"""Bytes of a schema."""


def output_schema(session: Session, tool: Tool) -> dict[str, Any] | None:
    """The schema of a tool's success, an object as MCP asks for: any other value is a `result`.

    None where a reply may be something else, since clients take a reply that breaks its schema
    for a failure of their own: under faults or drift, with several kinds of success, without JSON.
    None also for a schema so large that a list of tools would be no use.
    """
    promised = _own_schema(session, tool)
    return None if promised is None else promised[0]


def structured_content(session: Session, tool: Tool | None, text: str) -> dict[str, Any] | None:
    """A reply's body as MCP's structured content; None where it is no JSON."""
    body = text.partition("\n\n")[2] if text.startswith("HTTP ") else text
    try:
        value = exact_json.loads(body)
    except ValueError:
        return None
    promised = None if tool is None else _own_schema(session, tool)
    is_result = not isinstance(value, dict) or (promised is not None and promised[1])
    return {"result": value} if is_result else value


def _own_schema(session: Session, tool: Tool) -> tuple[dict[str, Any], bool] | None:
    """The schema of a tool's output, and whether the reply is a `result` in it."""
    if session.faults is not None or session.drift is not None or tool.operation is None:
        return None
    meaning = session.world.resources.meaning(tool.operation)
    if "output schema" not in meaning.memo:
        made = _output_schema(session, tool.operation, meaning)
        small = made is not None and len(exact_json.dumps(made[0])) <= _LARGEST
        meaning.memo["output schema"] = made if small else None
    found: tuple[dict[str, Any], bool] | None = meaning.memo["output schema"]
    return found


def _output_schema(
    session: Session, operation: Operation, meaning: Meaning
) -> tuple[dict[str, Any], bool] | None:
    successes = [key for key in operation.replies if key.startswith("2")]
    if len(successes) != 1 or meaning.schema is None or form_of(meaning.media_type or "") != "json":
        return None
    bundle = session.world.document.schemas.bundle(meaning.schema, "response")
    if not isinstance(bundle, dict):
        return None
    if _is_object(session, meaning.schema):
        return {**bundle, "type": "object"}, False
    inner = {name: part for name, part in bundle.items() if name != "$defs"}
    made = {"type": "object", "properties": {"result": inner}, "required": ["result"]}
    return ({**made, "$defs": bundle["$defs"]} if "$defs" in bundle else made), True


def _is_object(session: Session, schema: Any) -> bool:
    """Whether all values of a schema are objects, as far as it says."""
    if session.world.resources.shape(schema).type != "object":
        return False
    return not session.world.document.schemas.validator(schema, "response").is_valid(None)
