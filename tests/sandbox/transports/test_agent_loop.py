"""An agent's whole loop over httpx: the model is reached, the tools land in the session."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx

from sandbox import Session, World


class Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible model that deletes the first book it is shown, then says so."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message = self.turn(asked["messages"], {t["function"]["name"] for t in asked["tools"]})
        said = json.dumps({"choices": [{"message": message}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def turn(self, messages: list[dict[str, Any]], offered: set[str]) -> dict[str, Any]:
        assert {"listBooks", "deleteBook", "wait"} <= offered
        seen = [message for message in messages if message["role"] == "tool"]
        if not seen:
            return self.call("listBooks", {"per_page": 1})
        if len(seen) == 1:
            return self.call(
                "deleteBook", {"book_id": json.loads(seen[0]["content"])["items"][0]["id"]}
            )
        return {"role": "assistant", "content": "Gone."}

    def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {"id": "c1", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def loop(session: Session, model: str) -> str:
    from sandbox.tools import as_dialect

    tools = [as_dialect(tool, "openai") for tool in session.tools.values()]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Delete one book."}]
    for _ in range(5):
        body = {"model": "m", "messages": messages, "tools": tools}
        reply = httpx.post(model, json=body, trust_env=False).json()["choices"][0]["message"]
        messages.append(reply)
        for call in reply.get("tool_calls", ()):
            function = call["function"]
            seen = session.call(function["name"], function["arguments"])
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": seen.text})
        if not reply.get("tool_calls"):
            return str(reply["content"])
    raise AssertionError("the loop did not end")


def test_the_openai_tool_loop_runs_under_respx(world: World) -> None:
    session = world.session(seed=4)
    books = session.state.ids("/books")
    with HTTPServer(("127.0.0.1", 0), Model) as model:
        threading.Thread(target=model.serve_forever, daemon=True).start()
        with session.respx():
            answer = loop(session, f"http://127.0.0.1:{model.server_port}/v1/chat/completions")
        model.shutdown()
    assert answer == "Gone."
    assert len(session.state.ids("/books")) == len(books) - 1
