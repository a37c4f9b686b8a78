"""Instructions and calls that people wrote, as trajectories to learn from: Seal-Tools' rows of one
call (Apache-2.0), read from WAVETANK_CORPUS and never kept here.

A row whose tool a yardstick offers is dropped: what is measured on is not learnt.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.yardsticks.questions import openai_tool, read_list
from agent.evaluation.yardsticks.yardstick import CORPUS, data_is_there, questions_of, yardsticks
from agent.runtime.roles import call_text, plan_text
from sandbox.draws import Draw
from trajectories.records import Call, Message, Outcome, Source, Trajectory

FOLDER: Final = "natural/train/seal-tools"
ROWS: Final = ("dev.jsonl", "test_in_domain.jsonl")
TOGETHER: Final = 8
"""Rows of one field of knowledge that are offered the same tools."""
BESIDE: Final = 3
"""Other tools of the field in an offer."""


def natural_trajectories(count: int, *, seed: int = 0) -> list[Trajectory]:
    """About `count` of them, drawn by `seed`. Raises AgentError where the data is not there."""
    root = os.environ.get(CORPUS)
    folder = Path(root or "") / FOLDER
    if not root or not folder.is_dir():
        raise AgentError(f"no natural rows: set {CORPUS} to a folder that has {FOLDER}")
    tools = {str(row["api_name"]): row for row in read_list(folder / "tool.jsonl")}
    rows = [row for name in ROWS for row in read_list(folder / name)]
    offered = measured_tools()
    kept = usable_rows(rows, tools, offered)
    groups = list(_groups(kept, tools, Draw("natural", seed)))
    found: list[Trajectory] = []
    for group in Draw("natural", seed).shuffled(groups):
        if len(found) >= count:
            break
        found += _trajectories(group, tools, offered, seed)
    return found


def measured_tools() -> set[str]:
    """The names that any yardstick whose data is there offers, in lower case."""
    return {
        name.lower()
        for suite, yardstick in yardsticks().items()
        if data_is_there(yardstick)
        for question in questions_of(suite)
        for name in question.step.names
    }


def usable_rows(
    rows: Sequence[Mapping[str, Any]], tools: Mapping[str, Any], offered: Collection[str]
) -> list[Mapping[str, Any]]:
    """Rows of one call of a known tool that no yardstick offers; `offered` in lower case."""
    return [
        row
        for row in rows
        if len(row["calling"]) == 1
        and (name := row["calling"][0]["api"]) in tools
        and name.lower() not in offered
    ]


def _groups(
    rows: Sequence[Mapping[str, Any]], tools: Mapping[str, Any], draw: Draw
) -> Iterator[list[Mapping[str, Any]]]:
    """Rows of one field together."""
    fields: dict[str, list[Mapping[str, Any]]] = {}
    for row in draw.child("rows").shuffled(rows):
        fields.setdefault(_field(tools[row["calling"][0]["api"]]), []).append(row)
    for members in fields.values():
        yield from (members[at : at + TOGETHER] for at in range(0, len(members), TOGETHER))


def _field(tool: Mapping[str, Any]) -> str:
    return str(tool.get("field", "")).partition("/")[0]


def _trajectories(
    rows: Sequence[Mapping[str, Any]],
    tools: Mapping[str, Any],
    offered: Collection[str],
    seed: int,
) -> list[Trajectory]:
    needed = dict.fromkeys(row["calling"][0]["api"] for row in rows)
    draw = Draw("natural", seed, *needed)
    field = _field(tools[next(iter(needed))])
    others = [
        name
        for name, tool in tools.items()
        if name not in needed and name.lower() not in offered and _field(tool) == field
    ]
    names = draw.shuffled([*needed, *draw.child("beside").shuffled(others)[:BESIDE]])
    forms = [_form(tools[name]) for name in names]
    return [_trajectory(row, forms) for row in rows]


def _form(tool: Mapping[str, Any]) -> dict[str, Any]:
    return openai_tool(
        tool["api_name"], tool["api_description"], tool["parameters"], tool.get("required", ())
    )


def _trajectory(row: Mapping[str, Any], tools: list[dict[str, Any]]) -> Trajectory:
    name, arguments = row["calling"][0]["api"], row["calling"][0]["parameters"]
    raw = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    messages = [
        Message(role="user", content=row["query"]),
        Message(role="planner", content=plan_text(f"I use {name}.", "call")),
        Message(
            role="caller",
            content=call_text(name, raw),
            call=Call(name=name, arguments=arguments, raw=raw),
        ),
    ]
    return Trajectory(
        id=f"natural-{row['id']}",
        document=Source(title="Seal-Tools"),
        task={"instruction": row["query"]},
        agent="imported:seal-tools",
        tools=tools,
        messages=messages,
        outcome=Outcome(success=True, end="finish"),
    )
