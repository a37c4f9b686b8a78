"""Data URLs (RFC 2397): bytes as a text, with the name and media type of the file that they are.

Only what this module writes is read back as bytes: any other data URL stays the text that it is.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

BINARY: Final = "application/octet-stream"
_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+")
_HEAD: Final = re.compile(rf"data:(?:{BINARY}|({_TYPE.pattern});name=([^;,]*));base64,")


class File(NamedTuple):
    """The content of a file, and what was said of it."""

    data: bytes
    media_type: str = BINARY
    name: str = ""
    """"" where nobody has named it."""


def read_data_url(text: str) -> File | None:
    """The file that a text stands for; None where it is a text."""
    head = _HEAD.match(text) if text.startswith("data:") else None
    if head is None:
        return None
    try:
        data = b64decode(text[head.end() :], validate=True)
    except ValueError:
        return None
    return File(data, head[1] or BINARY, unquote(head[2] or ""))


def write_data_url(file: File) -> str:
    """The text that stands for a file."""
    kind = file.media_type if _TYPE.fullmatch(file.media_type) else BINARY
    named = f"{kind};name={quote(file.name, safe='')}" if file.name else BINARY
    return f"data:{named};base64,{b64encode(file.data).decode()}"


def to_bytes(value: str) -> bytes:
    """The bytes a text stands for: its UTF-8, or what its data URL holds."""
    file = read_data_url(value)
    return value.encode("utf-8", "replace") if file is None else file.data


def from_bytes(data: bytes) -> str:
    """Bytes as text: UTF-8 where they are, else a data URL."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return write_data_url(File(data))
    return text if read_data_url(text) is None else write_data_url(File(data))
