"""ShareGPT with tools, as LLaMA-Factory reads it: a JSON list, strictly alternating turns.

Odd positions are `human` or `observation`, even ones `gpt` or `function_call`; `tools` is a JSON
string. A call's thought is a key of its own that the consumer ignores. A malformed call keeps its
raw text as the value of `arguments`. What cannot be learnt (a conversation that ends in an
observation) is cut back to the last turn of the agent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.exports.steps import Turn, chat, system_of
from trajectories.records import Call, Trajectory


def row(trajectory: Trajectory) -> dict[str, Any] | None:
    """One list item; None when the agent never spoke after a user."""
    turns = _alternating(chat(trajectory.messages, slot=lambda call: True))
    while turns and turns[-1]["from"] in ("human", "observation"):
        turns.pop()
    if not turns:
        return None
    tools = [tool.get("function", tool) for tool in trajectory.tools]
    return {
        "conversations": turns,
        "system": system_of(trajectory),
        "tools": canonical.ordered_bytes(tools).decode() if tools else "",
        "id": trajectory.id,
    }


def _alternating(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for turn in turns:
        item = _item(turn)
        odd = item["from"] in ("human", "observation")
        if not items and not odd:
            # An agent that spoke first: the rule wants a human before it.
            items.append({"from": "human", "value": ""})
        if odd and len(items) % 2:
            # Two turns in a row that are not the agent's: the rule has room for one.
            items[-1]["value"] += "\n\n" + item["value"]
        else:
            items.append(item)
    return items


def _item(turn: Turn) -> dict[str, Any]:
    if turn.role == "tool":
        return {"from": "observation", "value": turn.text}
    if turn.role == "user":
        return {"from": "human", "value": turn.text}
    if not turn.calls:
        return {"from": "gpt", "value": turn.text}
    calls = [{"name": call.name, "arguments": _arguments(call)} for _, call in turn.calls]
    value = canonical.ordered_bytes(calls[0] if len(calls) == 1 else calls).decode()
    return {"from": "function_call", "value": value, "thought": turn.text}


def _arguments(call: Call) -> Any:
    return call.raw if call.arguments is None else call.arguments


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write one list item per record; records in which the agent never spoke are skipped."""
    rows = skipped = 0
    with fresh(out) as file:
        file.write(b"[")
        for trajectory in trajectories:
            value = row(trajectory)
            if value is None:
                skipped += 1
                continue
            file.write((b",\n" if rows else b"\n") + canonical.ordered_bytes(value))
            rows += 1
        file.write(b"\n]\n")
    reasons = {"the agent never spoke": skipped} if skipped else {}
    return Summary(format="sharegpt", trajectories=rows, rows=rows, files=(out,), skipped=reasons)


SHAREGPT: Final = Exporter(
    name="sharegpt",
    write=write,
    suffix=".json",
    drops=(
        "document, task, seed, label, faults, drift, options, agent, ledger, outcome, provenance",
        "messages: the border between planner and caller, tags, the closing thought before an "
        "answer, status, labels, learn, the spacing of well-formed arguments, observations after "
        "the agent's last turn, parallel calls (one turn each)",
    ),
    note="LLaMA-Factory and other small-model recipes",
)
