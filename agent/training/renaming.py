"""Tool names as a small model must learn to read them: copied from the docs, not remembered.

A model that has seen `getBook` a hundred times writes `getInvoice` for a tool that is called
`RetrieveInvoice`. So some trajectories are learnt under other names: the same words in another
style, or the verb's synonym, the same in docs, thoughts and calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sandbox.draws import Draw
from trajectories.records import Message, Trajectory

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LIMIT: Final = 64
"""The longest name that all dialects allow."""
_VERBS: Final = (
    ("get", "fetch", "read", "retrieve", "show", "view", "load"),
    ("list", "search", "find", "all", "query", "browse"),
    ("create", "add", "new", "post", "make", "register"),
    ("update", "edit", "change", "modify", "patch", "set"),
    ("delete", "remove", "drop", "erase", "cancel"),
)
_STYLES: Final[tuple[Callable[[Sequence[str]], str], ...]] = (
    lambda words: words[0] + "".join(word.capitalize() for word in words[1:]),
    lambda words: "".join(word.capitalize() for word in words),
    "_".join,
    "-".join,
    lambda words: "_".join([*words[1:], words[0]]),
    lambda words: f"api_{'_'.join(words)}",
    lambda words: f"{'_'.join(words[1:])}.{words[0]}".replace(".", "__"),
)


def rename_tools(trajectory: Trajectory, draw: Draw) -> Trajectory:
    """The trajectory with every tool of two or more words under another name."""
    names = _names([str(tool["function"]["name"]) for tool in trajectory.tools], draw)
    if not names:
        return trajectory
    tools, messages = under_names(trajectory.tools, trajectory.messages, names)
    return trajectory.model_copy(update={"tools": tools, "messages": messages})


def under_names(
    tools: Sequence[Mapping[str, Any]], messages: Sequence[Message], names: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[Message]]:
    """Tools under other names, and what planners and callers say of them; `names`
    has at least one."""
    pattern = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, names)) + r")(?![\w-])")

    def text(given: str) -> str:
        return pattern.sub(lambda match: names[match[1]], given)

    return (
        [_tool(tool, names) for tool in tools],
        [_message(message, names, text) for message in messages],
    )


def _names(given: Sequence[str], draw: Draw) -> dict[str, str]:
    style = draw.choice(_STYLES, "style")
    names: dict[str, str] = {}
    taken = set(given)
    for name in sorted(given, key=len, reverse=True):
        words = [word.lower() for word in _WORD.findall(name)]
        # A single plain word (`wait`) also stands in sentences, where it means something else.
        if len(words) < 2:
            continue
        other = style([_verb(words[0], draw), *words[1:]])
        if other not in taken and len(other) <= _LIMIT:
            names[name] = other
            taken.add(other)
    return names


def _verb(word: str, draw: Draw) -> str:
    group = next((group for group in _VERBS if word in group), (word,))
    return draw.choice(group, f"verb {group[0]}")


def _tool(tool: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    function = tool["function"]
    name = names.get(str(function["name"]), function["name"])
    return {**tool, "function": {**function, "name": name}}


def _message(message: Message, names: Mapping[str, str], text: Callable[[str], str]) -> Message:
    if message.role not in ("planner", "caller"):
        return message
    if message.role == "planner":
        return message.model_copy(update={"content": text(message.content)})
    # Only the action's line: an argument may hold the same word.
    action, marker, arguments = message.content.partition("Action Input:")
    call = message.call
    if call is not None:
        call = call.model_copy(update={"name": names.get(call.name, call.name)})
    return message.model_copy(update={"content": text(action) + marker + arguments, "call": call})
