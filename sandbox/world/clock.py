"""Virtual time: latencies, waits and expiries move a logical clock and cost no wall time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.values.moments import EPOCH


class Clock:
    """Seconds since the session began. Only calls, waits and the owner move it."""

    __slots__ = ("now",)

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` (virtual). Raises ValueError when asked to go back."""
        if seconds < 0:
            raise ValueError(f"time moves forward only, not by {seconds} s")
        self.now += seconds

    def instant(self, offset: float = 0.0) -> datetime:
        """The virtual date and time, `offset` seconds from now."""
        return EPOCH + timedelta(seconds=self.now + offset)
