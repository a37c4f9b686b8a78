"""What arrives at the server: ASGI's types, and what the headers of a request say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.messages import Headers
from sandbox.transports.client_messages import CONNECTION_HEADERS

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSION_HEADER: Final = "x-wavetank-session"
HEADER_LIMIT: Final = 32 * 1024
_HEADS_KEPT: Final = 512


class Refused(Exception):
    """A request that is not let in: status and reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Head:
    """What the headers of a request say."""

    kept: Headers
    """Headers of the call itself."""
    session: str | None
    host: str
    length: int | None
    """Bytes of body announced; None when it comes in chunks."""


_heads: dict[tuple[tuple[bytes, bytes], ...], Head] = {}


def head_of(raw: list[tuple[bytes, bytes]]) -> Head:
    """The headers read; raises Refused for what cannot be. A client's next ones are mostly equal
    to its last ones, so the last few hundred are remembered."""
    key = tuple(raw)
    known = _heads.get(key)
    if known is None:
        known = _read_head(key)
        if len(_heads) >= _HEADS_KEPT:
            _heads.clear()
        _heads[key] = known
    return known


def _read_head(raw: tuple[tuple[bytes, bytes], ...]) -> Head:
    kept: list[tuple[str, str]] = []
    named: str | None = None
    host = ""
    length: int | None = 0
    size = 0
    for key, content in raw:
        size += len(key) + len(content)
        name, value = key.decode("latin-1"), content.decode("latin-1")
        if name not in CONNECTION_HEADERS:
            kept.append((name, value))
        elif name == "host":
            host = value
        elif name == "content-length":
            length = _length(value)
        elif name == "transfer-encoding":
            length = None
        elif name == SESSION_HEADER:
            named = value
    if size > HEADER_LIMIT:
        raise Refused(431, f"All headers together may have {HEADER_LIMIT} bytes.")
    return Head(tuple(kept), named, host, length)


def _length(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Refused(400, "Content-Length is not a number.")
    return int(value)
