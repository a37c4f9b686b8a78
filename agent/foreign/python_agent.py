"""A user's Python function as an agent: `python:FILE_OR_MODULE:FUNCTION`.

It runs in a child interpreter and speaks JSON lines with us, so packages of the user's own called
`agent` or `sandbox` are safe. Its crash is the agent's failure; a child that cannot start is ours.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from agent.backends.scripted import json_text
from agent.errors import UnknownAgent
from agent.foreign.process_group import LINE, end_group, tail
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, Meter, observe
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Planned
from agent.runtime.parsing import read_arguments
from agent.runtime.roles import call_text, plan_text
from sandbox import exact_json
from trajectories.scoring.claims import spoken_claim

_CHILD: Final = Path(__file__).with_name("child.py")
_START: Final = 60.0
"""Seconds for the user's imports."""
_LOOK: Final = 0.2
"""Seconds between two looks at whether a silent child still runs."""
_LAST: Final = 0.5
"""Seconds in which the last line of a child that has ended must be there."""


def interpreter() -> str:
    """The interpreter of the user's function: WAVETANK_PYTHON, or the one that runs Wavetank.

    A framework whose pins differ from ours lives in an environment of its own.
    """
    return os.environ.get("WAVETANK_PYTHON") or sys.executable


class Child:
    """One interpreter that holds the user's function and plays one episode at a time."""

    def __init__(self, target: str, function: str) -> None:
        self._process = subprocess.Popen(
            [interpreter(), "-P", str(_CHILD), target, function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._episode = 0
        self.stop = weakref.finalize(self, _stop, self._process)

    def is_quiet(self) -> bool:
        """Whether nothing is left of the last episode: the next one's lines would come after it."""
        stdout = self._process.stdout
        assert stdout is not None
        os.set_blocking(stdout.fileno(), False)
        left = stdout.peek(1)  # type: ignore[attr-defined]
        os.set_blocking(stdout.fileno(), True)
        return not left and self._process.poll() is None

    async def begin(self, value: dict[str, Any]) -> None:
        """Send the line that begins an episode. Raises BrokenContract when the child has died."""
        self._episode += 1
        await self.say({"episode": self._episode, **value})

    async def say(self, value: dict[str, Any]) -> None:
        """Send one line. Raises BrokenContract when the child has died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(value) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise BrokenContract("the process has ended") from None

    async def hear(self, timeout: float) -> dict[str, Any]:
        """The next line of this episode. Raises BrokenContract: none came within `timeout` seconds,
        the child has ended, or the line is longer than `LINE` bytes or none of the protocol."""
        while True:
            heard = await self._line(timeout)
            episode = heard.get("episode")
            if episode == self._episode:
                return heard
            if not isinstance(episode, int) or episode > self._episode:
                raise BrokenContract("a line that belongs to no episode")

    async def _line(self, timeout: float) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        reading = asyncio.ensure_future(asyncio.to_thread(stdout.readline, LINE))
        # Whoever is cut off here reads no more, and nobody asks what became of the reading.
        reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        clock = asyncio.get_running_loop().time
        end = clock() + timeout
        # The exit is looked for, not waited for in a thread: the pool's few are for reading.
        while not reading.done() and self._process.poll() is None and clock() < end:
            await asyncio.wait({reading}, timeout=min(_LOOK, max(0.0, end - clock())))
        late = not reading.done() and self._process.poll() is None
        if not reading.done():
            # What the child started may hold the pipe open; a last line is already in it.
            await asyncio.wait({reading}, timeout=0 if late else _LAST)
            end_group(self._process)
        line = await reading
        if late:
            raise BrokenContract(f"no move within {timeout:g} s")
        if not line:
            # A process that has closed its pipes may still run, and then has said all it will.
            with suppress(subprocess.TimeoutExpired):
                code = await asyncio.to_thread(self._process.wait, _LAST)
                raise BrokenContract(f"the process ended with exit code {code}")
            raise BrokenContract("the process closed its pipe")
        if not line.endswith(b"\n"):
            raise BrokenContract(f"a line of more than {LINE >> 20} MiB, or cut off")
        try:
            heard = exact_json.loads(line)
        except ValueError as error:
            raise BrokenContract(f"a line that is no JSON: {error}") from None
        if not isinstance(heard, dict):
            raise BrokenContract("a line that is no JSON object")
        return heard


class BrokenContract(Exception):
    """A foreign agent did not keep to its contract: its own failure, never ours."""


def _stop(process: subprocess.Popen[bytes]) -> None:
    end_group(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                pass


@dataclass(slots=True)
class PythonAgent:
    """A function in a child interpreter; children are kept for the next episode."""

    name: str
    target: str
    function: str
    patience: float = 300.0
    """Seconds for one move before the child is given up."""
    _idle: list[Child] = field(default_factory=list, repr=False)

    async def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        """One run of the function; every call it makes is a step."""
        child = self._idle.pop() if self._idle else await self.start()
        if not child.is_quiet():
            child.stop()
            child = await self.start()
        meter = Meter(budget)
        kept = False
        try:
            await child.begin({"task": task.instruction, "tools": environment.tools, "seed": seed})
            while True:
                written = await child.hear(self.patience)
                if "crash" in written:
                    kept = True
                    yield Ended("error", "planner", tail(str(written["crash"])))
                    return
                if "call" not in written:
                    answer = written.get("answer")
                    kept = True
                    for event in ending(None if answer is None else str(answer)):
                        yield event
                    return
                name, arguments = call_of(written["call"])
                for event in calling("", name, arguments):
                    meter.note(event)
                    yield event
                seen = await observe(environment, name, arguments)
                yield seen
                if ended := meter.over():
                    yield ended
                    return
                await child.say({"text": seen.text, "status": seen.status, "error": seen.error})
        except BrokenContract as error:
            yield Ended("error", "planner", str(error))
        finally:
            self._idle.append(child) if kept else child.stop()

    async def start(self) -> Child:
        """A child that is ready. Raises UnknownAgent when the function is not there."""
        child = Child(self.target, self.function)
        try:
            answer = await child.hear(_START)
        except BrokenContract as error:
            child.stop()
            raise UnknownAgent(self.name, f"while {self.target} was imported: {error}") from None
        if "ready" in answer:
            return child
        child.stop()
        raise UnknownAgent(self.name, tail(str(answer.get("refused"))))

    async def close(self) -> None:
        """End the children that wait."""
        while self._idle:
            self._idle.pop().stop()


def calling(thought: str, name: str, arguments: Any) -> tuple[Planned, Called]:
    """The turns of a call that was not written as text."""
    raw = arguments if isinstance(arguments, str) else json_text(arguments)
    read = read_arguments(raw)
    return (
        Planned(plan_text(thought, "call"), "call"),
        Called(name, read, raw, call_text(name, raw)),
    )


def call_of(call: Any) -> tuple[str, dict[str, Any] | str]:
    """Name and arguments as the environment takes them: an object, else the text.

    Raises BrokenContract for what is no call.
    """
    name, arguments = (
        (call.get("name"), call.get("arguments")) if isinstance(call, dict) else (0, 0)
    )
    if not isinstance(name, str) or not isinstance(arguments, dict | str):
        raise BrokenContract("a call is {name: text, arguments: object or text}")
    if isinstance(arguments, str):
        read = read_arguments(arguments)
        return name, arguments if read is None else read
    return name, arguments


def ending(answer: str | None, thought: str = "") -> tuple[Event, ...]:
    """The turns that end an episode: an answer, or None for giving up."""
    if answer is None:
        text = plan_text(thought, "give_up")
        return (
            Planned(text, "give_up"),
            GaveUp(text, spoken_claim("give_up", thought)),
            Ended("give_up"),
        )
    return Planned(plan_text(thought, "finish"), "finish"), Answered(answer), Ended("finish")
