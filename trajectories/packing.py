"""From a record to what is stored, and back to the same bytes.

A record is cut in two: the frame (document, tools, plans, options: equal for many records) and the
body. Tools and very long texts are parts of their own, so each is stored once, by its sha256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

import zstandard

from trajectories import canonical
from trajectories.errors import StoreError
from trajectories.records import Trajectory

FRAME: Final = (
    "version", "document", "faults", "drift", "options", "agent", "tools", "provenance",
)  # fmt: skip

LONG: Final = 2048
"""Texts of at least so many characters become parts: shorter ones compress better in place."""

_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Packed:
    """A record ready to be stored."""

    frame: bytes
    """sha256 of the frame part."""
    body: bytes
    """Compressed."""
    parts: dict[bytes, bytes] = field(default_factory=dict)
    """Plain bytes by sha256."""


def compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(data)


def decompress(data: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise StoreError(f"a stored value is damaged: {error}") from None


def pack(trajectory: Trajectory) -> Packed:
    """Cut a record into frame, body and parts."""
    value = trajectory.model_dump()
    parts: dict[bytes, bytes] = {}
    frame = {name: value.pop(name) for name in FRAME}
    frame["tools"] = [_keep(parts, canonical.ordered_bytes(tool)).hex() for tool in frame["tools"]]
    holes: list[tuple[list[Any], str]] = [
        (path, _keep(parts, text.encode("utf-8", "surrogatepass")).hex())
        for path, text in _long_texts(value)
    ]
    for path, _ in holes:
        _set_at(value, path, None)
    return Packed(
        frame=_keep(parts, canonical.dumps(frame)),
        body=compress(canonical.dumps([value, holes])),
        parts=parts,
    )


def unpack(
    frame: bytes,
    body: bytes,
    *,
    part: Callable[[bytes], bytes],
    frames: MutableMapping[bytes, dict[str, Any]],
) -> Trajectory:
    """The record again. `part` gives plain bytes by sha256; `frames` caches opened frames."""
    if frame not in frames:
        opened = canonical.loads(part(frame))
        opened["tools"] = [canonical.loads(part(bytes.fromhex(tool))) for tool in opened["tools"]]
        frames[frame] = opened
    value, holes = canonical.loads(decompress(body))
    for path, name in holes:
        _set_at(value, path, part(bytes.fromhex(name)).decode("utf-8", "surrogatepass"))
    return Trajectory.from_value(value | frames[frame], place="stored record")


def _keep(parts: dict[bytes, bytes], data: bytes) -> bytes:
    name = bytes.fromhex(canonical.digest(data))
    parts[name] = data
    return name


def _long_texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[list[Any], str]]:
    if isinstance(value, str):
        if len(value) >= LONG:
            yield list(path), value
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        # Measuring a subtree is far cheaper than walking it, and most have no long text.
        if isinstance(item, str | dict | list) and _room(item) >= LONG:
            yield from _long_texts(item, (*path, key))


def _room(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(canonical.dumps(value))


def _set_at(value: Any, path: list[Any], item: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = item
