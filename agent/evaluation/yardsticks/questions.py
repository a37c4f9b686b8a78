"""One question of an outside yardstick, and how calls count against the published answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step
from agent.runtime.environment import SessionEnvironment, ToolForm
from sandbox.draws import Draw
from trajectories.canonical import parse
from trajectories.scoring.intervals import Part

Tally = Mapping[str, Part]
"""Metric → (points, of how many): points and counts add up over questions."""

_KINDS: Final = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "tuple": "array",
    "array": "array",
    "dict": "object",
    "object": "object",
}
"""The yardsticks' names of types → JSON Schema's; any other name leaves the type open."""


def acknowledge(reply: Reply) -> str:
    """What an agent sees of a call where nothing stands behind the tools."""
    return '{"status":"ok"}'


@dataclass(frozen=True, slots=True)
class Question:
    """What an agent is asked once."""

    id: str
    part: str
    """The file or category it belongs to."""
    cluster: str
    """Questions of one cluster are drawn and resampled together."""
    step: Step
    """The tools and the conversation; its reference is the first published call."""
    score: Callable[[Sequence[Reply]], Tally]
    """Points for the replies, one per decision, in order."""
    decisions: int = 1
    """How many calls the agent may make at most."""
    observe: Callable[[Reply], str] = acknowledge
    """What the agent sees after a call, where it may make more than one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A published or a predicted call."""

    name: str
    arguments: Mapping[str, Any]


def calls_of(replies: Iterable[Reply]) -> list[Call]:
    """The calls among replies; arguments that are no JSON object count as none."""
    return [
        Call(reply.action, parsed_object(reply.arguments) or {})
        for reply in replies
        if reply.plan == "call"
    ]


def parsed_object(text: str) -> dict[str, Any] | None:
    """A JSON object, or None for any other text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def reference_reply(call: Call) -> Reply:
    """The reply that makes a published call."""
    return Reply("call", call.name, json.dumps(call.arguments, ensure_ascii=False))


def subset(questions: Sequence[Question], limit: int, seed: int) -> list[Question]:
    """About `limit` questions: whole clusters, drawn by their names, in the questions' order.

    0 takes all. A cluster that would exceed the limit is passed over, unless it is the first.
    """
    if not limit:
        return list(questions)
    sizes: dict[str, int] = {}
    for question in questions:
        sizes[question.cluster] = sizes.get(question.cluster, 0) + 1
    taken: set[str] = set()
    count = 0
    for name in sorted(sizes, key=lambda name: Draw("yardstick", seed, name).bits()):
        if count + sizes[name] <= limit or not taken:
            taken.add(name)
            count += sizes[name]
    return [question for question in questions if question.cluster in taken]


def read_list(path: Path) -> list[Any]:
    """The rows of a JSON list or of a file with one JSON value a line. Raises AgentError."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip()[:1] == "[":
            found = parse(text)
        else:
            found = [parse(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise AgentError(f"{path}: not a readable JSON file ({error})") from error
    if not found:
        raise AgentError(f"{path}: holds no rows")
    return list(found)


def read_rows(path: Path, form: str, read: Callable[[str, Any], Question]) -> list[Question]:
    """Each row of a file as a question, named by file and place.

    Raises AgentError naming the first row that is not of `form`.
    """
    questions = []
    for index, row in enumerate(read_list(path)):
        try:
            questions.append(read(f"{path.stem}/{index}", row))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise AgentError(f"{path}: row {index} is not {form}: {error!r}") from error
    return questions


def document_tools(environment: SessionEnvironment) -> list[ToolForm]:
    """The document's own tools: a yardstick offers no meta-tools."""
    own = environment.session.world.tools
    return [
        tool
        for tool in environment.tools
        if (found := own.get(tool["function"]["name"])) is not None and found.operation is not None
    ]


def openai_tool(
    name: str, description: str, properties: Mapping[str, Any], required: Iterable[str]
) -> dict[str, Any]:
    """A tool in openai form, its types spelt as JSON Schema spells them."""
    parameters = {
        "type": "object",
        "properties": {key: json_schema(part) for key, part in properties.items()},
        "required": [key for key in properties if key in set(required)],
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def json_schema(part: Any) -> dict[str, Any]:
    """One parameter's schema: Python's names of types become JSON Schema's, nested ones too."""
    if not isinstance(part, Mapping):
        return {}
    named, _, inner = str(part.get("type", "")).removesuffix(")").partition("(")
    schema = {key: part[key] for key in ("description", "enum", "format") if part.get(key)}
    if named in _KINDS:
        schema["type"] = _KINDS[named]
    if inner in _KINDS:
        schema["items"] = {"type": _KINDS[inner]}
    if isinstance(part.get("items"), Mapping):
        schema["items"] = json_schema(part["items"])
    if isinstance(part.get("properties"), Mapping):
        schema["properties"] = {key: json_schema(p) for key, p in part["properties"].items()}
    return schema
