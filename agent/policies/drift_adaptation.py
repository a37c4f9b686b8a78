"""A reference call in the form of the documentation that was read last.

The knowledge is the drift's own adapter, so a script that has read the new documentation makes the
right call in it, whatever the operator was. Before it has read anything it knows the old form only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.document.codec import canonical
from sandbox.errors import UnknownName
from sandbox.messages import ABSENT, Arguments
from sandbox.tools import Tool, bind


def adapt_call(
    session: Any, known: Mapping[str, Tool], tool: str, arguments: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Tool and arguments of an original call as the agent's current documentation has them.

    `known` is what is offered now (name → Tool).
    """
    if session is None or session.drift is None or session.docs == 0:
        return tool, arguments
    home = session.world.tools
    if tool not in home:
        return tool, arguments
    old: Tool = home[tool]
    assert old.operation is not None
    release = session.drift.releases[session.docs - 1]
    bound = canonical(old.operation, bind(old, arguments))
    try:
        operation, moved = release.forward(old.operation.id, bound)
    except UnknownName:
        # Removed without a successor: there is no new form, and the old one will say so.
        return tool, arguments
    for new in known.values():
        if new.operation is not None and new.operation.id == operation:
            return new.name, unbound(new, moved)
    return tool, arguments


def fit_to_schema(given: Any, schema: Any, source: Any) -> Any:
    """A value that was taken from a reply, in the type that the tool's schema asks for.

    `source` is the argument as the solution has it: what it spells out is left as it is.
    """
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if isinstance(source, Mapping) and "$result" in source:
        if kind == "string" and isinstance(given, int | float) and not isinstance(given, bool):
            return str(given)
        if kind == "integer" and isinstance(given, str) and given.lstrip("-").isdigit():
            return int(given)
        return given
    if isinstance(source, Mapping) and isinstance(given, Mapping):
        inner = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        return {n: fit_to_schema(v, inner.get(n), source.get(n)) for n, v in given.items()}
    return given


def unbound(tool: Tool, values: Arguments) -> dict[str, Any]:
    """Decoded values as the arguments of a tool: the way back from `sandbox.tools.bind`."""
    places: dict[str, Mapping[str, Any]] = {
        "path": values.path,
        "query": values.query,
        "header": values.header,
        "cookie": values.cookie,
        "body": values.body if isinstance(values.body, Mapping) else {},
    }
    legal = {theirs: ours for ours, theirs in tool.renames.items()}
    arguments: dict[str, Any] = {}
    taken: set[tuple[str, str]] = set()
    for name, (location, field) in tool.arguments.items():
        if field == "":
            whole = values.body if location == "body" else places[location]
            if whole is not ABSENT and whole != {}:
                arguments[name] = _legal(whole, legal)
            taken |= {(location, key) for key in places[location]}
        elif field in places[location]:
            arguments[name] = _legal(places[location][field], legal)
            taken.add((location, field))
    for location, given in places.items():
        # What the tool does not declare is still sent: `bind` puts it back where it came from.
        arguments.update({k: v for k, v in given.items() if (location, k) not in taken})
    return arguments


def _legal(value: Any, legal: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {legal.get(key, key): _legal(item, legal) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_legal(item, legal) for item in value]
    return value
