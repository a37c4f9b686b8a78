"""The three roles of α-UMi and the turns they leave behind.

Prompts come from `trajectories.rows`, which also builds the training rows: what a role reads when
it acts is, byte for byte, what it read when it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agent.backends import Backend, RoleRequest
from agent.runtime.environment import ToolForm
from agent.runtime.events import Answered, Called, Event, Observed, Plan, Planned
from trajectories.protocol import TAGS
from trajectories.records import Call, Message
from trajectories.rows import prompt

Role = Literal["planner", "caller", "summarizer"]

ROLES: Final[tuple[Role, ...]] = ("planner", "caller", "summarizer")

STOP: Final = ("</s>", "\nobservation: ", "\nuser: ")
"""A role's turn ends before any of these; the first is the published end of a turn."""


def ask(
    role: Role,
    backend: Backend,
    *,
    tools: Sequence[ToolForm],
    messages: Sequence[Message],
    max_tokens: int,
    seed: int,
    tried: Sequence[str] = (),
    documented: Sequence[ToolForm] | None = None,
) -> RoleRequest:
    """The request that gives a role its turn; `documented` are the tools as they are documented
    now, where that is not as at the start."""
    read = getattr(backend, "reads_prompt", True)
    return RoleRequest(
        role=role,
        prompt=prompt(role, tools=list(tools), messages=list(messages)) if read else "",
        stop=STOP,
        max_tokens=max_tokens,
        seed=seed,
        tools=tools if documented is None else documented,
        messages=messages,
        tried=tuple(tried),
    )


def message(event: Event) -> Message | None:
    """The turn that an event leaves in the conversation; None for one that leaves none."""
    match event:
        case Planned(text):
            return Message(role="planner", content=text)
        case Called(name, arguments, raw, text):
            call = Call(name=name, arguments=arguments, raw=raw)
            return Message(role="caller", content=text, call=call)
        case Observed(text, status):
            return Message(role="observation", content=text, status=status)
        case Answered(text):
            return Message(role="summarizer", content=text)
        case _:
            return None


def plan_text(thought: str, plan: Plan) -> str:
    """A planner's turn: the thought, a line break, a blank and the tag, as published."""
    return f"{thought}\n {TAGS[plan]}" if plan != "none" else thought


def call_text(name: str, raw: str) -> str:
    """A caller's turn in the published form."""
    return f"Action: {name}\nAction Input: {raw}"
