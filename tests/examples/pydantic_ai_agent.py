"""An agent of pydantic-ai: `--agent python:pydantic_ai_agent.py:act`.

OPENAI_BASE_URL and OPENAI_API_KEY say which model answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_ai import Agent, Tool
from pydantic_ai.models.openai import OpenAIChatModel


async def act(task: str, tools: list[dict[str, Any]], call: Callable[..., Any]) -> str:
    """Each tool of the tank becomes a tool of the framework."""

    def tool(name: str, description: str, parameters: dict[str, Any]) -> Tool[None]:
        def use(**arguments: Any) -> str:
            return str(call(name, arguments))

        return Tool.from_schema(use, name, description, parameters)

    offered = [tool(**_parts(each["function"])) for each in tools]
    agent = Agent(OpenAIChatModel("scripted"), tools=offered)
    return str((await agent.run(task)).output)


def _parts(function: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": function["name"],
        "description": function.get("description", ""),
        "parameters": function["parameters"],
    }
