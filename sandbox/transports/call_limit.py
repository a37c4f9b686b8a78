"""The wall time that one call may take on a server: one that never ends would stop all others.

What a document or a body makes expensive is bounded where it is worked out. This is the last line
behind those bounds: a tick of the process's own timer looks whether a call has run for too long.
"""

from __future__ import annotations

import signal
import threading
from time import monotonic
from types import FrameType, TracebackType
from typing import Final

CALL_LIMIT: Final = 10.0
"""Wall seconds that a call may take."""
_TICK: Final = 1.0


class CallTooLong(BaseException):
    """A call was ended. Not an Exception: nothing on the way may take it for a bad value."""


class CallLimit:
    """Ends the block that takes longer than so many wall seconds, with CallTooLong.

    Blocks follow one another on the main thread. Without `start` none is ended.
    """

    __slots__ = ("_began", "seconds")

    def __init__(self, seconds: float = CALL_LIMIT) -> None:
        self.seconds = seconds
        self._began = 0.0

    def start(self) -> None:
        """Watch from now on, until the process ends; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)

    def __enter__(self) -> None:
        self._began = monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._began = 0.0

    def _look(self, number: int, frame: FrameType | None) -> None:
        if self._began and monotonic() - self._began > self.seconds:
            self._began = 0.0
            raise CallTooLong(
                f"The call was ended: it took more than {self.seconds:g} s of this server's time."
            )
