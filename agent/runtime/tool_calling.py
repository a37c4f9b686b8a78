"""A chat model that calls tools by itself, one model in place of three roles:
`openai:MODEL@BASE_URL`.

Its turns are kept in the same protocol (the words beside a tool call are the thought), so the same
metrics and exports fit. Tool calls that come several at once are made one after another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from agent.backends.openai import Chat
from agent.backends.scripted import json_text
from agent.foreign.python_agent import call_of, calling, ending
from agent.runtime.environment import Environment
from agent.runtime.episode import Budget, Meter, observe
from agent.runtime.events import Ended, Event

STOPPED: Final = "I GIVE UP"

SYSTEM: Final = (
    "Carry out the user's task with the tools, then answer the user in plain text. "
    "If it cannot be done, or information is missing that only the user has, reply with "
    f"{STOPPED}: and the reason or the question."
)


@dataclass(frozen=True, slots=True)
class ToolCallingAgent:
    """One model, its own tool calls, no role prompts."""

    name: str
    chat: Chat
    temperature: float = 0.0

    async def episode(
        self, task: Any, environment: Environment, *, budget: Budget, seed: int
    ) -> AsyncIterator[Event]:
        """Ask, call, show, until the model answers without a call."""
        meter = Meter(budget)
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": task.instruction},
        ]
        while True:
            reply = await self.chat.complete(
                messages,
                tools=environment.tools,
                temperature=self.temperature,
                max_tokens=budget.turn,
                seed=seed,
            )
            words = str(reply.get("content") or "")
            meter.wrote("planner", words)
            calls = _calls(reply)
            if not calls:
                for event in _last(words):
                    yield event
                return
            made = [{"id": id, "type": "function", "function": call} for id, call in calls]
            messages.append({"role": "assistant", "content": words, "tool_calls": made})
            for id, call in calls:
                for event in calling(words, call["name"], call["arguments"]):
                    meter.note(event)
                    yield event
                meter.wrote("caller", call["arguments"])
                shown = await observe(environment, *call_of(call))
                yield shown
                messages.append({"role": "tool", "tool_call_id": id, "content": shown.text})
                words = ""
                if ended := meter.over():
                    yield ended
                    return

    async def close(self) -> None:
        """Close the connections."""
        await self.chat.close()


def _calls(reply: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Tool calls as (id, {name, arguments as text}); what is none has an empty name.

    A server may send anything: a null or a number among the calls is the model's malformed call.
    """
    found = []
    given = reply.get("tool_calls")
    for index, call in enumerate(given if isinstance(given, list) else ()):
        call = call if isinstance(call, dict) else {}
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments") or "{}"
        text = arguments if isinstance(arguments, str) else json_text(arguments)
        name = function.get("name")
        name = name if isinstance(name, str) else ""
        found.append((str(call.get("id") or f"call_{index}"), {"name": name, "arguments": text}))
    return found


def _last(words: str) -> tuple[Event, ...]:
    """The end: an answer, a refusal, or nothing at all."""
    if words.strip().upper().startswith(STOPPED):
        return ending(None, words.strip())
    if not words.strip():
        return (Ended("error", "summarizer"),)
    return ending(words.strip())
