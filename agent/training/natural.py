"""Requests that people wrote, as trajectories to learn from.

A request whose tool a yardstick offers is dropped: what is measured on is not learnt.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.yardsticks.yardstick import CORPUS, data_is_there, questions_of, yardsticks
from agent.runtime.roles import call_text, plan_text
from agent.training.natural_rows import FOLDER, Request, Requests, natural_sources, usable
from sandbox.draws import Draw
from trajectories.records import Call, Message, Outcome, Source, Trajectory

TOGETHER: Final = 8
"""Requests of one field that are offered the same tools."""
BESIDE: Final = 3
"""Other tools of the field in an offer."""


def natural_trajectories(count: int, *, seed: int = 0) -> list[Trajectory]:
    """About `count` of them, drawn by `seed` from all sources that are there.

    Raises AgentError where no source is.
    """
    root = os.environ.get(CORPUS)
    sources = natural_sources(Path(root)) if root else []
    if not sources:
        raise AgentError(f"no natural rows: set {CORPUS} to a folder that has {FOLDER}")
    measured = measured_tools()
    groups = [
        (source, group)
        for source in sources
        for group in _groups(source, measured, Draw("natural", seed, source.title))
    ]
    found: list[Trajectory] = []
    for source, group in Draw("natural", seed).shuffled(groups):
        if len(found) >= count:
            break
        found += _trajectories(source, group, measured, seed)
    return found


def measured_tools() -> frozenset[str]:
    """The names that any yardstick whose data is there offers, in lower case."""
    return frozenset(
        name.lower()
        for suite, yardstick in yardsticks().items()
        if data_is_there(yardstick)
        for question in questions_of(suite)
        for name in question.step.names
    )


def _groups(source: Requests, measured: frozenset[str], draw: Draw) -> Iterator[list[Request]]:
    """Requests of one field together; without fields, those that stand together in the file."""
    rows = usable(source.rows, measured)
    fields: dict[str, list[Request]] = {}
    for row in draw.child("rows").shuffled(rows) if source.fields else rows:
        fields.setdefault(row.field, []).append(row)
    for members in fields.values():
        yield from (members[at : at + TOGETHER] for at in range(0, len(members), TOGETHER))


def _trajectories(
    source: Requests, rows: Sequence[Request], measured: frozenset[str], seed: int
) -> list[Trajectory]:
    needed = dict.fromkeys(row.tool for row in rows)
    draw = Draw("natural", seed, *needed)
    others = [
        name
        for name in source.tools
        if name not in needed
        and name.lower() not in measured
        and source.fields.get(name, "") == rows[0].field
    ]
    names = draw.shuffled([*needed, *draw.child("beside").shuffled(others)[:BESIDE]])
    tools = [source.tools[name] for name in names]
    return [_trajectory(source.title, row, tools) for row in rows]


def _trajectory(title: str, row: Request, tools: list[dict[str, Any]]) -> Trajectory:
    messages = [
        Message(role="user", content=row.text),
        Message(role="planner", content=plan_text(f"I use {row.tool}.", "call")),
    ]
    if row.arguments is not None:
        raw = json.dumps(row.arguments, ensure_ascii=False, separators=(",", ":"))
        call = Call(name=row.tool, arguments=dict(row.arguments), raw=raw)
        messages.append(Message(role="caller", content=call_text(row.tool, raw), call=call))
    return Trajectory(
        id=f"natural-{title}-{row.id}",
        document=Source(title=title),
        task={"instruction": row.text},
        agent=f"imported:{title.lower()}",
        tools=tools,
        messages=messages,
        outcome=Outcome(success=True, end="finish"),
    )
