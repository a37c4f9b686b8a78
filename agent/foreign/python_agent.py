"""A user's Python function as an agent: `python:FILE_OR_MODULE:FUNCTION`.

It runs in a child interpreter and speaks JSON lines with us, so packages of the user's own called
`agent` or `sandbox` are safe. Its crash is the agent's failure; a child that cannot start is ours.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from agent.backends.scripted import json_text
from agent.errors import BackendError, UnknownAgent
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, Meter, observe
from agent.runtime.events import Answered, Called, Ended, Event, GaveUp, Planned
from agent.runtime.parsing import read_arguments
from agent.runtime.roles import call_text, plan_text
from trajectories.scoring.claims import spoken_claim

_CHILD: Final = Path(__file__).with_name("child.py")
_START: Final = 60.0
"""Seconds for the user's imports."""


class Child:
    """One interpreter that holds the user's function and plays one episode at a time."""

    def __init__(self, target: str, function: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD), target, function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.stop = weakref.finalize(self, _stop, self._process)

    async def say(self, value: dict[str, Any]) -> None:
        """Send one line. Raises BackendError when the child has died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(value) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise BackendError("child interpreter", "it has ended by itself") from None

    async def hear(self, timeout: float) -> dict[str, Any] | None:
        """The next line; None when none came in time or the child has ended."""
        assert self._process.stdout is not None
        reading = asyncio.ensure_future(asyncio.to_thread(self._process.stdout.readline))
        done, _ = await asyncio.wait({reading}, timeout=timeout)
        if not done:
            # Killing closes the pipe, which lets the reading thread go.
            self._process.kill()
        line = await reading
        if not done or not line:
            return None
        heard: dict[str, Any] = orjson.loads(line)
        return heard


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
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
        meter = Meter(budget)
        fine = False
        try:
            await child.say({"task": task.instruction, "tools": environment.tools, "seed": seed})
            while True:
                said = await child.hear(self.patience)
                if said is None or "crash" in said:
                    yield Ended("error", "planner")
                    fine = said is not None
                    return
                if "call" not in said:
                    for event in ending(said.get("answer")):
                        yield event
                    fine = True
                    return
                for event in calling("", **said["call"]):
                    meter.note(event)
                    yield event
                shown = await observe(environment, *named(said["call"]))
                yield shown
                if ended := meter.over():
                    yield ended
                    return
                await child.say({"text": shown.text, "status": shown.status, "error": shown.error})
        finally:
            self._idle.append(child) if fine else child.stop()

    async def start(self) -> Child:
        """A child that is ready. Raises UnknownAgent when the function is not there."""
        child = Child(self.target, self.function)
        said = await child.hear(_START)
        if said is not None and "ready" in said:
            return child
        child.stop()
        if said is None:
            reason = f"{self.target} ended or hung while it was imported"
        else:
            reason = str(said.get("refused"))
        raise UnknownAgent(self.name, reason)

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


def named(call: dict[str, Any]) -> tuple[str, dict[str, Any] | str]:
    """Name and arguments as the environment takes them: an object, else the text."""
    arguments = call["arguments"]
    if isinstance(arguments, str):
        read = read_arguments(arguments)
        return call["name"], arguments if read is None else read
    return call["name"], arguments


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
