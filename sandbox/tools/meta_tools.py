"""What every agent may do although no operation says so: wait, read the documentation, sign in.

They are offered in clean and in stormy runs alike, so their presence gives nothing away.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.tools.tool import Tool


def _meta(name: str, description: str, properties: Mapping[str, Any], required: list[str]) -> Tool:
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        parameters["required"] = required
    return Tool(
        name=name,
        description=description,
        parameters=parameters,
        operation=None,
        arguments={key: ("meta", key) for key in properties},
        meta=name,
    )


META_TOOLS: Final[Mapping[str, Tool]] = {
    tool.name: tool
    for tool in (
        _meta(
            "wait",
            "Let time pass, for example as long as a Retry-After asks.",
            {"seconds": {"type": "number", "minimum": 0, "maximum": 86400}},
            ["seconds"],
        ),
        _meta(
            "read_docs",
            "Read the current documentation of one tool, or the list of all tools.",
            {"tool": {"type": "string", "description": "Name of a tool; leave out for the list."}},
            [],
        ),
        _meta("authenticate", "Obtain fresh credentials for the tools.", {}, []),
    )
}


def meta_tools(taken: Container[str] = ()) -> Mapping[str, Tool]:
    """The meta-tools by the name they carry beside tools of the names `taken`.

    A name the document uses itself gets the prefix `sandbox_`; `Tool.meta` keeps the kind.
    """
    named: dict[str, Tool] = {}
    for tool in META_TOOLS.values():
        name = tool.name
        while name in taken:
            name = f"sandbox_{name}"
        named[name] = replace(tool, name=name)
    return named
