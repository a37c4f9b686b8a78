"""Scored steps: the tagged planner turns of published test files and of our own trajectories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.evaluation.replies import Reply, reply_of
from agent.runtime.filled import without_filled_arguments
from agent.runtime.forms.decisions import decisions
from trajectories.canonical import parse
from trajectories.records import Message, Trajectory
from trajectories.rows import plan_of

_ROLES: Final = {"assistant": "planner", "conclusion": "summarizer"}
_KINDS: Final = ("string", "integer", "number", "boolean", "array", "object")


@dataclass(frozen=True, slots=True)
class Step:
    """One planner turn with all that came before it: the unit of static evaluation."""

    cluster: str
    tools: Sequence[Mapping[str, Any]]
    """In openai form."""
    history: Sequence[Message]
    """The reference's turns before this step."""
    rationale: str
    """The reference planner's text, tag included."""
    reference: Reply

    @property
    def names(self) -> list[str]:
        """The names of the offered tools."""
        return [str(tool["function"]["name"]) for tool in self.tools]


def steps_of(trajectories: Iterable[Trajectory]) -> list[Step]:
    """The scored steps of our own trajectories; turns that may not be learnt are no reference."""
    return [
        step
        for trajectory in map(without_filled_arguments, trajectories)
        for step in _steps(trajectory.id, trajectory.tools, trajectory.messages)
    ]


def read_steps(path: Path) -> list[Step]:
    """The scored steps of a file in the published test format (tools, instruction, conversations).

    Raises ValueError naming the file and the entry that cannot be read.
    """
    try:
        items = parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: not a readable JSON file ({error})") from error
    if not isinstance(items, list):
        raise ValueError(f"{path}: expected a list of trajectories")
    found: list[Step] = []
    for index, item in enumerate(items):
        try:
            tools = [_tool(entry) for entry in item["tools"]]
            messages = [_message(turn) for turn in item["conversations"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{path}: entry {index} is not in the published test format: it needs tools "
                f"(Name, function, input) and conversations (from, value); {error!r}"
            ) from error
        found += _steps(str(index), tools, messages)
    return found


def _steps(
    cluster: str, tools: Sequence[Mapping[str, Any]], messages: Sequence[Message]
) -> list[Step]:
    found = []
    read = decisions(messages, tools)
    for index, message in enumerate(messages):
        if message.role != "planner" or not message.learn or plan_of(message.content) is None:
            continue
        following = messages[index + 1] if index + 1 < len(messages) else None
        said = following.content if following and following.role in ("caller", "summarizer") else ""
        reference = reply_of(message.content, said)
        found.append(Step(cluster, tools, read[:index], message.content, reference))
    return found


def _message(turn: Mapping[str, str]) -> Message:
    role = _ROLES.get(turn["from"], turn["from"])
    return Message.model_validate({"role": role, "content": turn["value"]})


def _tool(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A published tool in openai form; which arguments are required is not in that format."""
    properties = {}
    for name, text in entry["input"].items():
        kind, _, description = str(text).partition(", ")
        properties[name] = {"type": kind} if kind in _KINDS else {}
        properties[name] |= {"description": description} if description else {}
    function = {
        "name": entry["Name"],
        "description": entry["function"],
        "parameters": {"type": "object", "properties": properties},
    }
    return {"type": "function", "function": function}
