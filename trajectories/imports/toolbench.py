"""ToolBench: answer files (search trees with their kept path) and ToolLLaMA conversations.

Observations stay whole, as the JSON text {"error", "response"} that the agent was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from trajectories.errors import FormatError
from trajectories.imports import alpha_umi
from trajectories.imports.chains import FINISH, messages_of, thought_and_call
from trajectories.imports.imported import arguments_of, field, items, kind, read_json, record
from trajectories.records import Message, Trajectory

_TURN: Final = re.compile(
    r"(?:Thought:)?\s*(.*?)\s*\nAction:[ \t]*(.*?)\s*\nAction Input:[ \t]?(.*)", re.DOTALL
)


def read(path: Path) -> Iterator[Trajectory]:
    """Records of an answer file, or of a JSON list of conversations or chains.

    An answer file without a kept dialogue (`train_messages`) gives none. Raises FormatError.
    """
    value = read_json(path)
    if isinstance(value, dict):
        yield from _answer_file(value, path)
        return
    number = 0
    for place, item in items(path):
        if "chains" in item:
            yield from alpha_umi.read(path)
            return
        turns = field(item, "conversations", list, place=place)
        messages = [message for turn in turns for message in _turns(turn, place=place)]
        tools = next((_tools_in(turn["value"]) for turn in turns if turn["from"] == "system"), [])
        yield record(
            format="toolbench", path=path, item=item, number=number, messages=messages, tools=tools
        )
        number += 1


def _answer_file(value: dict[str, Any], path: Path) -> Iterator[Trajectory]:
    made = field(value, "answer_generation", dict, place=str(path))
    dialogues = made.get("train_messages")
    if not dialogues:
        return
    instruction = str(made.get("query") or "").strip().removesuffix("Begin!").strip()
    tools = [
        {"type": "function", "function": function}
        for function in made.get("function") or []
        if function.get("name") != FINISH
    ]
    yield record(
        format="toolbench", path=path, item=dialogues[-1], number=0, tools=tools,
        messages=messages_of(dialogues[-1], instruction=instruction, place=str(path)),
    )  # fmt: skip


def _turns(turn: Any, *, place: str) -> Iterator[Message]:
    if not isinstance(turn, dict):
        raise FormatError(f"{place}: a turn should be an object, is {kind(turn)}")
    said, text = field(turn, "from", str, place=place), field(turn, "value", str, place=place)
    if said == "user":
        yield Message(role="user", content=text.removesuffix("\nBegin!\n").strip())
    elif said == "function":
        yield Message(role="observation", content=text)
    elif said == "assistant":
        found = _TURN.fullmatch(text)
        if found:
            yield from thought_and_call(found[1], found[2], found[3])
        else:
            yield Message(role="planner", content=text)
    elif said != "system":
        raise FormatError(
            f"{place}: unknown role {said!r}; valid: system, user, assistant, function"
        )


def _tools_in(system: str) -> list[dict[str, Any]]:
    """The tools that a system turn lists as JSON, if it does."""
    start = system.find("[{")
    listed = arguments_of('{"tools":' + system[start:] + "}") if start >= 0 else None
    tools = listed["tools"] if listed else []
    return [{"type": "function", "function": tool} for tool in tools if tool.get("name") != FINISH]
