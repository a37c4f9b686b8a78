"""Streams: several items one after another, as server-sent events or as lines of JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.document.media_types import form_of
from sandbox.document.url_texts import json_text

_FIELDS: Final = frozenset({"event", "data", "id", "retry", "comment"})
_FIELD_LINE: Final = re.compile(r"^(?:data|event|id|retry)?:", re.MULTILINE)


def write_stream(form: str, items: Sequence[Any]) -> bytes:
    """The items in the form `events` (WHATWG HTML §9.2), `lines` or `sequence` (RFC 7464)."""
    if form == "events":
        return "".join(map(_event, items)).encode("utf-8", "replace")
    start = "\x1e" if form == "sequence" else ""
    texts = (item.rstrip("\n") if _is_json_text(item) else json_text(item) for item in items)
    return "".join(f"{start}{text}\n" for text in texts).encode("utf-8", "replace")


def pieces(media_type: str, body: bytes) -> list[bytes]:
    """A stream's bytes as its items, each with its end: what a server sends at a time."""
    end = b"\n\n" if form_of(media_type) == "events" else b"\n"
    parts = body.split(end)
    return [part + end for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _event(item: Any) -> str:
    if isinstance(item, str):
        if _FIELD_LINE.match(item):  # An example that is written as an event stream already.
            return item.rstrip("\n") + "\n\n"
        return _field("data", item) + "\n"
    if isinstance(item, Mapping) and "data" in item and item.keys() <= _FIELDS:
        # The schema describes the event itself, not its data.
        fields = "".join(
            _field("" if name == "comment" else name, item[name])
            for name in ("comment", "event", "id", "retry", "data")
            if item.get(name) is not None
        )
        return fields + "\n"
    return _field("data", item) + "\n"


def _field(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json_text(value)
    return "".join(f"{name}: {line}\n" for line in re.split(r"\r\n|\r|\n", text))


def _is_json_text(item: Any) -> bool:
    return isinstance(item, str) and item[:1] in ("{", "[") and item.rstrip()[-1:] in ("}", "]")
