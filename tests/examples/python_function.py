"""An agent as a Python function: `wavetank stress bookshop --agent python:python_function.py:act`.

`task` is the instruction, `tools` a list in the OpenAI form. `call(name, arguments)` returns what
the tool showed: a text with `.status` (None when no reply came) and `.error`. The text that the
function returns is the answer to the user; None is giving up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def act(task: str, tools: list[dict[str, Any]], call: Callable[..., Any]) -> str | None:
    """Calls the first tool that needs no arguments, and once more when it fails."""
    for tool in tools:
        if not tool["function"]["parameters"].get("required"):
            name = tool["function"]["name"]
            reply = call(name, {})
            if reply.error:
                reply = call(name, {})
            return f"I could not do it: {reply}" if reply.error else f"I found this: {reply}"
    return None
