"""One tool in the form each kind of model or client takes, with what that form cannot say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.errors import UnknownName
from sandbox.tools import umi
from sandbox.tools.describe import estimate_tokens
from sandbox.tools.gemini import gemini
from sandbox.tools.strict import strict, too_large
from sandbox.tools.tool import Tool

_Form = tuple[dict[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Converted:
    """A tool in one dialect."""

    definition: dict[str, Any]
    losses: tuple[str, ...]
    """The tool's own losses and those of the dialect."""
    tokens: int
    """Estimate at four characters per token."""


def as_dialect(tool: Tool, dialect: str) -> dict[str, Any]:
    """The tool's definition in a dialect of `DIALECTS`; raises UnknownName for any other."""
    return _form(tool, dialect)[0]


def convert(tool: Tool, dialect: str) -> Converted:
    """The tool's definition in a dialect, with its losses and its price."""
    definition, losses = _form(tool, dialect)
    return Converted(definition, tool.losses + losses, estimate_tokens(definition))


def _form(tool: Tool, dialect: str) -> _Form:
    form = DIALECTS.get(dialect)
    if form is None:
        raise UnknownName("dialect", dialect, DIALECTS)
    return form(tool)


def _function(tool: Tool, parameters: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _openai(tool: Tool) -> _Form:
    return _function(tool, tool.parameters), ()


def _openai_strict(tool: Tool) -> _Form:
    parameters, losses = strict(tool.parameters)
    reason = too_large(parameters)
    if reason is not None:
        return _function(tool, tool.parameters), (f"not strict: {reason}",)
    made = _function(tool, parameters)
    made["function"]["strict"] = True
    return made, losses


def _anthropic(tool: Tool) -> _Form:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.parameters,
    }, ()


def _gemini(tool: Tool) -> _Form:
    made: dict[str, Any] = {"name": tool.name, "description": tool.description}
    parameters, losses = gemini(tool.parameters)
    if parameters.get("properties"):  # an OBJECT without properties is refused
        made["parameters"] = parameters
    return made, losses


def _mcp(tool: Tool) -> _Form:
    made: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.parameters,
    }
    if tool.operation is not None:
        method = tool.operation.method
        made["annotations"] = {
            "readOnlyHint": method in ("GET", "HEAD", "OPTIONS"),
            "destructiveHint": method in ("DELETE", "PUT", "PATCH"),
            "idempotentHint": method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"),
        }
    return made, ()


def _alpha_umi(tool: Tool) -> _Form:
    given, losses = umi.inputs(tool.parameters)
    return {"Name": tool.name, "function": tool.description, "input": given}, losses


DIALECTS: Final[Mapping[str, Callable[[Tool], _Form]]] = {
    "openai": _openai,
    "openai-strict": _openai_strict,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "mcp": _mcp,
    "alpha-umi": _alpha_umi,
}
