"""ATIF, Harbor's Agent Trajectory Interchange Format: one document, a list of them, or lines.

Documents of ours come back whole. In those of others a step's reasoning and message are the
planner's thought, each tool call is one turn followed by its results, and a message without a call
is the summarizer's. Steps copied from an earlier context must not be learnt. Subagents' embedded
trajectories are records of their own, after their parent's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trajectories.errors import FormatError
from trajectories.exports import atif
from trajectories.imports.imported import (
    answer,
    caller,
    documents,
    field,
    kind,
    planner,
    record,
    text_of,
    tools_of,
)
from trajectories.records import Call, Message, Trajectory


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file. Raises FormatError naming the document and the step."""
    for number, (place, item) in enumerate(documents(path)):
        yield from _records(item, path, number, place=place)


def _records(
    document: dict[str, Any], path: Path, number: int, *, place: str
) -> Iterator[Trajectory]:
    if atif.is_ours(document):
        yield atif.record(document, place=place)
        return
    agent = field(document, "agent", dict, place=place)
    steps = field(document, "steps", list, place=place)
    turns = [
        turn
        for index, step in enumerate(steps, start=1)
        for turn in _turns(step, place=f"{place}, step {index}")
    ]
    system = "\n".join(text_of(s.get("message")) for s in steps if s.get("source") == "system")
    yield record(
        format="atif", path=path, item=document, number=number, messages=turns,
        tools=tools_of(agent.get("tool_definitions"), place=place),
        options={"system": system} if system.strip() else {},
        agent=str(agent.get("name") or ""),
    )  # fmt: skip
    for index, inner in enumerate(document.get("subagent_trajectories") or []):
        where = f"{place}, subagent {index + 1}"
        if not isinstance(inner, dict):
            raise FormatError(f"{where}: expected an object, found {kind(inner)}")
        yield from _records(inner, path, number, place=where)


def _turns(step: Any, *, place: str) -> Iterator[Message]:
    if not isinstance(step, dict):
        raise FormatError(f"{place}: expected an object, found {kind(step)}")
    source = field(step, "source", str, place=place)
    text = text_of(step.get("message"))
    if source == "user":
        yield Message(role="user", content=text)
    elif source == "agent":
        learn = not step.get("is_copied_context")
        spoken = _read_messages(step, text, place=place)
        yield from (turn.model_copy(update={"learn": learn}) for turn in spoken)
    elif source == "system":
        yield from (_observation(result) for result in _results(step, place=place))
    else:
        raise FormatError(f"{place}: unknown source {source!r}; valid: system, user, agent")


def _read_messages(step: dict[str, Any], text: str, *, place: str) -> Iterator[Message]:
    thought = "\n".join(filter(None, (text_of(step.get("reasoning_content")), text)))
    results = _results(step, place=place)
    calls = step.get("tool_calls") or []
    ids = [str(call.get("tool_call_id")) for call in calls if isinstance(call, dict)]
    if calls:
        yield planner(thought, "call")
    else:
        yield from answer(text, thought=text_of(step.get("reasoning_content")))
    for call in calls:
        if not isinstance(call, dict):
            raise FormatError(f"{place}: a tool call should be an object, is {kind(call)}")
        name = field(call, "function_name", str, place=place)
        yield caller(Call(name=name, arguments=field(call, "arguments", dict, place=place)))
        mine = [each for each in results if each.get("source_call_id") == call.get("tool_call_id")]
        yield from map(_observation, mine)
    yield from (_observation(each) for each in results if each.get("source_call_id") not in ids)


def _results(step: dict[str, Any], *, place: str) -> list[dict[str, Any]]:
    observed = step.get("observation") or {"results": []}
    results = field(observed, "results", list, place=f"{place}, observation")
    return [each for each in results if isinstance(each, dict)]


def _observation(result: dict[str, Any]) -> Message:
    return Message(role="observation", content=text_of(result.get("content")))
