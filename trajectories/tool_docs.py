"""Tools as short text for a prompt: one line each, every shortening stated and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

DESCRIPTION_LIMIT: Final = 80
"""Characters of a tool's description that are shown."""
ENUM_LIMIT: Final = 8
"""Values of an enumeration that are shown."""
DEPTH_LIMIT: Final = 2
"""Levels of nested objects that are spelt out."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing the compact form leaves out."""

    tool: str
    what: str
    """description, argument-descriptions, enum or depth."""
    left_out: int
    """Characters, values or properties that a reader does not see."""


@dataclass(frozen=True, slots=True)
class ToolDocs:
    """Compact documentation and what it lost."""

    text: str
    cuts: tuple[Cut, ...]


def tool_docs(tools: Sequence[Mapping[str, Any]]) -> ToolDocs:
    """One line per tool: `name(arg*, arg: type, arg: a|b) – description`; a type that is not stated
    is a string. `tools` in openai form."""
    cuts: list[Cut] = []
    lines = [_line(tool["function"], cuts) for tool in tools]
    return ToolDocs("\n".join(lines), tuple(cuts))


def _line(function: Mapping[str, Any], cuts: list[Cut]) -> str:
    name = str(function["name"])
    parameters = function.get("parameters") or {}
    text = _properties(parameters, parameters, name, 1, cuts)
    hidden = _hidden_descriptions(parameters)
    if hidden:
        cuts.append(Cut(name, "argument-descriptions", hidden))
    described = _sentence(str(function.get("description") or ""), name, cuts)
    return f"{name}({text})" + (f" – {described}" if described else "")


def _sentence(text: str, tool: str, cuts: list[Cut]) -> str:
    """The first line's first sentence, cut at a word."""
    whole = " ".join(text.split())
    first = whole.split(". ")[0].rstrip(".")
    if len(first) > DESCRIPTION_LIMIT:
        first = first[:DESCRIPTION_LIMIT].rsplit(" ", 1)[0] + "…"
    if len(whole.rstrip(".")) > len(first):
        cuts.append(Cut(tool, "description", len(whole) - len(first)))
    return first


def _hidden_descriptions(schema: Mapping[str, Any]) -> int:
    properties = schema.get("properties") or {}
    return sum(
        len(str(part.get("description") or ""))
        for part in properties.values()
        if isinstance(part, Mapping)
    )


def _properties(
    schema: Mapping[str, Any], root: Mapping[str, Any], tool: str, depth: int, cuts: list[Cut]
) -> str:
    required = set(schema.get("required") or ())
    return ", ".join(
        f"{name}{'*' if name in required else ''}{_colon(_type(part, root, tool, depth, cuts))}"
        for name, part in (schema.get("properties") or {}).items()
    )


def _colon(kind: str) -> str:
    return "" if kind == "string" else f": {kind}"


def _type(part: Any, root: Mapping[str, Any], tool: str, depth: int, cuts: list[Cut]) -> str:
    part = follow_reference(part, root)
    if not isinstance(part, Mapping):
        return "any"
    if "const" in part:
        return str(part["const"])
    if part.get("enum"):
        return _enum(part["enum"], tool, cuts)
    for keyword in ("oneOf", "anyOf"):
        if part.get(keyword):
            kinds = [_type(option, root, tool, depth, cuts) for option in part[keyword]]
            return " or ".join(dict.fromkeys(kinds))
    return _plain_type(part, root, tool, depth, cuts)


def _plain_type(
    part: Mapping[str, Any], root: Mapping[str, Any], tool: str, depth: int, cuts: list[Cut]
) -> str:
    kind = part.get("type", "object" if "properties" in part else "any")
    kinds = [kind] if isinstance(kind, str) else [name for name in kind if name != "null"]
    if "array" in kinds:
        return f"[{_type(part.get('items', True), root, tool, depth, cuts)}]"
    if "object" in kinds and part.get("properties"):
        if depth > DEPTH_LIMIT:
            cuts.append(Cut(tool, "depth", len(part["properties"])))
            return "{…}"
        return "{" + _properties(part, root, tool, depth + 1, cuts) + "}"
    if kinds == ["string"] and part.get("format"):
        return str(part["format"])
    return "|".join(kinds) or "any"


def _enum(values: Sequence[Any], tool: str, cuts: list[Cut]) -> str:
    text = "|".join(str(value) for value in values[:ENUM_LIMIT])
    if len(values) > ENUM_LIMIT:
        cuts.append(Cut(tool, "enum", len(values) - ENUM_LIMIT))
        text += f"|…{len(values) - ENUM_LIMIT} more"
    return text


def follow_reference(part: Any, root: Mapping[str, Any]) -> Any:
    """Follow `#/$defs/Name`; a recursive definition ends at the depth limit."""
    for _ in range(8):
        if not (isinstance(part, Mapping) and str(part.get("$ref", "")).startswith("#/")):
            return part
        found: Any = root
        for key in str(part["$ref"])[2:].split("/"):
            found = found.get(key) if isinstance(found, Mapping) else None
        part = found
    return part


def published_docs(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tools as α-UMi publishes them: Name, function, input.

    Its limits: the last 64 characters of a name, the first 256 of a description, the last 256 of an
    argument's. Required versus optional does not exist in that form.
    """
    return [_published_doc(tool["function"]) for tool in tools]


def _published_doc(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = function.get("parameters") or {}
    inputs = {}
    for name, part in (parameters.get("properties") or {}).items():
        kind = _type(
            {**part, "enum": None} if isinstance(part, Mapping) else part, parameters, "", 9, []
        )
        described = str(part.get("description") or "")[-256:] if isinstance(part, Mapping) else ""
        stated = isinstance(part, Mapping) and "description" in part
        inputs[name] = f"{kind}, {described}" if stated else kind
    return {
        "Name": str(function["name"])[-64:],
        "function": str(function.get("description") or "")[:256],
        "input": inputs,
    }
