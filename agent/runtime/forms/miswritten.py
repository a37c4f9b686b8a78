"""Calls that broke the documentation: a tool that there is not, an argument that it has not, or one
left away that it requires. What a server says of them is no news of its API; the call is to be
written again, as it is documented."""

from __future__ import annotations

from collections.abc import Sequence

from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import kind_of
from agent.runtime.forms.decisions import MISWRITTEN, calls_made
from agent.runtime.forms.retries import NextCall
from sandbox.conventions.words import words
from sandbox.document.compiled_schema import compile_schema
from sandbox.errors import DocumentError
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message


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
    """The tool to call after a refused call that broke the documentation: that which was meant.
    None after any other call, after two such calls in a row, and where no tool is like it."""
    made = list(calls_made(messages))[-2:]
    broken = [
        call.name not in META
        and (reply.status is None or reply.status in MISWRITTEN or reply.status == 404)
        and breaks_documentation(call, tools)
        for call, reply in made
    ]
    if not broken or not broken[-1] or len([each for each in broken if each]) > 1:
        return None
    meant = _meant_tool(made[-1][0].name, tools)
    found = tuple(tool for tool in callable_tools if name_of(tool) == meant)
    return NextCall(found) if found else None


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
