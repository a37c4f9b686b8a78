"""Instructions in a teacher's words: any OpenAI-compatible server may rephrase, none is trusted.

A paraphrase must keep every value and add none, must not give the answer away or name what is
technical, and must be one plain request; otherwise the original stays, and why is said.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.backends.openai import Chat
from agent.errors import BackendError, UnknownAgent
from sandbox.tasks import Task
from sandbox.tasks.answers import states

PROMPT: Final = (
    "Rewrite the following request in other words, as a person would ask for it. Keep every name, "
    "number, id, date and quoted text exactly as it is. Add nothing and answer nothing. Reply with "
    "the rewritten request alone.\n\n{instruction}"
)
_MARK: Final = "paraphrased"
_QUOTED: Final = re.compile(r'"[^"]*"')
_VALUE: Final = re.compile(r"[\w@:./+-]*\d[\w@:./+-]*")
_TECHNICAL: Final = re.compile(r"\b\w+_\w+\b|\b[a-z]+[A-Z]\w*\b")
_BROAD: Final = 2.5
"""A paraphrase may be so many times longer than the original, and one sentence on top."""


@dataclass(frozen=True, slots=True)
class Paraphrased:
    """A task, reworded or as it was."""

    task: Task
    refused: str = ""
    """Why the original stayed; "" when it was reworded."""


def teacher_from(text: str, *, key: str | None = None) -> Chat:
    """The server behind MODEL@BASE_URL. Raises UnknownAgent with the form."""
    model, at, url = text.partition("@http")
    if not model or not at or "://" not in f"http{url}":
        raise UnknownAgent(
            text, "the form is MODEL@BASE_URL, for example llama3@http://127.0.0.1:8000/v1"
        )
    return Chat(model, f"http{url}", key, timeout=60.0, retries=1)


def paraphrase(tasks: Sequence[Task], teacher: Chat) -> list[Paraphrased]:
    """Each task in the teacher's words, where they can be used. Never raises for the teacher."""
    return asyncio.run(_all(tasks, teacher))


async def _all(tasks: Sequence[Task], teacher: Chat) -> list[Paraphrased]:
    try:
        # The first one alone: a dead teacher is asked once, not for every task.
        first = [await _one(task, teacher) for task in tasks[:1]]
        if first and isinstance(first[0].refused, _Dead):
            return [Paraphrased(task, first[0].refused) for task in tasks]
        rest = await asyncio.gather(*(_one(task, teacher) for task in tasks[1:]))
        return [*first, *rest]
    finally:
        await teacher.close()


class _Dead(str):
    """A refusal that is the server's and not the text's."""

    __slots__ = ()


async def _one(task: Task, teacher: Chat) -> Paraphrased:
    prompt = PROMPT.format(instruction=task.instruction)
    try:
        message = await teacher.complete(
            [{"role": "user", "content": prompt}], temperature=0.7, max_tokens=400
        )
    except BackendError as error:
        return Paraphrased(task, _Dead(f"the teacher cannot be used: {error}"))
    text = _plain(message.get("content"))
    if (reason := objection(task, text)) is not None:
        return Paraphrased(task, reason)
    template = "/".join(filter(None, (task.template, _MARK)))
    return Paraphrased(task.model_copy(update={"instruction": text, "template": template}))


def _plain(content: Any) -> str:
    """The text on one line, without quotation marks around all of it."""
    text = " ".join(content.split()) if isinstance(content, str) else ""
    inner = text[1:-1]
    return inner if text[:1] == text[-1:] == '"' and '"' not in inner else text


def objection(task: Task, text: str) -> str | None:
    """What is wrong with a paraphrase of a task's instruction; None when it can be used."""
    original = task.instruction
    if not text:
        return "the teacher said nothing"
    if text == original:
        return "the teacher changed nothing"
    if len(text) > _BROAD * len(original) + 80:
        return "the teacher said too much"
    for value in values(task):
        if value not in text:
            return f"the value {value} is missing"
    for found in _VALUE.findall(text):
        if found.rstrip(".,:") not in original:
            return f"{found} was not asked for"
    for found in _TECHNICAL.findall(_QUOTED.sub(" ", text)):
        if found not in original:
            return f"{found} is a technical name"
    for value in task.goal.answer.required:
        if not isinstance(value, bool) and states(text, value) and not states(original, value):
            return "the teacher gave the answer away"
    return None


def values(task: Task) -> list[str]:
    """Everything in the instruction that must stay as it is: quoted texts, numbers, arguments."""
    text = task.instruction
    found = _QUOTED.findall(text)
    plain = _QUOTED.sub(" ", text)
    found += [value.rstrip(".,:") for value in _VALUE.findall(plain)]
    for step in task.solution or ():
        found += [value for value in _texts(step.arguments) if _stands(value, plain)]
    return list(dict.fromkeys(value for value in found if value))


def _stands(value: str, text: str) -> bool:
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
