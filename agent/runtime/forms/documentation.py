"""When the documentation of a tool has to be read again: a reply says that its API has changed.

What is documented now is read from the environment; the docs at the head of a prompt stay as they
were when the episode began.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import orjson

from agent.runtime.environment import ToolForm, held_to, name_of
from agent.runtime.forms.decisions import MISWRITTEN, calls_made
from agent.runtime.forms.miswritten import breaks_documentation
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message

READ_DOCS: Final = "read_docs"
_MOVED: Final = frozenset({301, 302, 303, 307, 308, 405, 410, 501})
"""Says that what a tool calls is no longer there."""
_ANNOUNCED: Final = re.compile(r"^(deprecation|sunset): ", re.IGNORECASE | re.MULTILINE)
_NAME: Final = re.compile(r"\b(?:[a-z]+[A-Z]\w*|\w+[_-]\w[\w-]*)\b")
"""A word that only a program would write: camelCase, snake_case, kebab-case."""


def outdated_tool(tools: Sequence[ToolForm], messages: Sequence[Message]) -> str | None:
    """The tool whose last call shows that its documentation is out of date: it has moved or gone,
    or it was refused after a change was announced, or for something that no tool's documentation
    speaks of. None where there is none, where the call broke the documentation itself, or where
    that was read since then."""
    made = list(calls_made(messages))
    if not made or made[-1][0].name in META or READ_DOCS not in map(name_of, tools):
        return None
    call, reply = made[-1]
    if any(_reads_docs_of(other, call.name) for other, _ in made):
        return None
    has_moved = reply.status in _MOVED
    is_gone = reply.status == 404 and not any(
        str(value) in reply.content for value in (call.arguments or {}).values()
    )
    if not (has_moved or is_gone or reply.status in MISWRITTEN):
        return None
    if breaks_documentation(call, tools):
        return None
    is_announced = any(_ANNOUNCED.search(other.content) for _, other in made)
    is_news = has_moved or is_announced or _names_unknown(reply.content, call, tools)
    return call.name if is_news else None


def _reads_docs_of(call: Call, tool: str) -> bool:
    return call.name == READ_DOCS and (call.arguments or {}).get("tool") in (tool, None)


def _names_unknown(text: str, call: Call, tools: Sequence[ToolForm]) -> bool:
    """Whether an error names something that is nowhere in the documentation or the call."""
    known = call.raw + orjson.dumps([tool["function"] for tool in tools]).decode()
    words = frozenset(re.findall(r"[\w-]+", known))
    body = text.rpartition("\n\n")[2]
    values = set(re.findall(r'"(?:message|detail|title|error|description)":\s*"([^"]*)"', body))
    said = " ".join(values) or body
    return any(word not in words for word in _NAME.findall(said))


def about_last_failure(tool: ToolForm, messages: Sequence[Message]) -> ToolForm:
    """The tool that reads documentation, held to that of the tool that was called last."""
    name = next((call.name for call, _ in reversed(list(calls_made(messages)))), None)
    return tool if name is None or name in META else held_to(tool, {"tool": name})
