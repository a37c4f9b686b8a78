"""Inspect's logs: `.json`, or `.eval`, a zip of one JSON file per sample. One record per sample.

Scores stand in the outcome's metrics. A score that holds a record of ours (the Inspect socket
writes it there) gives that record back whole. An unfinished log gives the samples it has.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from trajectories.canonical import parse
from trajectories.errors import FormatError
from trajectories.imports import openai
from trajectories.imports.imported import field, kind, read_json, record, tools_of
from trajectories.records import Source, Trajectory

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of one file of an archive, unpacked."""
_ZSTANDARD: Final = 93
_LOCAL_HEADER: Final = struct.Struct("<26xHH")


def read(path: Path) -> Iterator[Trajectory]:
    """Records of a log. Raises FormatError naming the sample."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        yield from _archive(path)
        return
    log = read_json(path)
    if not isinstance(log, dict):
        raise FormatError(f"{path}: a log is a JSON object, not {kind(log)}")
    made = field(log, "eval", dict, place=str(path))
    for number, sample in enumerate(log.get("samples") or []):
        yield _record(sample, made, path, number, place=f"{path}, sample {number + 1}")


def _archive(path: Path) -> Iterator[Trajectory]:
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise FormatError(f"{path}: not a whole zip: {error}") from None
    with opened as archive, open(path, "rb") as file:
        members = {each.filename: each for each in archive.infolist()}

        def value(name: str) -> Any:
            try:
                return parse(_unpack(archive, members[name], file))
            except (ValueError, zipfile.BadZipFile, NotImplementedError, OSError) as error:
                raise FormatError(f"{path}, {name}: cannot be read: {error}") from None

        head = next((n for n in ("header.json", "_journal/start.json") if n in members), None)
        start = value(head) if head else {}
        made = start.get("eval") if isinstance(start, dict) else None
        samples = [name for name in members if name.startswith("samples/")]
        if not samples and head is None:
            raise FormatError(f"{path}: a zip without samples/ and header.json is no Inspect log")
        for number, name in enumerate(samples):
            yield _record(value(name), made or {}, path, number, place=f"{path}, {name}")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Any) -> bytes:
    if member.file_size > LARGEST:
        raise ValueError(f"larger than {LARGEST // 2**20} MiB")
    if member.compress_type != _ZSTANDARD:
        return archive.read(member)
    # Python's own zipfile knows this method from version 3.14 on.
    import zstandard

    file.seek(member.header_offset)
    name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    file.seek(name + extra, 1)
    packed = file.read(member.compress_size)
    try:
        with zstandard.ZstdDecompressor().stream_reader(packed) as stream:
            return stream.read(member.file_size)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


def _record(
    sample: Any, made: dict[str, Any], path: Path, number: int, *, place: str
) -> Trajectory:
    if not isinstance(sample, dict):
        raise FormatError(f"{place}: expected an object, found {kind(sample)}")
    scores = {
        name: score for name, score in (sample.get("scores") or {}).items()
        if isinstance(score, dict)
    }  # fmt: skip
    for score in scores.values():
        whole = (score.get("metadata") or {}).get("trajectory")
        if isinstance(whole, dict) and "ledger" in whole:
            return Trajectory.from_value(whole, place=place)
    attachments = sample.get("attachments") or {}
    messages = field(sample, "messages", list, place=place)
    chat = [_chat_turn(_with_attachments(turn, attachments)) for turn in messages]
    events = [event for event in sample.get("events") or [] if isinstance(event, dict)]
    offered: list[Any] = next((event["tools"] for event in events if event.get("tools")), [])
    return record(
        format="inspect", path=path, item=sample.get("uuid") or sample, number=number,
        messages=openai.messages_of(chat, place=place),
        tools=tools_of(offered, place=place),
        options=openai.system_of(chat), agent=str(made.get("model") or ""),
        task={"id": str(sample.get("id", number))},
        document=Source(source=path.name, title=str(made.get("task") or path.name)),
        scores={name: score.get("value") for name, score in scores.items()},
    )  # fmt: skip


def _chat_turn(turn: Any) -> Any:
    """A message of the log in the wire's form."""
    if not isinstance(turn, dict):
        return turn
    calls = [
        {"id": call.get("id"), "function": {"name": call.get("function"),
         "arguments": call.get("arguments") or {}}}
        for call in turn.get("tool_calls") or [] if isinstance(call, dict)
    ]  # fmt: skip
    error = turn.get("error") if turn.get("role") == "tool" else None
    if isinstance(error, dict) and not turn.get("content"):
        turn = turn | {"content": f"{error.get('type')}: {error.get('message')}"}
    return turn | {"tool_calls": calls}


def _with_attachments(value: Any, attachments: dict[str, str]) -> Any:
    """The value with its references to attachments filled in."""
    if isinstance(value, str) and value.startswith("attachment://"):
        return attachments.get(value.removeprefix("attachment://"), value)
    if isinstance(value, dict):
        return {name: _with_attachments(part, attachments) for name, part in value.items()}
    return (
        [_with_attachments(part, attachments) for part in value]
        if isinstance(value, list)
        else value
    )
