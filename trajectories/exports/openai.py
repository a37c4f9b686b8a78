"""OpenAI chat fine-tuning JSONL: {"messages", "tools"}, arguments as a JSON string.

A call's arguments are the text the agent wrote, malformed or not. A turn that must not be learnt
carries `"weight": 0`, which is that format's loss mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.exports.steps import Turn, chat, system_of
from trajectories.records import Call, Trajectory


def row(trajectory: Trajectory) -> dict[str, Any]:
    """One line's value."""
    turns = chat(trajectory.messages, slot=lambda call: True, system=system_of(trajectory))
    value: dict[str, Any] = {"messages": [_message(turn) for turn in turns]}
    if trajectory.tools:
        value["tools"] = trajectory.tools
    return value


def _message(turn: Turn) -> dict[str, Any]:
    message = turn.json(Call.text)
    if turn.role == "assistant":
        if turn.calls and not turn.text:
            message["content"] = None
        if not turn.learn:
            message["weight"] = 0
    return message


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write one line per record."""
    rows = 0
    with fresh(out) as file:
        for trajectory in trajectories:
            file.write(canonical.ordered_bytes(row(trajectory)) + b"\n")
            rows += 1
    return Summary(format="openai", trajectories=rows, rows=rows, files=(out,))


OPENAI: Final = Exporter(
    name="openai",
    write=write,
    suffix=".jsonl",
    drops=(
        "id, document, task, seed, label, faults, drift, options, agent, ledger, outcome, "
        "provenance",
        "messages: the border between planner and caller, tags, the closing thought before an "
        "answer, the action text around a call, status, labels, parallel calls (one turn each)",
    ),
    note="OpenAI fine-tuning, Axolotl, ms-swift, NeMo, most viewers",
)
