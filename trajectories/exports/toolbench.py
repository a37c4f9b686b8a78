"""ToolBench / ToolLLaMA conversations: Thought, Action, Action Input, and a Finish tool.

A JSON list of {"id", "conversations": [{"from", "value"}]}. An observation is the JSON text
{"error", "response"}; the end is a call of `Finish` with return_type give_answer or
give_up_and_restart. A malformed call stands as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.exports.steps import Step, steps, system_of
from trajectories.protocol import plan_of
from trajectories.records import Message, Trajectory

_RULES: Final = (
    "Solve the user's task with the tools. In each step write a Thought, an Action (the name of "
    "one tool) and an Action Input (its arguments as JSON). When done, call Finish.\nTools: "
)
_FINISH: Final = {
    "name": "Finish",
    "description": "Ends the task: with an answer, or by giving up.",
    "parameters": {
        "type": "object",
        "properties": {
            "return_type": {"type": "string", "enum": ["give_answer", "give_up_and_restart"]},
            "final_answer": {"type": "string"},
        },
        "required": ["return_type"],
    },
}


def row(trajectory: Trajectory) -> dict[str, Any]:
    """One list item."""
    tools = [tool.get("function", tool) for tool in trajectory.tools]
    rules = _RULES + canonical.ordered_bytes([*tools, _FINISH]).decode()
    system = "\n".join(filter(None, (system_of(trajectory), rules)))
    turns = [{"from": "system", "value": system}]
    for step in steps(trajectory.messages):
        turns.extend({"from": role, "value": value} for role, value in _turns(step))
    return {"id": trajectory.id, "conversations": turns}


def _turns(step: Step) -> Iterator[tuple[str, str]]:
    if step.user is not None:
        yield "user", step.user.content
    if step.caller is not None:
        yield "assistant", _action(step.thought, *_call(step.caller))
    elif step.summarizer is not None:
        yield "assistant", _finish(step.thought, "give_answer", step.summarizer.content)
    elif step.planner is not None:
        gave_up = plan_of(step.planner.content) == "give_up"
        thought = step.thought
        yield (
            "assistant",
            (_finish(thought, "give_up_and_restart") if gave_up else f"Thought: {thought}"),
        )
    if step.observation is not None:
        yield "function", _observation(step.observation)


def _call(caller: Message) -> tuple[str, str]:
    if caller.call is None:
        return "", caller.content
    return caller.call.name, caller.call.text()


def _action(thought: str, name: str, arguments: str) -> str:
    return f"Thought: {thought}\nAction: {name}\nAction Input: {arguments}"


def _finish(thought: str, kind: str, answer: str | None = None) -> str:
    arguments = {"return_type": kind} | ({} if answer is None else {"final_answer": answer})
    return _action(thought, "Finish", canonical.ordered_bytes(arguments).decode())


def _observation(message: Message) -> str:
    failed = message.status is None or message.status >= 400
    value = {
        "error": message.content if failed else "",
        "response": "" if failed else message.content,
    }
    return canonical.ordered_bytes(value).decode()


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write one list item per record."""
    rows = 0
    with fresh(out) as file:
        file.write(b"[")
        for trajectory in trajectories:
            file.write((b",\n" if rows else b"\n") + canonical.ordered_bytes(row(trajectory)))
            rows += 1
        file.write(b"\n]\n")
    return Summary(format="toolbench", trajectories=rows, rows=rows, files=(out,))


TOOLBENCH: Final = Exporter(
    name="toolbench",
    write=write,
    suffix=".json",
    drops=(
        "document, task, seed, label, faults, drift, options, agent, ledger, outcome, provenance",
        "messages: tags, status beyond error or not, labels, learn, a call's spacing around its "
        "arguments, parallel calls (one turn each)",
    ),
    note="ToolLLaMA and its descendants",
)
