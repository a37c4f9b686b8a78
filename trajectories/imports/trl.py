"""TRL's parquet rows: `messages` and `tools`, or `prompt`, `chosen` and `rejected` (two records).

JSON columns may be JSON text, as `wavetank export` writes them, or Arrow structures; keys that
Arrow filled with null are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trajectories.canonical import parse
from trajectories.errors import FormatError, MissingExtra
from trajectories.imports import openai
from trajectories.imports.imported import record, tools_of
from trajectories.records import Trajectory


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a file, a batch of rows at a time. Raises FormatError, or MissingExtra."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise MissingExtra("pyarrow", extra="export", purpose="reading parquet") from None
    try:
        batches = parquet.ParquetFile(path).iter_batches(batch_size=256)
        rows = (row for batch in batches for row in batch.to_pylist())
        for number, row in enumerate(rows):
            yield from _records(row, path, number)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: not parquet: {error}") from None


def _records(row: dict[str, Any], path: Path, number: int) -> Iterator[Trajectory]:
    place = f"{path}, row {number}"
    tools = tools_of(_values(row.get("tools"), place=place), place=place)
    if row.get("messages") is not None:
        chats = {"": _values(row["messages"], place=place)}
    elif row.get("chosen") is not None and row.get("rejected") is not None:
        shared = _values(row.get("prompt"), place=place)
        chats = {side: shared + _values(row[side], place=place) for side in ("chosen", "rejected")}
    else:
        raise FormatError(
            f"{place}: expected a column 'messages', or 'chosen' and 'rejected'; it has "
            f"{', '.join(map(repr, row))}"
        )
    learn = row.get("learn") or []
    for side, chat in chats.items():
        for turn, may in zip(chat, learn, strict=False):
            if isinstance(turn, dict) and turn.get("role") == "assistant" and not may:
                turn["weight"] = 0
        yield record(
            format="trl", path=path, item=[side, chat], number=number,
            messages=openai.messages_of(chat, place=place), tools=tools,
            options=openai.system_of(chat), task={"label": side} if side else None,
        )  # fmt: skip


def _values(cell: Any, *, place: str) -> list[Any]:
    try:
        value = parse(cell) if isinstance(cell, (str, bytes)) else cell
        items = [parse(each) if isinstance(each, (str, bytes)) else each for each in value or []]
    except (ValueError, TypeError) as error:
        raise FormatError(f"{place}: not a list of JSON values: {error}") from None
    return [_without_nulls(each) for each in items]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value
