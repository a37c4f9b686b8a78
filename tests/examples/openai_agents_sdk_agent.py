"""An agent of the OpenAI Agents SDK: `--agent python:openai_agents_sdk_agent.py:act`.

OPENAI_BASE_URL and OPENAI_API_KEY say which model answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agents import Agent, FunctionTool, Runner, set_default_openai_api, set_tracing_disabled

set_default_openai_api("chat_completions")
set_tracing_disabled(True)


async def act(task: str, tools: list[dict[str, Any]], call: Callable[..., Any]) -> str:
    """Each tool of the tank becomes a tool of the framework."""

    def tool(function: dict[str, Any]) -> FunctionTool:
        async def use(_: Any, arguments: str) -> str:
            return str(call(function["name"], json.loads(arguments or "{}")))

        return FunctionTool(
            name=function["name"],
            description=function.get("description", ""),
            params_json_schema=function["parameters"],
            on_invoke_tool=use,
            strict_json_schema=False,
        )

    agent = Agent(name="clerk", model="scripted", tools=[tool(each["function"]) for each in tools])
    return str((await Runner.run(agent, task)).final_output)
