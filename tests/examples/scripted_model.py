"""A model server for examples: OpenAI-compatible, scripted, without a key.

It calls the first offered tool that needs no arguments, then answers with what came back.
"""

from __future__ import annotations

import json
from typing import Any


def completion(asked: dict[str, Any]) -> dict[str, Any]:
    """The reply to a chat completion request, as JSON."""
    last = asked["messages"][-1]
    functions = [tool["function"] for tool in asked.get("tools", [])]
    free = [each for each in functions if not each["parameters"].get("required")]
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if last["role"] == "tool" or not free:
        message["content"] = f"I found this: {json.dumps(last['content'])[:200]}"
    else:
        call = {"name": free[0]["name"], "arguments": "{}"}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    end = "tool_calls" if "tool_calls" in message else "stop"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": asked["model"],
        "choices": [{"index": 0, "finish_reason": end, "message": message}],
        "usage": usage,
    }


def stream(asked: dict[str, Any], message: dict[str, Any] | None = None) -> str:
    """The same reply, or another message, as server-sent events for who asks for a stream."""
    whole = completion(asked)
    message = message or whole["choices"][0]["message"]
    calls = [call | {"index": index} for index, call in enumerate(message.get("tool_calls", []))]
    delta = message | ({"tool_calls": calls} if calls else {})
    choice = {"index": 0, "delta": delta, "finish_reason": "tool_calls" if calls else "stop"}
    chunk = whole | {"object": "chat.completion.chunk", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
