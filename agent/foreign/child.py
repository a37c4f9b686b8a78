"""Runs in a child interpreter: a user's own Python agent, away from our packages' names.

    python -P child.py TARGET FUNCTION

TARGET is a file or a module of the user's. The function is `agent(task, tools, call)`: `task` is
the instruction, `tools` a list in the openai form, `call(name, arguments)` returns what the tool
showed (a text with `.status` and `.error`). What it returns is the answer; None is giving up. It
may be a coroutine function. Standard library only: this file must import nothing of ours.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, BinaryIO


class Reply(str):
    """What a tool showed."""

    status: int | None
    """HTTP status; None when no response arrived."""
    error: bool


def load(target: str) -> ModuleType:
    """The user's module, found before any other of its name."""
    if not target.endswith(".py"):
        sys.path.insert(0, os.getcwd())
        return importlib.import_module(target)
    path = os.path.abspath(target)
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def functions(module: ModuleType) -> list[str]:
    """The public functions of a module."""
    return sorted(
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and not inspect.isclass(value)
    )


class Pipe:
    """JSON lines to and from the parent."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._episode = 0
        """Number of the episode that is played: every line says which one it belongs to."""

    def say(self, value: dict[str, Any]) -> None:
        line = json.dumps({"episode": self._episode, **value}, default=str)
        self._sink.write(line.encode() + b"\n")
        self._sink.flush()

    def hear(self) -> dict[str, Any]:
        line = self._source.readline()
        if not line:
            sys.exit(0)
        heard: dict[str, Any] = json.loads(line)
        self._episode = heard.get("episode", self._episode)
        return heard

    def call(self, name: str, arguments: Any = None, /, **more: Any) -> Reply:
        """The third argument of the user's function."""
        sent = arguments if isinstance(arguments, str) else {**(arguments or {}), **more}
        self.say({"call": {"name": name, "arguments": sent}})
        shown = self.hear()
        reply = Reply(shown["text"])
        reply.status, reply.error = shown["status"], shown["error"]
        return reply


def attempt(function: Callable[..., Any], asked: dict[str, Any], pipe: Pipe) -> dict[str, Any]:
    """One episode, as the line that ends it."""
    try:
        answer = function(asked["task"], asked["tools"], pipe.call)
        if inspect.iscoroutine(answer):
            answer = asyncio.run(answer)
    except Exception:
        return {"crash": traceback.format_exc(limit=-4)}
    if answer is None:
        return {"give_up": ""}
    return {"answer": answer if isinstance(answer, str) else json.dumps(answer, default=str)}


def main() -> None:
    target, wanted = sys.argv[1:3]
    # The user's prints must not end up between our lines.
    pipe = Pipe(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    try:
        module = load(target)
    except Exception as error:
        pipe.say({"refused": f"{target} cannot be imported: {type(error).__name__}: {error}"})
        return
    function = getattr(module, wanted, None)
    if not callable(function):
        known = ", ".join(functions(module)) or "none"
        pipe.say({"refused": f"{target} has no function {wanted!r}; it has {known}"})
        return
    pipe.say({"ready": wanted})
    while True:
        pipe.say(attempt(function, pipe.hear(), pipe))


if __name__ == "__main__":
    main()
