"""ToolAlpaca's simulated tool sets: instructions with golden calls, scored step by step.

The tools come from each set's own OpenAPI document. A golden call that asks the user is a step of
giving up (the runtime's way to ask), and the row ends there; one marked optional is left out. A
value that is a reference to an earlier reply is not scored; what a world of the document has shown
under its name stands for it, and the earlier replies come from that world.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.metrics import score
from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step
from agent.evaluation.yardsticks.questions import (
    Call,
    Question,
    Tally,
    document_tools,
    parsed_object,
    read_list,
    reference_reply,
)
from agent.runtime.environment import SessionEnvironment
from agent.runtime.forms.request_values import is_id, is_number
from agent.runtime.forms.shown_values import replies_of
from agent.runtime.roles import call_text, plan_text
from sandbox import World
from sandbox.conventions.words import same
from trajectories.records import Message

_ASKS: Final = "getDetails"
_OPTIONAL: Final = "[Optional]"
_REFERENCE: Final = re.compile(r'"?\$\{[^{}",\]]*(?:\}"?|(?=[,\]]))')
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for a value that only an earlier reply, or the user, could give."""


def questions(files: Sequence[Path]) -> list[Question]:
    """One question per golden step, and one for stopping after the last. Raises AgentError."""
    found: list[Question] = []
    for path in files:
        for index, entry in enumerate(read_list(path)):
            try:
                found += _of_tool_set(f"{path.stem}/{index}", entry)
            except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
                form = "{Documentation, Function_Projection, Instructions, Golden_Answers}"
                raise AgentError(f"{path}: entry {index} is not {form}: {error!r}") from error
    return found


def _of_tool_set(name: str, entry: Mapping[str, Any]) -> Iterator[Question]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "openapi.json"
        place.write_text(entry["Documentation"], encoding="utf-8")
        world = World.load(place)
    by_place = {
        (tool.operation.path, tool.operation.method.lower()): tool.name
        for tool in world.tools.values()
        if tool.operation is not None
    }
    names = {
        action: by_place[path, method.lower()]
        for action, (path, method) in entry["Function_Projection"].items()
    }
    for index, (instruction, golden) in enumerate(
        zip(entry["Instructions"], entry["Golden_Answers"], strict=True)
    ):
        yield from _steps(f"{name}/{index}", world, names, instruction, golden)


def _steps(
    cluster: str,
    world: World,
    names: Mapping[str, str],
    instruction: str,
    golden: Sequence[Mapping[str, str]],
) -> Iterator[Question]:
    environment = SessionEnvironment(world.session(seed=0))
    messages = [Message(role="user", content=instruction)]
    for index, wanted in enumerate(golden):
        action = wanted["Action"]
        if action.startswith(_OPTIONAL):
            continue
        asks = action == _ASKS
        call = Call(names.get(action, action), {} if asks else _arguments(wanted["Action_Input"]))
        reference = Reply("give_up") if asks else reference_reply(call)
        yield _question(cluster, index, environment, messages, reference)
        if asks:
            return
        shown = {k: _earlier(k, messages) if _open(v) else v for k, v in call.arguments.items()}
        seen = environment.call(call.name, {k: v for k, v in shown.items() if v != ""})
        messages += [
            Message(role="planner", content=plan_text(f"I use {call.name}.", "call")),
            Message(role="caller", content=call_text(call.name, json.dumps(shown))),
            Message(role="observation", content=seen.text, status=seen.status),
        ]
    yield _question(cluster, len(golden), environment, messages, Reply("finish"))


def _earlier(name: str, messages: Sequence[Message]) -> Any:
    """What stands for an open reference in the conversation: the latest value that replies show
    under that name, else under that of an id where it is one; "" where nothing was shown."""
    found = list(replies_of(messages))
    own = [value for key, value in found if same(key, name)]
    ids = [value for key, value in found if is_id(key)] if is_id(name) else []
    value = next(iter([*own, *ids]), "")
    return json.loads(value) if is_number(value) else value


def _question(
    cluster: str,
    index: int,
    environment: SessionEnvironment,
    messages: Sequence[Message],
    reference: Reply,
) -> Question:
    step = Step(cluster, document_tools(environment), tuple(messages), "", reference)
    part = cluster.rpartition("/")[0]
    return Question(f"{cluster}/{index}", part, cluster, step, partial(tally, step))


def tally(step: Step, replies: Sequence[Reply]) -> Tally:
    """The step metrics; open references count as right, whatever stands there."""
    reply = replies[0]
    wanted, given = parsed_object(step.reference.arguments), parsed_object(reply.arguments)
    if wanted is not None and given is not None:
        filled = {
            key: given[key] if _open(value) and key in given else value
            for key, value in wanted.items()
            if value != ""
        }
        present = {key: value for key, value in given.items() if value != ""}
        reference = reference_reply(Call(step.reference.action, filled))
        if step.reference.plan == "call":
            step = Step(step.cluster, step.tools, step.history, step.rationale, reference)
        if reply.plan == "call":
            reply = reference_reply(Call(reply.action, present))
    values = score(step.cluster, step.names, step.reference, reply).values
    return {
        name: (value, 1)
        for name, value in values.items()
        if value is not None and name != "rouge_l"
    }


def _arguments(text: str) -> dict[str, Any]:
    """Golden arguments; what they leave open is `_UNKNOWN`. Unreadable ones raise ValueError."""
    found = parsed_object(text)
    if found is None:
        found = parsed_object(_close_brackets(text))
    if found is None:
        raise ValueError(f"golden arguments cannot be read: {text}")
    return found


def _close_brackets(text: str) -> str:
    """Arguments text with each reference as one JSON string, whether or not it closes well."""
    return _REFERENCE.sub(lambda found: json.dumps(_UNKNOWN), text)


def _open(value: Any) -> bool:
    """Whether a golden value, or anything in it, is a reference or a placeholder."""
    if isinstance(value, str):
        return value == _UNKNOWN or bool(re.search(r"\$\{[^}]*\}|^\{[^}]*\}$", value))
    if isinstance(value, Mapping):
        return any(map(_open, value.values()))
    return isinstance(value, list) and any(map(_open, value))
