"""Hammer's evaluation files (API-Bank, Seal-Tools, ToolAlpaca as single decisions).

Sets of calls are compared: F1 of the names, and F1 of the arguments of calls with the right name,
both over all rows together, as the authors' script counts them. Values are equal as texts; an
empty text is no argument.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step
from agent.evaluation.yardsticks.questions import (
    Call,
    Question,
    Tally,
    calls_of,
    openai_tool,
    read_rows,
    reference_reply,
)
from agent.runtime.roles import call_text, plan_text
from trajectories.records import Message

_SEVERAL: Final = 8
"""Calls an agent may make where several are wanted."""
_ROLES: Final = {
    "user": "user",
    "agent": "summarizer",
    "assistant": "caller",
    "tool": "observation",
}
_CUE: Final = "Generate API Request:"
"""What the files end a conversation with: it asks for a call, and is nobody's words."""


def questions(files: Sequence[Path]) -> list[Question]:
    """One question per row. Raises AgentError."""
    form = "a row {query, tools, answers}"
    return [question for path in files for question in read_rows(path, form, _question)]


def _question(id: str, row: Any) -> Question:
    wanted = [
        Call(
            answer.get("name") or answer["tool"], answer.get("arguments", answer.get("parameters"))
        )
        for answer in row["answers"]
    ]
    tools = [
        openai_tool(
            tool["name"],
            tool.get("description", ""),
            tool["parameters"],
            tool.get("required", [k for k, p in tool["parameters"].items() if p.get("required")]),
        )
        for tool in row["tools"]
    ]
    step = Step(id, tools, _messages(row["query"]), "", reference_reply(wanted[0]))
    several = _SEVERAL if len(wanted) > 1 else 1
    return Question(id, id.partition("/")[0], id, step, partial(tally, wanted), several)


def _messages(query: Any) -> list[Message]:
    """A conversation in the roles' own turns; earlier calls are a caller's, their replies seen."""
    if isinstance(query, str):
        return [Message(role="user", content=query)]
    turns: list[Message] = []
    for turn in query:
        text = turn["content"].removesuffix(_CUE).strip()
        if not text:
            continue
        if turn["role"] == "assistant":
            call = json.loads(text.strip("`"))[0]
            thought = "" if not turns or turns[-1].role != "summarizer" else turns.pop().content
            turns.append(Message(role="planner", content=plan_text(thought, "call")))
            text = call_text(call["name"], json.dumps(call["arguments"], ensure_ascii=False))
        turns.append(Message.model_validate({"role": _ROLES[turn["role"]], "content": text}))
    return turns


def tally(wanted: Sequence[Call], replies: Sequence[Reply]) -> Tally:
    """Twice the hits over wanted and given together: summed over rows, the F1 of all."""
    given = calls_of(replies)
    names = {call.name for call in wanted}
    hits = sum(call.name in names for call in given)
    right = 0
    for call in given:
        same = [_texts(want) for want in wanted if want.name == call.name]
        right += max((len(texts & _texts(call)) for texts in same), default=0)
    counted = sum(len(_texts(call)) for call in (*wanted, *given))
    return {"names_f1": (2 * hits, len(wanted) + len(given)), "arguments_f1": (2 * right, counted)}


def _texts(call: Call) -> set[tuple[str, str]]:
    return {(key, str(value)) for key, value in call.arguments.items() if value != ""}
