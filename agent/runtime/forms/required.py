"""What a tool requires beyond what its schema says: what its documentation requires of a body that
is sent, and what a reply said was missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agent.runtime.environment import ToolForm, name_of, parameters_of, with_parameters
from agent.runtime.forms.decisions import MISWRITTEN, calls_made
from agent.runtime.forms.request_values import request_of
from agent.runtime.forms.tool_choice import stated_for
from sandbox.tools.layout import WITH_BODY
from trajectories.records import Message

_MISSING: Final = r"(?:is|are)? ?(?:missing|required|needed|absent)\b"


def with_requirements(tools: Sequence[ToolForm], messages: Sequence[Message]) -> list[ToolForm]:
    """The tools, each with all that it requires."""
    request = request_of(messages)
    refusals = [
        (call.name, reply.content)
        for call, reply in calls_made(messages)
        if reply.status in MISWRITTEN
    ]
    found = []
    for tool in tools:
        root = parameters_of(tool)
        needed = list(root.get("required") or ())
        said = [text for name, text in refusals if name == name_of(tool)]
        more = {*_of_a_body(tool, request), *_said_missing(tool, said)}
        names = [name for name in root.get("properties") or () if name in more.difference(needed)]
        found.append(
            with_parameters(tool, {**root, "required": [*needed, *names]}) if names else tool
        )
    return found


def _of_a_body(tool: ToolForm, request: str) -> Iterator[str]:
    """What its documentation requires of a body, where the request states anything for one."""
    root = parameters_of(tool)
    given = root.get("properties") or {}
    marked = [name for name, part in given.items() if WITH_BODY in str(part.get("description"))]
    if marked:
        stated = stated_for(tool, request)
        if any(stated.get(name) for name in given if name not in (root.get("required") or ())):
            yield from marked


def _said_missing(tool: ToolForm, refusals: Sequence[str]) -> Iterator[str]:
    for name in (parameters_of(tool).get("properties") or ()) if refusals else ():
        own = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        missing = re.compile(rf"{own}[\"'`]? {_MISSING}|missing[^.;,\"]*{own}", re.IGNORECASE)
        if any(missing.search(text) for text in refusals):
            yield name
