"""Transports whose libraries cost more to load than everything else: imported on first use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sandbox.transports.asgi_messages import Application, Receive, Scope, Send


class Plane(Protocol):
    """An application with something to run beside its requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def running(self) -> AbstractAsyncContextManager[None]: ...


class LazyApplication:
    """An application made at its first request."""

    def __init__(self, make: Callable[[], Application]) -> None:
        self._make = make
        self._app: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = self._make()
        await self._app(scope, receive, send)


class RunningApplication:
    """The same for an application that has to be entered; `keep` does that once it is wanted."""

    def __init__(self, make: Callable[[], Plane]) -> None:
        self._make = make
        self._plane: Plane | None = None
        self._failed: Exception | None = None
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()

    async def keep(self) -> None:
        """Wait for the first request, then run the application until cancelled."""
        await self._wanted.wait()
        try:
            plane = self._make()
            async with plane.running():
                self._plane = plane
                self._ready.set()
                await asyncio.Event().wait()
        except Exception as error:
            self._failed = error
            self._ready.set()
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._wanted.set()
        await self._ready.wait()
        if self._plane is None:
            raise RuntimeError("this application could not be started") from self._failed
        await self._plane(scope, receive, send)
