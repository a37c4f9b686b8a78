"""Calls that broke the documentation: a tool that there is not, an argument that it has not, or one
left away that it requires. What a server says of them is no news of its API; the call is to be
written again, as it is documented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import kind_of
from agent.runtime.forms.admitted import as_one_object, fitting_values, type_of
from agent.runtime.forms.decisions import MISWRITTEN, calls_made
from agent.runtime.forms.retries import NextCall
from agent.runtime.roles import call_text
from sandbox import exact_json
from sandbox.conventions.words import words
from sandbox.document.compiled_schema import compile_schema
from sandbox.errors import DocumentError
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message
from trajectories.tool_docs import follow_reference


def breaks_documentation(call: Call, tools: Sequence[ToolForm]) -> bool:
    """Whether a call is none that the offered tools' documentation allows."""
    root = next((parameters_of(tool) for tool in tools if name_of(tool) == call.name), None)
    if root is None or call.arguments is None:
        return True
    try:
        return not compile_schema(root).is_valid(call.arguments)
    except DocumentError:
        return False


def mended_call(
    tools: Sequence[ToolForm], callable_tools: Sequence[ToolForm], messages: Sequence[Message]
) -> NextCall | None:
    """What to call after a refused call that broke the documentation: the tool that was meant, with
    the same arguments where those can be fitted to it.

    None after any other call, after two such calls in a row, and where no tool is like it.
    """
    made = list(calls_made(messages))[-2:]
    broken = [
        call.name not in META
        and (reply.status is None or reply.status in MISWRITTEN or reply.status == 404)
        and breaks_documentation(call, tools)
        for call, reply in made
    ]
    if not broken or not broken[-1] or len([each for each in broken if each]) > 1:
        return None
    refused = made[-1][0]
    meant = _meant_tool(refused.name, tools)
    found = tuple(tool for tool in callable_tools if name_of(tool) == meant)
    if not found or meant is None:
        return None
    root = next(parameters_of(tool) for tool in tools if name_of(tool) == meant)
    fitted = fitted_arguments(refused.arguments or {}, root)
    text = "" if fitted is None else call_text(meant, exact_json.dumps(fitted).decode())
    return NextCall(found, text)


def fitted_arguments(given: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Arguments as a tool's documentation has them: out of a wrapper, in the object that they are
    fields of, of their type, without those that it does not know. None where that is not enough."""
    known: Mapping[str, Any] = root.get("properties") or {}
    owners = {field: name for name, part in known.items() for field in _fields(part, root)}
    found: dict[str, Any] = {}
    for name, value in _without_wrappers(given, {*known, *owners}):
        if name in known:
            found[name] = _in_its_type(value, follow_reference(known[name], root))
        elif name in owners:
            found.setdefault(owners[name], {})
            if isinstance(found[owners[name]], dict):
                found[owners[name]] |= {name: value}
    try:
        return found if given and compile_schema(dict(root)).is_valid(found) else None
    except DocumentError:
        return None


def _fields(part: Any, root: Mapping[str, Any]) -> Iterable[str]:
    """The names of an argument's fields, where it is one object."""
    own = follow_reference(part, root)
    return (as_one_object(own, root).get("properties") or ()) if isinstance(own, Mapping) else ()


def _without_wrappers(
    given: Mapping[str, Any], known: AbstractSet[str]
) -> Iterator[tuple[str, Any]]:
    """Names and values, those in an object of an unknown name in its place."""
    for name, value in given.items():
        if name not in known and isinstance(value, dict):
            yield from _without_wrappers(value, known)
        else:
            yield name, value


def _in_its_type(value: Any, schema: Any) -> Any:
    """A plain value in the type that a schema names, where it can be read so."""
    kind = type_of(schema) if isinstance(schema, Mapping) else ""
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return exact_json.dumps(value).decode()
    if kind in ("integer", "number", "boolean") and isinstance(value, str):
        return next(iter(fitting_values([value], schema, kind)), value)
    return value


def _meant_tool(name: str, tools: Sequence[ToolForm]) -> str | None:
    """The offered tool of a name, else the one of its kind whose name has most words in common."""
    names = [name_of(tool) for tool in tools if name_of(tool) not in META]
    if name in names:
        return name
    own, kind = {*words(name)}, kind_of(name, "")
    alike = {
        other: len(own & {*words(other)}) / len(own | {*words(other)})
        for other in names
        if kind_of(other, "") == kind
    }
    best = max(alike.values(), default=0.0)
    closest = [other for other, each in alike.items() if each == best]
    return closest[0] if best and len(closest) == 1 else None
