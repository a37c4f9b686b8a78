"""A user's program as an agent: `command:PROGRAM …`. It talks HTTP with a session of its own.

The program gets its task in the environment and on standard input, makes its requests, and prints
the answer; exit code 0 is an answer (none printed: it gave up), anything else is a failure of its
own. Its HTTP calls are read back from the session's ledger and become the turns of the episode.

    WAVETANK_URL      base URL of the document: the server plus its base path
    WAVETANK_SESSION  the session, also as the header `x-wavetank-session`
    WAVETANK_META     base URL of what is no operation: GET openapi.json for the document as it is
                      documented now, POST authenticate for fresh credentials, POST wait
    WAVETANK_TASK     the instruction
    WAVETANK_TOOLS    a file with the offered tools in the openai form
    WAVETANK_OPENAPI  a file with the OpenAPI document as it is documented
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from agent.errors import BackendError
from agent.foreign.http_session import ServedEnvironment
from agent.foreign.process_group import LINE, TAIL, end_group, end_strays, tail
from agent.foreign.python_agent import calling, ending
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, Meter
from agent.runtime.events import Ended, Event, Observed
from sandbox.messages import ABSENT, observe
from sandbox.world import Exchange, Session

_POLL = 0.05
_LAST = 0.5
"""Seconds in which the last output of a program that has ended must be there."""


@dataclass(slots=True)
class CommandAgent:
    """A program per episode."""

    name: str
    words: tuple[str, ...]
    patience: float = 300.0
    """Seconds for an episode."""
    needs_server: bool = True
    """Episodes run with `--transport http`, whatever was asked for."""

    async def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        """One run of the program. Raises BackendError when it cannot be started."""
        if not isinstance(environment, ServedEnvironment):
            raise BackendError(self.name, "a program speaks HTTP: use the transport http")
        environment.count_waits()
        with tempfile.TemporaryDirectory(prefix="wavetank-") as folder:
            transport, process = await self._start(task, environment, Path(folder), seed)
            watch = _Watch(environment.session, Meter(budget))
            try:
                async for event in self._follow(process, watch, task):
                    yield event
            finally:
                end_group(process)
                end_strays(folder)  # Unlike any other: the folder is this episode's own.
                # What got away may hold the pipes open for ever: nobody reads them any more.
                transport.close()
                await process.wait()

    async def _start(
        self, task: Any, environment: ServedEnvironment, folder: Path, seed: int
    ) -> tuple[asyncio.SubprocessTransport, asyncio.subprocess.Process]:
        tools, document = folder / "tools.json", folder / "openapi.json"
        tools.write_bytes(orjson.dumps(environment.tools))
        document.write_bytes(orjson.dumps(environment.document.tree))
        told = {
            "WAVETANK_URL": environment.base_url,
            "WAVETANK_SESSION": environment.session_id,
            "WAVETANK_META": environment.meta_url,
            "WAVETANK_TASK": task.instruction,
            "WAVETANK_TOOLS": str(tools),
            "WAVETANK_OPENAPI": str(document),
            "WAVETANK_SEED": str(seed),
        }
        loop = asyncio.get_running_loop()
        try:
            # As `create_subprocess_exec` does it, which keeps the transport to itself.
            transport, protocol = await loop.subprocess_exec(
                lambda: SubprocessStreamProtocol(limit=LINE, loop=loop),
                *self.words,
                start_new_session=True,
                env={**os.environ, **told},
            )
            return transport, asyncio.subprocess.Process(transport, protocol, loop)
        except OSError as error:
            raise BackendError(self.name, f"cannot be started: {error.strerror}") from None

    async def _follow(
        self, process: asyncio.subprocess.Process, watch: _Watch, task: Any
    ) -> AsyncIterator[Event]:
        writing = asyncio.ensure_future(_give(process, f"{task.instruction}\n".encode()))
        assert process.stdout is not None and process.stderr is not None
        answer, complaint = _Output(), _Output(keeps_end=True)
        reading = [
            asyncio.ensure_future(answer.read(process.stdout)),
            asyncio.ensure_future(complaint.read(process.stderr)),
        ]
        deadline = asyncio.get_running_loop().time() + self.patience
        ended: Ended | None = None
        try:
            # Not `process.wait`: that also waits for pipes which what it started may hold open.
            while process.returncode is None and ended is None:
                await asyncio.sleep(_POLL)
                for event in watch.news():
                    yield event
                ended = watch.meter.over()
                if ended is None and answer.flooded:
                    ended = Ended("error", "planner", f"printed more than {LINE >> 20} MiB")
                if ended is None and asyncio.get_running_loop().time() > deadline:
                    ended = Ended("error", "planner", f"no end within {self.patience:g} s")
            await asyncio.wait(reading, timeout=0 if ended else _LAST)
            for event in watch.news():
                yield event
            if ended is None and process.returncode != 0:
                text = tail(complaint.text()) or "nothing on standard error"
                ended = Ended("error", "planner", f"exit code {process.returncode}: {text}")
            if ended is not None:
                yield ended
                return
            for event in ending(answer.text().strip() or None):
                yield event
        finally:
            for task_ in (writing, *reading):
                task_.cancel()


async def _give(process: asyncio.subprocess.Process, text: bytes) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError, OSError):
        process.stdin.write(text)
        await process.stdin.drain()
        process.stdin.close()


@dataclass(slots=True)
class _Output:
    """What a program writes, up to `LINE` bytes: the beginning, or the end."""

    keeps_end: bool = False
    flooded: bool = False
    _held: bytearray = field(default_factory=bytearray)

    async def read(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(1 << 16):
            if self.keeps_end:
                self._held = (self._held + chunk)[-TAIL * 4 :]
            elif len(self._held) + len(chunk) > LINE:
                self.flooded = True
            else:
                self._held += chunk

    def text(self) -> str:
        return self._held.decode("utf-8", "replace")


@dataclass(slots=True)
class _Watch:
    """Turns a session's new exchanges into events."""

    session: Session
    meter: Meter
    seen: int = 0

    def news(self) -> Iterator[Event]:
        """The turns since the last look."""
        while self.seen < len(self.session.ledger):
            exchange = self.session.ledger[self.seen]
            self.seen += 1
            for event in calling("", *_as_call(exchange)):
                self.meter.note(event)
                yield event
            shown = observe(exchange.response)
            yield Observed(shown.text, shown.status, shown.error)


def _as_call(exchange: Exchange) -> tuple[str, dict[str, Any] | str]:
    """An exchange as a tool call: the operation's name, else the request line."""
    request = exchange.request
    if exchange.operation is None or exchange.arguments is None:
        line = "" if request is None else f"{request.method} {request.path}"
        return exchange.tool or line, exchange.raw or {}
    values = exchange.arguments
    flat = {**values.path, **values.query, **values.header}
    if values.body is not ABSENT:
        flat |= values.body if isinstance(values.body, dict) else {"body": values.body}
    return exchange.tool or exchange.operation, flat
