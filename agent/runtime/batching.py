"""Many episodes, one `generate`: the requests that wait at the same time go out together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from agent.backends import Backend, RoleRequest
from agent.errors import DoesNotFit

_Waiting = tuple[RoleRequest, asyncio.Future[str]]


@dataclass(slots=True)
class Batcher:
    """A backend around a backend. While one batch is being written, the next one gathers."""

    backend: Backend
    size: int = 64
    """Requests in one batch at most."""
    batches: int = 0
    """How many have gone out."""
    _waiting: list[_Waiting] = field(default_factory=list, repr=False)
    _worker: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def reads_prompt(self) -> bool:
        return bool(getattr(self.backend, "reads_prompt", True))

    @property
    def calculates(self) -> bool:
        return bool(getattr(self.backend, "calculates", False))

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """One text per request, written together with whatever else waits."""
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in requests]
        self._waiting += zip(requests, futures, strict=True)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return list(await asyncio.gather(*futures))

    async def _work(self) -> None:
        while self._waiting:
            await self._settle()
            batch, self._waiting = self._waiting[: self.size], self._waiting[self.size :]
            self.batches += 1
            await self._write(batch)

    async def _settle(self) -> None:
        """Let every episode that can run reach its next request."""
        count = -1
        while count != len(self._waiting):
            count = len(self._waiting)
            await asyncio.sleep(0)

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            texts = await self.backend.generate([request for request, _ in batch])
        except DoesNotFit as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            # One prompt is too long; the others must not pay for it.
            for waiting in batch:
                await self._write([waiting])
            return
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), text in zip(batch, texts, strict=True):
            if not future.done():
                future.set_result(text)
