"""An agent of LangChain on LangGraph: `--agent python:langgraph_agent.py:act`.

OPENAI_BASE_URL and OPENAI_API_KEY say which model answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI


async def act(task: str, tools: list[dict[str, Any]], call: Callable[..., Any]) -> str:
    """Each tool of the tank becomes a tool of the framework."""

    def tool(function: dict[str, Any]) -> StructuredTool:
        def use(**arguments: Any) -> str:
            return str(call(function["name"], arguments))

        return StructuredTool.from_function(
            use,
            name=function["name"],
            description=function.get("description") or function["name"],
            args_schema=function["parameters"],
        )

    offered = [tool(each["function"]) for each in tools]
    agent = create_agent(ChatOpenAI(model="scripted"), tools=offered)
    state = await agent.ainvoke({"messages": [{"role": "user", "content": task}]})
    return str(state["messages"][-1].content)
