"""RestBench: what path of operations leads to the answer, on the document of a real API.

The agent acts in a world of the document until it stops or has made eight calls. The path is
correct when the published operations occur among its calls in their order. Slips of the published
file are mended first: blanks, and a path parameter under another name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step
from agent.evaluation.yardsticks.questions import (
    Question,
    Tally,
    calls_of,
    document_tools,
    read_rows,
)
from agent.runtime.environment import SessionEnvironment
from sandbox import World
from trajectories.records import Message

_CALLS: Final = 8
_PARAMETER: Final = re.compile(r"\{[^}]*\}")


def questions(files: Sequence[Path]) -> list[Question]:
    """One question per row. `files`: the rows and the document. Raises AgentError."""
    rows, document = files
    world = World.load(document)
    places = {
        _place(f"{tool.operation.method.upper()} {tool.operation.path}"): tool.name
        for tool in world.tools.values()
        if tool.operation is not None
    }
    return read_rows(rows, "a row {query, solution}", partial(_question, world, places))


def _question(world: World, places: Mapping[str, str], id: str, row: Any) -> Question:
    wanted = []
    for place in row["solution"]:
        if _place(place) not in places:
            raise AgentError(f"{id}: the document has no operation {place.strip()!r}")
        wanted.append(places[_place(place)])
    environment = SessionEnvironment(world.session(seed=0))
    messages = [Message(role="user", content=row["query"])]
    step = Step(id, document_tools(environment), messages, "", Reply("call", wanted[0]))

    def observe(reply: Reply) -> str:
        shown = environment.call(reply.action, reply.arguments)
        return shown.text

    return Question(id, "tmdb", id, step, partial(tally, wanted), _CALLS, observe)


def _place(text: str) -> str:
    return _PARAMETER.sub("{}", text.strip())


def tally(wanted: Sequence[str], replies: Sequence[Reply]) -> Tally:
    """Whether the wanted tools occur among the calls in their order, and the first of them."""
    names = [call.name for call in calls_of(replies)]
    left = iter(names)
    correct = all(name in left for name in wanted)
    return {
        "correct_path": (float(correct), 1),
        "first_call": (float(names[:1] == list(wanted[:1])), 1),
    }
