"""A client library's requests and responses as ours: what the in-process ways in share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.messages import Headers, Request, Response

CONNECTION_HEADERS: Final = frozenset(
    {
        "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
        "expect", "transfer-encoding", "content-length", "accept-encoding", "x-wavetank-session",
    }
)  # fmt: skip
"""Headers about the connection, not the call: they stay out of requests and records."""
BODILESS: Final = frozenset({204, 304})
FAILURES: Final[Mapping[str, tuple[str, str]]] = {
    "timeout": ("ReadTimeout", "The read operation timed out"),
    "reset": ("ReadError", "[Errno 104] Connection reset by peer"),
    "closed": ("RemoteProtocolError", "Server disconnected without sending a response."),
    "garbled": ("RemoteProtocolError", "illegal request line"),
    "refused": ("ConnectError", "[Errno 111] Connection refused"),
}
"""Transport fault → the exception httpx raises for it on a real socket, and its text."""


def request_of(
    *, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> Request:
    """The request of a client whose request target (path and query) is `target`."""
    path, _, query = target.decode("latin-1").partition("?")
    kept = tuple(
        (name, value.decode("latin-1"))
        for raw, value in headers
        if (name := raw.decode("latin-1").lower()) not in CONNECTION_HEADERS
    )
    return Request(method.upper(), path or "/", query, kept, body)


def response_headers(response: Response) -> list[tuple[str, str]]:
    """The document's headers, with a content-length where HTTP wants one and none is given."""
    headers = list(response.headers)
    if response.status not in BODILESS and announced_length(response.headers) is None:
        headers.append(("content-length", str(len(response.body))))
    return headers


def response_body(response: Response, method: str) -> bytes:
    """The body as it goes out: none for HEAD, 204 and 304."""
    return b"" if method == "HEAD" or response.status in BODILESS else response.body


def failure(response: Response, *, read_timeout: float | None) -> tuple[str, str] | None:
    """The exception (name, text) that a client meets instead of the response, or None.

    A virtual delay beyond the client's own read timeout is a timeout, as it would be on a wire.
    """
    if response.transport is not None or incomplete(response):
        if response.transport in (None, "closed") and response.status:
            expected = announced_length(response.headers)
            received = len(response.body)
            return (
                "RemoteProtocolError",
                "peer closed connection without sending complete message body "
                f"(received {received} bytes, expected {expected})",
            )
        return FAILURES.get(response.transport or "closed", FAILURES["closed"])
    if read_timeout is not None and response.delay > read_timeout:
        return FAILURES["timeout"]
    return None


def read_timeout(extensions: Mapping[str, Any]) -> float | None:
    """The client's read timeout in seconds, from the request's extensions."""
    timeout = extensions.get("timeout")
    seconds = timeout.get("read") if isinstance(timeout, Mapping) else None
    return float(seconds) if isinstance(seconds, int | float) else None


def incomplete(response: Response) -> bool:
    """Whether the headers announce another length than the body has."""
    announced = announced_length(response.headers)
    return announced is not None and announced != str(len(response.body))


def announced_length(headers: Headers) -> str | None:
    """The content-length among the headers, or None."""
    for name, value in headers:
        if name == "content-length":
            return value
    return None
