"""Ctrl-C while episodes run: the first ends what is awaited in order, the second at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from types import FrameType, TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Interrupts:
    """Takes SIGINT in the main thread for as long as the block lasts; other handlers are left be.

    asyncio's own way may raise KeyboardInterrupt inside its loop, which cannot be used after that.
    """

    def __init__(self) -> None:
        self.arrived = False
        self._taken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._taken = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    async def next(self, news: AsyncIterator[T]) -> T | None:
        """The next item; None at the end, and when an interrupt has arrived."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            return None if self.arrived else await anext(news, None)
        except asyncio.CancelledError:
            if not self.arrived:
                raise
            return None
        finally:
            self._task = None

    def check(self) -> None:
        """Raise KeyboardInterrupt if an interrupt has arrived."""
        if self.arrived:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.arrived:
            raise KeyboardInterrupt
        self.arrived = True
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
