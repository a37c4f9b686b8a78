"""Agent Trajectory Interchange Format 1.8: one document per record. Lossless.

One step per user's turn, thought with call and observation, or answer. What the format has no slot
for stands in `extra`: raw arguments, labels, loss mask and status beside their turn; plans, ledger
and outcome at the root. A scripted agent's steps say `llm_call_count` 0.
The output is a folder of ID.json, or JSONL when its name ends so.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.errors import FormatError
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.exports.steps import Step, steps
from trajectories.records import Call, Message, Trajectory

SCHEMA: Final = "ATIF-v1.8"

_ROOT: Final = (
    "version", "document", "task", "seed", "label", "faults", "drift", "options", "ledger",
    "outcome", "provenance",
)  # fmt: skip


def document(trajectory: Trajectory) -> dict[str, Any]:
    """A record as an ATIF document."""
    value = trajectory.model_dump()
    agent: dict[str, Any] = {
        "name": trajectory.agent or "unknown",
        "version": str(trajectory.provenance.get("wavetank", "0")),
        "tool_definitions": trajectory.tools,
    }
    scripted = trajectory.agent.startswith("scripted:")
    grouped = enumerate(steps(trajectory.messages), start=1)
    return {
        "schema_version": SCHEMA,
        "trajectory_id": trajectory.id,
        "agent": agent,
        "steps": [_step(number, step, scripted=scripted) for number, step in grouped],
        "extra": {name: value[name] for name in _ROOT} | {"agent": trajectory.agent},
    }


def _step(number: int, step: Step, *, scripted: bool) -> dict[str, Any]:
    spoken = [turn for turn in (step.planner, step.caller, step.summarizer) if turn is not None]
    extra: dict[str, Any] = {"turns": [_facts(turn) for turn in step.messages]}
    value: dict[str, Any] = {"step_id": number, "source": "agent", "extra": extra}
    if step.user is not None:
        return value | {"source": "user", "message": step.user.content}
    if not spoken:
        shown = step.observation.content if step.observation is not None else ""
        return value | {
            "source": "system",
            "message": "",
            "observation": {"results": [{"content": shown}]},
        }
    value["llm_call_count"] = 0 if scripted else len(spoken)
    value["message"] = "\n".join(
        turn.content for turn in (step.planner, step.summarizer) if turn is not None
    )
    if step.planner is not None and step.summarizer is not None:
        extra["planner"] = step.planner.content
    if step.caller is not None:
        extra["caller"] = step.caller.content
    id = f"call_{number}"
    if step.call is not None:
        value["tool_calls"] = [_tool_call(id, step.call)]
    if step.observation is not None:
        result: dict[str, Any] = {"content": step.observation.content}
        if step.call is not None:
            result["source_call_id"] = id
        value["observation"] = {"results": [result]}
    return value


def _tool_call(id: str, call: Call) -> dict[str, Any]:
    extra = {"raw": call.raw, "malformed": call.arguments is None}
    return {
        "tool_call_id": id,
        "function_name": call.name,
        "arguments": call.arguments or {},
        "extra": extra,
    }


def _facts(turn: Message) -> dict[str, Any]:
    return {
        "role": turn.role, "status": turn.status, "labels": turn.labels, "learn": turn.learn,
    }  # fmt: skip


def is_ours(document: dict[str, Any]) -> bool:
    """Whether a document was written here: `record` reads those alone."""
    extra = document.get("extra")
    return isinstance(extra, dict) and set(_ROOT) <= set(extra)


def record(document: dict[str, Any], *, place: str = "ATIF document") -> Trajectory:
    """The record that a document was made from.

    Raises FormatError for documents of others, and for one that lost a part.
    """
    if not is_ours(document):
        raise FormatError(f"{place}: not written by wavetank: its 'extra' lacks our fields")
    extra = document["extra"]
    value = {name: extra[name] for name in _ROOT}
    where = place
    try:
        tools = document["agent"].get("tool_definitions") or []
        value |= {"id": document["trajectory_id"], "agent": extra["agent"], "tools": tools}
        messages = value["messages"] = []
        for number, step in enumerate(document["steps"], start=1):
            where = f"{place}, step {number}"
            messages += _messages(step)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise FormatError(f"{where}: a part of it is gone: {error}") from None
    return Trajectory.from_value(value, place=place)


def _messages(step: dict[str, Any]) -> list[dict[str, Any]]:
    extra = step["extra"]
    return [
        facts | {"content": _content(step, facts["role"]), "call": _call(step, facts["role"])}
        for facts in extra["turns"]
    ]


def _content(step: dict[str, Any], role: str) -> str:
    message, extra = str(step["message"]), step["extra"]
    if role == "observation":
        return str(step["observation"]["results"][0]["content"])
    if role == "caller":
        return str(extra["caller"])
    if "planner" in extra:
        thought = str(extra["planner"])
        return thought if role == "planner" else message[len(thought) + 1 :]
    return message


def _call(step: dict[str, Any], role: str) -> dict[str, Any] | None:
    calls = step.get("tool_calls")
    if role != "caller" or not calls:
        return None
    call, extra = calls[0], calls[0]["extra"]
    arguments = None if extra["malformed"] else call["arguments"]
    return {"name": call["function_name"], "arguments": arguments, "raw": extra["raw"]}


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write a folder of documents, or lines when `out` ends in .jsonl."""
    if out.suffix == ".jsonl":
        rows = 0
        with fresh(out) as file:
            for trajectory in trajectories:
                file.write(canonical.ordered_bytes(document(trajectory)) + b"\n")
                rows += 1
        return Summary(format="atif", trajectories=rows, rows=rows, files=(out,))
    files = []
    for trajectory in trajectories:
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in trajectory.id)
        files.append(out / f"{name}.json")
        with fresh(files[-1]) as file:
            file.write(canonical.ordered_bytes(document(trajectory)))
    count = len(files)
    return Summary(format="atif", trajectories=count, rows=count, files=tuple(files))


ATIF: Final = Exporter(
    name="atif", write=write, suffix="", note="Harbor, NeMo, trajectory viewers; folder or .jsonl"
)
