"""Servers that are really there: a model server and nothing else is stood in for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import orjson
import pytest
import uvicorn

Reply = Callable[[dict[str, Any]], tuple[int, Any]]
"""From a request's JSON to a status and a reply's JSON (or raw text)."""


class ModelServer:
    """A small OpenAI-compatible server in a thread; `reply` decides what it says."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.heard: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == "/v1/chat/completions", scope["path"]
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = dict(scope["headers"])
        self.keys.append(headers.get(b"authorization", b"").decode() or None)
        self.heard.append(orjson.loads(body))
        status, said = self.reply(self.heard[-1])
        data = said.encode() if isinstance(said, str) else orjson.dumps(said)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": data})


def chat(content: str | None, calls: list[tuple[str, str]] | None = None) -> tuple[int, Any]:
    """A completion with one message, and tool calls as (name, arguments text)."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": text}}
            for i, (name, text) in enumerate(calls)
        ]
    return 200, {"choices": [{"index": 0, "message": message}]}


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The base URL of an ASGI application that runs while the block does."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def model_server() -> Iterator[Callable[[Reply], tuple[ModelServer, str]]]:
    """Start servers; all end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(reply: Reply) -> tuple[ModelServer, str]:
            app = ModelServer(reply)
            return app, stack.enter_context(serving(app))

        yield start
