"""Virtual seconds on a real wire: how long a delay lasts, and what a duration header says.

At scale 60 a virtual minute is a second of the client's life: delays are slept that much shorter,
`Retry-After` and its kin are stated in wall seconds, rounded up, and a client that really waits
moves the session's clock. Only whole wall seconds count, so a brisk client, however fast its
machine, sees the same bytes as one in process. At scale 1 no byte is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

from sandbox.messages import Headers, Response
from sandbox.world.rendering.response_headers import waiting

if TYPE_CHECKING:
    from sandbox.world import Session

_SECONDS = ("retry-after", "x-ratelimit-reset", "ratelimit-reset", "x-ratelimit-reset-after")
_STRUCTURED = ("ratelimit", "ratelimit-policy", "x-ratelimit-policy")
_DURATIONS = frozenset({*_SECONDS, *_STRUCTURED})
_EPOCH = 1e8
"""A reset above this is a date in Unix seconds, not a duration."""


class Pace:
    """How fast virtual time runs against one client's wall clock."""

    __slots__ = ("_last", "_now", "scale")

    def __init__(self, scale: float = 60.0, *, now: Callable[[], float] = monotonic) -> None:
        if not scale > 0:
            raise ValueError(
                f"the time scale must be above 0 virtual seconds a second, not {scale}"
            )
        self.scale = scale
        self._now = now
        self._last: float | None = None

    def arrive(self, session: Session) -> None:
        """Before a request: let the session's clock run for the whole seconds the client waited."""
        now = self._now()
        if self._last is not None and now - self._last >= 1.0:
            session.clock.advance(int(now - self._last) * self.scale)
        self._last = now

    def depart(self) -> None:
        """After a response: what the client waits from here on is its own waiting."""
        self._last = self._now()

    def wall(self, virtual: float) -> float:
        """Virtual seconds as wall seconds."""
        return virtual / self.scale

    def in_wall_time(self, response: Response, session: Session) -> Response:
        """The response with its durations in wall seconds; itself when there is none to change."""
        if self.scale == 1.0 or not _tells_time(response.headers):
            return response
        changed = tuple(
            (name, self._header(name, value, session)) for name, value in response.headers
        )
        if changed == response.headers:
            return response
        return replace(response, headers=changed, body=waiting(response.body, changed))

    def _header(self, name: str, value: str, session: Session) -> str:
        if name in _SECONDS:
            seconds = _seconds(value, session)
            return value if seconds is None else str(ceil(self.wall(seconds)))
        if name in _STRUCTURED:
            return re.sub(r"\b([tw])=(\d+)", self._parameter, value)
        return value

    def _parameter(self, found: re.Match[str]) -> str:
        return f"{found[1]}={ceil(self.wall(int(found[2])))}"


def _tells_time(headers: Headers) -> bool:
    for name, _ in headers:  # most replies have one or two
        if name in _DURATIONS:
            return True
    return False


def _seconds(value: str, session: Session) -> float | None:
    """The duration in a header: seconds, or a virtual date as the seconds until then."""
    text = value.strip()
    if re.fullmatch(r"\d{1,18}(\.\d{1,6})?", text):
        number = float(text)
        return number if number < _EPOCH else None
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - session.clock.instant()).total_seconds())
