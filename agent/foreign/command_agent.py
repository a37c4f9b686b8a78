"""A user's program as an agent: `command:PROGRAM …`. It talks HTTP with a session of its own.

The program gets its task in the environment and on standard input, makes its requests, and prints
the answer; exit code 0 is an answer (none printed: it gave up), anything else is a failure of its
own. Its HTTP calls are read back from the session's ledger and become the turns of the episode.

    WAVETANK_URL      base URL of the document: the server plus its base path
    WAVETANK_SESSION  the session, also as the header `x-wavetank-session`
    WAVETANK_TASK     the instruction
    WAVETANK_TOOLS    a file with the offered tools in the openai form
    WAVETANK_OPENAPI  a file with the OpenAPI document as it is documented
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.errors import BackendError
from agent.foreign.http_session import ServedEnvironment
from agent.foreign.python_agent import calling, ending
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, Meter
from agent.runtime.events import Ended, Event, Observed
from sandbox.messages import ABSENT, observe
from sandbox.world import Exchange, Session

_POLL = 0.05


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
        with tempfile.TemporaryDirectory(prefix="wavetank-") as folder:
            process = await self._started(task, environment, Path(folder), seed)
            watch = _Watch(environment.session, Meter(budget))
            try:
                async for event in self._followed(process, watch, task):
                    yield event
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()

    async def _started(
        self, task: Any, environment: ServedEnvironment, folder: Path, seed: int
    ) -> asyncio.subprocess.Process:
        tools, document = folder / "tools.json", folder / "openapi.json"
        tools.write_bytes(orjson.dumps(environment.tools))
        document.write_bytes(orjson.dumps(environment.document.tree))
        told = {
            "WAVETANK_URL": environment.base_url,
            "WAVETANK_SESSION": environment.session_id,
            "WAVETANK_TASK": task.instruction,
            "WAVETANK_TOOLS": str(tools),
            "WAVETANK_OPENAPI": str(document),
            "WAVETANK_SEED": str(seed),
        }
        try:
            return await asyncio.create_subprocess_exec(
                *self.words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **told},
            )
        except OSError as error:
            raise BackendError(self.name, f"cannot be started: {error.strerror}") from None

    async def _followed(
        self, process: asyncio.subprocess.Process, watch: _Watch, task: Any
    ) -> AsyncIterator[Event]:
        talking = asyncio.ensure_future(process.communicate(f"{task.instruction}\n".encode()))
        deadline = asyncio.get_running_loop().time() + self.patience
        while not talking.done():
            await asyncio.wait({talking}, timeout=_POLL)
            late = asyncio.get_running_loop().time() > deadline
            for event in watch.news():
                yield event
            if (ended := watch.meter.over()) or late:
                process.kill()
                await talking
                for event in watch.news():
                    yield event
                yield ended or Ended("error", "planner")
                return
        for event in watch.news():
            yield event
        said = (await talking)[0].decode("utf-8", "replace").strip()
        if process.returncode != 0:
            yield Ended("error", "planner")
            return
        for event in ending(said or None):
            yield event


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
            for event in calling("", *_called(exchange)):
                self.meter.note(event)
                yield event
            shown = observe(exchange.response)
            yield Observed(shown.text, shown.status, shown.error)


def _called(exchange: Exchange) -> tuple[str, dict[str, Any] | str]:
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
