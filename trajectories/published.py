"""Training rows in α-UMi's published layout: four kinds of row, one per turn, with its history.

Format: the files train_backbone, train_planner, train_caller and train_summarizer. The role words
and markers are theirs; the instructions are in our own words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from trajectories.protocol import END, TAGS, Row, plan_of
from trajectories.tool_docs import published_docs

if TYPE_CHECKING:
    from trajectories.records import Message, Trajectory

HALLUCINATED: Final = "invalid_hallucination_function_name"
"""Stands where a model called a tool that was not offered; such calls are no training targets."""
_WORDS: Final = {"planner": "assistant", "summarizer": "conclusion"}

Turn = Mapping[str, str]
"""{from, value}, as the published files write a turn."""


def published_rows(trajectory: Trajectory) -> Iterator[Row]:
    """Backbone and planner rows per planner turn, caller and summarizer rows per their turns.

    Turns that may not be learnt (`Message.learn`) and calls of tools that were not offered give no
    row, except that the backbone also reads (never the planner) the steps of such calls.
    """
    names = {tool["function"]["name"] for tool in trajectory.tools}
    turns = [_turn(message, names) for message in trajectory.messages]
    docs = published_docs(trajectory.tools)
    offered = "\n".join(json.dumps(doc, ensure_ascii=False) for doc in docs)
    listed = ", ".join(doc["Name"] for doc in docs)
    for index, message in enumerate(trajectory.messages):
        if not message.learn:
            continue
        history = tuple(turns[:index])
        value = turns[index]["value"]
        reply = _reply(turns, index)
        if message.role == "planner" and plan_of(value) is not None:
            yield Row(
                "backbone", _backbone_input(history, offered, listed), _joint(value, reply), history
            )
            if reply is None or HALLUCINATED not in reply["value"]:
                yield Row("planner", _planner_input(history, offered), value, history)
        elif message.role == "caller" and HALLUCINATED not in value:
            yield Row("caller", _caller_input(history, offered, listed), value, history)
        elif message.role == "summarizer" and value != "none":
            yield Row("summarizer", _summarizer_input(history), value, history)


def _reply(turns: Sequence[Turn], index: int) -> Turn | None:
    """The caller's or summarizer's turn that a planner's turn led to."""
    following = turns[index + 1] if index + 1 < len(turns) else None
    return following if following and following["from"] in ("caller", "conclusion") else None


def _turn(message: Message, names: set[str]) -> Turn:
    text = message.content.replace(END, "< /s>")
    if message.role == "caller" and message.call is not None and message.call.name not in names:
        arguments = text.partition("Action Input:")[2].strip() or "{}"
        text = f"Action: {HALLUCINATED}\nAction Input: {arguments}"
    return {"from": _WORDS.get(message.role, message.role), "value": text}


def flatten(history: Sequence[Turn]) -> str:
    """A published history as one string; observations carry no end marker there."""
    return "".join(
        f"{turn['from']}: {turn['value']}{'' if turn['from'] == 'observation' else END}"
        for turn in history
    )


def _available(offered: str) -> str:
    return f"These APIs are available:\n{offered}\n\nThe conversation history is:\n"


def _call_form(listed: str) -> str:
    return f"Action: the name of one API, exactly one of [{listed}],\nAction Input: its arguments"


def _backbone_input(history: Sequence[Turn], offered: str, listed: str) -> str:
    return (
        f"{_available(offered)}{flatten(_joint_history(history))}\n"
        f"Answer with the next step in this form:\nthe thought,\n{_call_form(listed)}.\n"
        "When the task is done, write conclusion: and the answer; or give up if it cannot be.\n"
        " assistant: "
    )


def _planner_input(history: Sequence[Turn], offered: str) -> str:
    return (
        f"{_available(offered)}{flatten(history)}\n"
        "Plan the next step and say whose turn it is, in this form:\n"
        "the thought, then Next: caller or conclusion or give up. assistant: "
    )


def _caller_input(history: Sequence[Turn], offered: str, listed: str) -> str:
    thought = history[-1]["value"] if history else ""
    return (
        f"{_available(offered)}{flatten(history)}\nThe thought behind this step:\n{thought}\n"
        f"Make the call that the thought asks for, in this form:\n{_call_form(listed)} caller: "
    )


def _summarizer_input(history: Sequence[Turn]) -> str:
    return f"Draw the conclusion from this conversation:\n{flatten(history)} conclusion: "


def _joint_history(history: Sequence[Turn]) -> list[Turn]:
    """Thought and action in one assistant turn; no tags, no caller turns."""
    turns: list[Turn] = []
    for turn in history:
        if turn["from"] == "assistant":
            turns.append({"from": "assistant", "value": _without_tags(turn["value"])})
        elif turn["from"] == "caller" and turns and turns[-1]["from"] == "assistant":
            thought = turns.pop()["value"]
            turns.append({"from": "assistant", "value": f"{thought}\n{turn['value']}"})
        else:
            turns.append(turn)
    return turns


def _joint(value: str, reply: Turn | None) -> str:
    plan, thought = plan_of(value), _without_tags(value)
    if plan == "give_up":
        return f"{thought}\nconclusion: give up."
    if plan == "finish":
        return f"{thought}\nconclusion: {reply['value'] if reply else 'none'}"
    return f"{thought}\n{reply['value']}" if reply else thought


def _without_tags(text: str) -> str:
    for tag in TAGS.values():
        text = text.replace(tag, "")
    return text.rstrip()
