"""The four row files that the published α-UMi training reads.

A folder with train_backbone.json, train_planner.json, train_caller.json, train_summarizer.json:
each a JSON list of {tools, history, input, target}, one row per assistant turn. The text of the
rows is made by `trajectories.rows`, in its published layout.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

from trajectories import canonical
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.records import Trajectory
from trajectories.rows import rows
from trajectories.tool_docs import published_docs

ROLES: Final = ("backbone", "planner", "caller", "summarizer")


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write the four files into the folder `out`."""
    files = {role: out / f"train_{role}.json" for role in ROLES}
    counts = dict.fromkeys(ROLES, 0)
    written = 0
    with ExitStack() as stack:
        opened = {role: stack.enter_context(fresh(path)) for role, path in files.items()}
        for file in opened.values():
            file.write(b"[")
        for trajectory in trajectories:
            written += 1
            docs = published_docs(trajectory.tools)
            for row in rows(trajectory, layout="published"):
                value = {
                    "tools": docs,
                    "history": list(row.history),
                    "input": row.input,
                    "target": row.target,
                }
                _item(opened[row.role], value, first=counts[row.role] == 0)
                counts[row.role] += 1
        for file in opened.values():
            file.write(b"\n]\n")
    return Summary(
        format="alpha-umi", trajectories=written, rows=sum(counts.values()),
        files=tuple(files.values()),
    )  # fmt: skip


def _item(file: IO[Any], value: Any, *, first: bool) -> None:
    file.write((b"\n" if first else b",\n") + canonical.ordered_bytes(value))


ALPHA_UMI: Final = Exporter(
    name="alpha-umi",
    write=write,
    suffix="",
    drops=(
        "id", "document", "task", "seed", "label", "faults", "drift", "options", "agent", "ledger",
        "outcome", "provenance", "messages.status", "messages.labels",
        "tools.required (the published tool form does not say which arguments are required)",
    ),
    note="the published α-UMi trainer",
)  # fmt: skip
