"""Function-calling chat turns as three roles speak them: ToolBench chains and OpenAI messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trajectories.errors import FormatError
from trajectories.imports.imported import arguments_of, call_of, caller, kind, planner
from trajectories.records import Message

FINISH = "Finish"
GIVE_UP = "give_up_and_restart"


def messages_of(chain: Sequence[Any], *, instruction: str, place: str) -> list[Message]:
    """A ToolBench dialogue (role, content, function_call) as turns.

    The system turn is dropped and the first user turn is the plain instruction. A call of `Finish`
    becomes a conclusion or a give-up; observations stay whole. Raises FormatError.
    """
    messages: list[Message] = []
    for turn in chain:
        if not isinstance(turn, dict) or "role" not in turn:
            raise FormatError(f"{place}: a turn of a chain needs a role, is {kind(turn)}")
        messages.extend(_turns(turn, place=place))
    first = next((n for n, turn in enumerate(messages) if turn.role == "user"), None)
    if instruction and first is not None:
        messages[first] = Message(role="user", content=instruction)
    return messages


def _turns(turn: dict[str, Any], *, place: str) -> Iterator[Message]:
    role, text = turn["role"], str(turn.get("content") or "")
    if role == "user":
        yield Message(role="user", content=text)
    elif role in ("function", "tool"):
        yield Message(role="observation", content=text)
    elif role == "assistant":
        called = turn.get("function_call")
        if not isinstance(called, dict):
            yield Message(role="planner", content=text)
        else:
            raw = called.get("arguments", "")
            yield from thought_and_call(text, str(called.get("name", "")), str(raw))
    elif role != "system":
        raise FormatError(
            f"{place}: unknown role {role!r}; valid: system, user, assistant, function"
        )


def thought_and_call(thought: str, name: str, raw: str) -> Iterator[Message]:
    """A thought and its call; `Finish` ends with an answer or by giving up."""
    if name != FINISH:
        yield planner(thought, "call")
        yield caller(call_of(name, raw))
        return
    arguments = arguments_of(raw)
    gave_up = GIVE_UP in raw if arguments is None else arguments.get("return_type") == GIVE_UP
    if gave_up:
        yield planner(thought, "give_up")
        return
    yield planner(thought, "finish")
    yield Message(role="summarizer", content=_answer(arguments, raw, thought))


def _answer(arguments: dict[str, Any] | None, raw: str, thought: str) -> str:
    if arguments is not None:
        return str(arguments.get("final_answer") or "none")
    # Broken JSON: the published rule takes what follows the key, without its closing marks.
    _, found, rest = raw.partition('"final_answer": ')
    return rest.strip().strip('}"').strip() if found else thought or "none"
