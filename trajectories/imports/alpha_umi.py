"""α-UMi's files: test sets and stage-2 conversations, stage-1 chains, and the four row files.

One item is one record, except for row files: there the rows of one conversation are joined again.
Give a folder that holds train_planner.json (and train_caller.json, train_summarizer.json) to get
the last turns too, which a planner row alone does not have. Required versus optional arguments do
not exist in the published tool form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.errors import FormatError
from trajectories.imports.chains import messages_of
from trajectories.imports.imported import call_of, field, items, kind, record
from trajectories.records import Call, Message, Role, Trajectory

_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "assistant": "planner",
    "planner": "planner",
    "caller": "caller",
    "observation": "observation",
    "conclusion": "summarizer",
    "summarizer": "summarizer",
}
_ACTION: Final = re.compile(r"\s*Action:[ \t]*(.*?)\s*\n\s*Action Input:[ \t]?(.*)", re.DOTALL)

Rows = list[tuple[str, dict[str, Any]]]


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file, or of a folder of row files. Raises FormatError."""
    rows: Rows = []
    number = 0
    for place, item in _items(path):
        if "history" in item and "target" in item:
            rows.append((place, item))
            continue
        messages = _messages(item, place=place)
        tools = field(item, "tools", list, place=place)
        yield record(
            format="alpha-umi", path=path, item=item, number=number, messages=messages,
            tools=[_tool(tool, place=place) for tool in tools],
        )  # fmt: skip
        number += 1
    yield from _join_rows(rows, path)


def _items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_dir():
        yield from items(path)
        return
    found = [path / f"train_{role}.json" for role in ("planner", "caller", "summarizer")]
    if not any(file.is_file() for file in found):
        raise FormatError(f"{path}: holds none of {', '.join(file.name for file in found)}")
    for file in found:
        if file.is_file():
            yield from items(file)


def _messages(item: dict[str, Any], *, place: str) -> list[Message]:
    if "conversations" in item:
        return [
            _turn(turn, place=place) for turn in field(item, "conversations", list, place=place)
        ]
    if "chains" in item:
        instruction = str(item.get("instruction", ""))
        chains = field(item, "chains", list, place=place)
        return messages_of(chains, instruction=instruction, place=place)
    raise FormatError(
        f"{place}: expected 'conversations', 'chains' or 'history' and 'target'; it has "
        f"{', '.join(map(repr, item))}"
    )


def _turn(turn: Any, *, place: str) -> Message:
    if not isinstance(turn, dict):
        raise FormatError(f"{place}: a turn should be an object, is {kind(turn)}")
    said, text = field(turn, "from", str, place=place), field(turn, "value", str, place=place)
    if said not in _ROLES:
        raise FormatError(f"{place}: unknown role {said!r}; valid: {', '.join(_ROLES)}")
    role = _ROLES[said]
    return Message(role=role, content=text, call=action(text) if role == "caller" else None)


def action(text: str) -> Call | None:
    """The call in `Action: NAME` / `Action Input: JSON`, or None when the form is not there."""
    found = _ACTION.fullmatch(text)
    return call_of(found[1], found[2]) if found else None


def _tool(tool: Any, *, place: str) -> dict[str, Any]:
    if not isinstance(tool, dict):
        raise FormatError(f"{place}: a tool should be an object, is {kind(tool)}")
    name = field(tool, "Name", str, place=place)
    inputs = field({"input": tool.get("input") or {}}, "input", dict, place=place)
    properties = {key: _schema(str(text)) for key, text in inputs.items()}
    function = {
        "name": name,
        "description": str(tool.get("function", "")),
        "parameters": {"type": "object", "properties": properties},
    }
    return {"type": "function", "function": function}


def _schema(text: str) -> dict[str, Any]:
    """`type, description`, where the description may be empty, or a type alone."""
    name, described, description = text.partition(", ")
    if name not in ("string", "integer", "number", "boolean", "array", "object"):
        return {"description": text}
    return {"type": name} | ({"description": description} if described else {})


def _join_rows(rows: Rows, path: Path) -> Iterator[Trajectory]:
    """Conversations from rows: each ends where the next row does not go on from it."""
    known: dict[bytes, tuple[list[Any], list[Any]]] = {}
    longer: set[bytes] = set()
    for place, row in rows:
        history = field(row, "history", list, place=place)
        tools = field({"tools": row.get("tools") or []}, "tools", list, place=place)
        turns = [*history, _target(row, history)]
        known.setdefault(canonical.dumps(turns), (turns, tools))
        longer.update(canonical.dumps(turns[:length]) for length in range(1, len(turns)))
    whole = [(turns, tools) for key, (turns, tools) in known.items() if key not in longer]
    for number, (turns, tools) in enumerate(whole):
        yield record(
            format="alpha-umi", path=path, item=turns, number=number,
            messages=[_turn(turn, place=str(path)) for turn in turns],
            tools=[_tool(tool, place=str(path)) for tool in tools],
        )  # fmt: skip


def _target(row: dict[str, Any], history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    text = str(row["target"])
    last = history[-1] if history else None
    if not isinstance(last, dict) or last.get("from") != "assistant":
        return {"from": "assistant", "value": text}
    return {"from": "caller" if action(text) else "conclusion", "value": text}
