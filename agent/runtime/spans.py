"""Ids that a caller may write: those it has read, in the request or in replies.

An argument is an id where the tool requires it and its name ends in a word for identifiers. What
a schema's pattern or type excludes is no candidate; a tool for which nothing is left cannot be
called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.runtime.environment import ToolForm
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import words
from trajectories.records import Message

MOST: Final = 400
"""Candidates of one argument; the latest ones read stay."""
_WORD: Final = re.compile(r"[\w][\w.:@/+=-]*[\w=]|\w")
_TEXT: Final = r'"((?:[^"\\]|\\.)*)"'
_VALUE: Final = re.compile(
    rf'{_TEXT.replace("(", "(?:", 1)}\s*:|{_TEXT}|(?<![\w".-])(\d+)(?![\w".])'
)


def held_to_ids(tools: Sequence[ToolForm], messages: Sequence[Message]) -> list[ToolForm]:
    """The tools that can be called, their ids restricted to what was read."""
    read = list(dict.fromkeys(_words_read(messages)))[-MOST:]
    held = (_held(tool, read) for tool in tools)
    return [tool for tool in held if tool is not None]


def _held(tool: ToolForm, read: Sequence[str]) -> ToolForm | None:
    function = tool["function"]
    parameters = function.get("parameters") or {}
    given = parameters.get("properties") or {}
    ids = [name for name in parameters.get("required") or () if _is_id(name, given.get(name))]
    if not ids:
        return tool
    restricted = {name: _candidates(given[name], read) for name in ids}
    if not all(restricted.values()):
        return None
    properties = {
        name: {"enum": restricted[name]} if name in restricted else schema
        for name, schema in given.items()
    }
    return {
        **tool,
        "function": {**function, "parameters": {**parameters, "properties": properties}},
    }


def _is_id(name: str, schema: Any) -> bool:
    if not isinstance(schema, Mapping) or "enum" in schema or "const" in schema:
        return False
    if schema.get("type") not in ("string", "integer"):
        return False
    parts = words(name)
    return bool(parts) and parts[-1] in names("identifiers", "words")


def _candidates(schema: Mapping[str, Any], read: Sequence[str]) -> list[Any]:
    if schema["type"] == "integer":
        return [int(text) for text in read if text.isdigit() and len(text) < 20]
    pattern = schema.get("pattern")
    fitting = [text for text in read if not isinstance(pattern, str) or _matches(pattern, text)]
    telling = [text for text in fitting if any(letter.isdigit() for letter in text)]
    return telling or fitting


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _words_read(messages: Sequence[Message]) -> Iterator[str]:
    for turn in messages:
        if turn.role == "user":
            yield from _WORD.findall(turn.content)
        elif turn.role == "observation":
            for text, number in _VALUE.findall(turn.content):
                if number or (text and len(text) <= 80 and " " not in text):
                    yield number or text
