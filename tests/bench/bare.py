"""The least an ASGI application can do: the ceiling for everything that runs on uvicorn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_BODY = b'{"id":1,"name":"doggie","photoUrls":["https://example.com/1.png"],"status":"available"}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
]


async def app(
    scope: Mapping[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
