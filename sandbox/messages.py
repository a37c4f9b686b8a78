"""What passes between an agent and a world: requests, responses, arguments, observations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from sandbox import notebook

_FILENAME: Final = re.compile(r'filename="?([^";]+)')
Headers = tuple[tuple[str, str], ...]


class _Absent:
    """The type of ABSENT: no body at all, which is not the same as a JSON null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        # There is one of it, in copies and pickles too.
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it would stand on the wire."""

    method: str
    path: str
    """Percent-encoded path without query."""
    query: str = ""
    headers: Headers = ()
    """Names in lower case."""
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """A reply, or the lack of one: `transport` says what arrives instead."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    """Virtual seconds before the first byte."""
    transport: str | None = None
    """None, or how the connection fails: timeout, reset, closed, garbled."""

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's decoded values under the document's own names, by location."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    cookie: Mapping[str, Any] = field(default_factory=dict)
    body: Any = ABSENT
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation: where, which rule, and what would have been valid."""

    pointer: str
    """JSON pointer inside the location; "" is the whole of it."""
    location: str
    """path, query, header, cookie, body, security or request."""
    keyword: str
    message: str
    expected: Any = None
    name: str = ""


class Observation(NamedTuple):
    """What the agent is shown for a call."""

    text: str
    status: int | None
    """HTTP status, or None when no response arrived."""
    error: bool

    def _repr_html_(self) -> str:
        return notebook.text(f"{'failed' if self.error else 'done'}, {self.status}", self.text)


TRANSPORT_TEXTS: Final[Mapping[str, str]] = {
    "timeout": "No response: the request timed out.",
    "reset": "No response: the connection was reset.",
    "closed": "No response: the connection was closed before a response arrived.",
    "garbled": "No response: the server sent bytes that are not HTTP.",
}

_REASONS: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}

# Headers an agent must see to react correctly; the rest is noise in a small context.
SHOWN_HEADERS: Final = (
    "location",
    "retry-after",
    "www-authenticate",
    "etag",
    "allow",
    "link",
    "deprecation",
    "sunset",
    "ratelimit",
    "ratelimit-policy",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "age",
    "warning",
    "x-total-count",
    "x-total",
    "x-total-pages",
    "x-next-page",
    "x-next-cursor",
)


def compact(text: bytes) -> bytes:
    """The same bytes in memory of their own size, for text that is kept.

    orjson writes into a buffer of its own and hands it out as it is: 4 KB for a line of text.
    """
    return b"%b" % text


def observe(response: Response) -> Observation:
    """The tool-result rendering of a response; the same through every transport."""
    if response.transport is not None:
        text = TRANSPORT_TEXTS.get(response.transport, TRANSPORT_TEXTS["closed"])
        return Observation(text=text, status=None, error=True)
    try:
        body = response.body.decode()
    except UnicodeDecodeError:
        body = _describe_body(response)
    status = response.status
    failed = status >= 300
    headers = response.headers
    # A body and its type, and nothing else to show: nearly every reply.
    if not failed and body and len(headers) == 1 and headers[0][0] == "content-type":
        return Observation(body, status, False)
    # Where a new entity lies says nothing that its body does not say.
    address = "location" if body and not failed else ""
    shown = _header_lines(headers, address)
    if not failed and not shown:
        return Observation(text=body or f"HTTP {status}", status=status, error=False)
    head = "\n".join([f"HTTP {status} {_REASONS.get(status, '')}".rstrip(), *shown])
    text = f"{head}\n\n{body}" if body else head
    return Observation(text=text, status=status, error=failed)


def _describe_body(response: Response) -> str:
    """Of a file that is no text, what it is and how large; of broken text, what can be read."""
    kind = (response.header("content-type") or "").partition(";")[0]
    if not kind or kind.startswith("text/") or kind.endswith(("json", "xml", "yaml")):
        return response.body.decode("utf-8", "replace")
    name = _FILENAME.search(response.header("content-disposition") or "")
    named = f" named {name[1]}" if name is not None else ""
    return f"[a file of type {kind}{named}, {len(response.body)} bytes; its content is no text]"


def _header_lines(headers: Headers, untold: str) -> list[str]:
    return [
        f"{name.title()}: {value}"
        for name, value in sorted(headers)
        if name in SHOWN_HEADERS and name != untold
    ]
