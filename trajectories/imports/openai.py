"""OpenAI chat: {"messages", "tools"} per line, or a JSON list of them.

An assistant's text before a call is the planner's thought; an answer without a call is the
summarizer's. Parallel calls become one turn each, followed by their result. A system turn is kept
in the record's options. `"weight": 0` means: not to be learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from trajectories.errors import FormatError
from trajectories.imports.imported import (
    answer,
    call_from,
    caller,
    documents,
    field,
    kind,
    planner,
    record,
    text_of,
    tools_of,
)
from trajectories.records import Message, Trajectory


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file: one chat per line, or a JSON list of them. Raises FormatError."""
    for number, (place, item) in enumerate(documents(path)):
        chat = field(item, "messages", list, place=place)
        yield record(
            format="openai", path=path, item=item, number=number,
            messages=messages_of(chat, place=place),
            tools=tools_of(item.get("tools"), place=place),
            options=system_of(chat),
        )  # fmt: skip


def messages_of(chat: list[Any], *, place: str) -> list[Message]:
    """Chat messages as turns; a call's result is the tool turn with its id that follows it.

    Raises FormatError.
    """
    for turn in chat:
        if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
            raise FormatError(f"{place}: a message needs a role, is {kind(turn)}")
    return [
        message
        for index, turn in enumerate(chat)
        for message in _turns(turn, chat[index + 1 :], place=place)
    ]


def _turns(turn: dict[str, Any], after: list[Any], *, place: str) -> Iterator[Message]:
    role, learn, text = turn["role"], turn.get("weight", 1) != 0, text_of(turn.get("content"))
    if role == "user":
        yield Message(role="user", content=text)
    elif role == "assistant":
        calls = turn.get("tool_calls")
        spoken = _calls(text, calls, after, place=place) if calls else answer(text)
        yield from (message.model_copy(update={"learn": learn}) for message in spoken)
    elif role not in ("system", "developer", "tool"):
        valid = "system, developer, user, assistant, tool"
        raise FormatError(f"{place}: unknown role {role!r}; valid: {valid}")


def _calls(text: str, calls: Any, after: list[Any], *, place: str) -> Iterator[Message]:
    results = {
        str(turn.get("tool_call_id", "")): text_of(turn.get("content"))
        for turn in takewhile(lambda turn: turn["role"] == "tool", after)
    }
    yield planner(text, "call")
    for item in calls if isinstance(calls, list) else [calls]:
        function = item.get("function") if isinstance(item, dict) else None
        if not isinstance(function, dict):
            raise FormatError(f"{place}: a tool call needs a 'function', is {kind(item)}")
        yield caller(call_from(function.get("name", ""), function.get("arguments", "")))
        if str(item.get("id")) in results:
            yield Message(role="observation", content=results[str(item["id"])])


def system_of(chat: list[Any]) -> dict[str, Any]:
    """The record's options: the chat's system turns, where it has some."""
    texts = [
        text_of(turn.get("content")) for turn in chat if turn["role"] in ("system", "developer")
    ]
    return {"system": "\n".join(texts)} if texts else {}
