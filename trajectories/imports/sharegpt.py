"""ShareGPT conversations with tools, a JSON list or lines: LLaMA-Factory's form and Hermes' form.

LLaMA-Factory: turns of `human`, `gpt`, `function_call` and `observation`; `tools` is a JSON string.
Hermes: a `gpt` turn holds its calls as `<tool_call>` elements, and its text around them is the
thought. A call that cannot be read keeps its raw text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from trajectories.canonical import parse
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
    tools_of,
)
from trajectories.records import Message, Trajectory

SPEAKERS: Final = {
    "human": "user", "user": "user",
    "gpt": "agent", "assistant": "agent", "model": "agent", "chatgpt": "agent",
    "function_call": "call", "tool_call": "call",
    "observation": "observation", "tool": "observation", "function_response": "observation",
    "tool_response": "observation",
    "system": "system",
}  # fmt: skip
_CALL: Final = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_RESPONSE: Final = re.compile(r"<tool_response>\s*(.*?)\s*</tool_response>", re.DOTALL)


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file. Raises FormatError naming the item and the turn."""
    for number, (place, item) in enumerate(documents(path)):
        turns = field(item, "conversations", list, place=place)
        messages: list[Message] = []
        system = [str(item["system"])] if item.get("system") else []
        for index, turn in enumerate(turns, start=1):
            where = f"{place}, turn {index}"
            if not isinstance(turn, dict):
                raise FormatError(f"{where}: expected an object, found {kind(turn)}")
            name, text = (field(turn, key, str, place=where) for key in ("from", "value"))
            if name not in SPEAKERS:
                raise FormatError(f"{where}: unknown role {name!r}; valid: {', '.join(SPEAKERS)}")
            if SPEAKERS[name] == "system":
                system.append(text)
            else:
                messages += _turns(SPEAKERS[name], text, str(turn.get("thought") or ""))
        yield record(
            format="sharegpt", path=path, item=item, number=number, messages=messages,
            tools=tools_of(item.get("tools"), place=place),
            options={"system": "\n".join(system)} if system else {},
        )  # fmt: skip


def _turns(speaker: str, text: str, thought: str) -> Iterator[Message]:
    if speaker == "user":
        yield Message(role="user", content=text)
    elif speaker == "observation":
        parts = _RESPONSE.findall(text) or [text]
        yield from (Message(role="observation", content=part) for part in parts)
    elif speaker == "call":
        yield from _calls(text, thought)
    elif written := _CALL.findall(text):
        yield from _calls(f"[{','.join(written)}]", _CALL.sub("", text).strip())
    else:
        yield from answer(text)


def _calls(text: str, thought: str) -> Iterator[Message]:
    yield planner(thought, "call")
    try:
        value = parse(text)
    except ValueError:
        value = None
    calls = value if isinstance(value, list) else [value]
    if not calls or not all(isinstance(call, dict) and call.get("name") for call in calls):
        yield Message(role="caller", content=text)
        return
    yield from (caller(call_from(call["name"], call.get("arguments", ""))) for call in calls)
