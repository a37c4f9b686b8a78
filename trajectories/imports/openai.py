"""OpenAI chat JSONL: {"messages", "tools"} per line.

An assistant's text before a call is the planner's thought; an answer without a call is the
summarizer's. Parallel calls become one turn each, followed by their result. A system turn is kept
in the record's options. `"weight": 0` means: not to be learnt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trajectories.errors import FormatError
from trajectories.imports.imported import call_of, caller, field, kind, planner, read_lines, record
from trajectories.records import Call, Message, Trajectory


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file, one per line. Raises FormatError naming the line."""
    for number, (place, item) in enumerate(read_lines(path)):
        if not isinstance(item, dict):
            raise FormatError(f"{place}: expected an object, found {kind(item)}")
        chat = field(item, "messages", list, place=place)
        tools = item.get("tools") or []
        yield record(
            format="openai", path=path, item=item, number=number,
            messages=messages_of(chat, place=place),
            tools=json.loads(tools) if isinstance(tools, str) else tools,
            options=_system(chat),
        )  # fmt: skip


def messages_of(chat: list[Any], *, place: str) -> list[Message]:
    """Chat messages as turns. Raises FormatError."""
    results: dict[str, str] = {}
    for turn in chat:
        if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
            raise FormatError(f"{place}: a message needs a role, is {kind(turn)}")
        if turn["role"] == "tool":
            results[str(turn.get("tool_call_id", ""))] = _text(turn)
    return [message for turn in chat for message in _turns(turn, results, place=place)]


def _turns(turn: dict[str, Any], results: dict[str, str], *, place: str) -> Iterator[Message]:
    role, learn = turn["role"], turn.get("weight", 1) != 0
    if role == "user":
        yield Message(role="user", content=_text(turn))
    elif role == "assistant":
        calls = turn.get("tool_calls") or []
        spoken = _calls(turn, calls, results) if calls else _answer(_text(turn))
        yield from (message.model_copy(update={"learn": learn}) for message in spoken)
    elif role not in ("system", "developer", "tool"):
        valid = "system, developer, user, assistant, tool"
        raise FormatError(f"{place}: unknown role {role!r}; valid: {valid}")


def _calls(turn: dict[str, Any], calls: list[Any], results: dict[str, str]) -> Iterator[Message]:
    yield planner(_text(turn), "call")
    for item in calls:
        yield caller(_call(item.get("function") or {}))
        if item.get("id") in results:
            yield Message(role="observation", content=results[item["id"]])


def _call(function: dict[str, Any]) -> Call:
    name, arguments = str(function.get("name", "")), function.get("arguments", "")
    if isinstance(arguments, dict):
        return Call(name=name, arguments=arguments)
    return call_of(name, str(arguments))


def _answer(text: str) -> Iterator[Message]:
    yield planner("", "finish")
    yield Message(role="summarizer", content=text)


def _text(turn: dict[str, Any]) -> str:
    content = turn.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def _system(chat: list[Any]) -> dict[str, Any]:
    texts = [_text(turn) for turn in chat if turn["role"] in ("system", "developer")]
    return {"system": "\n".join(texts)} if texts else {}
