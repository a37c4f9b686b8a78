"""Three categories of the Berkeley Function Calling Leaderboard.

simple_python and multiple: the share of rows whose call is right – the name, every required
argument, none that is unknown, each value one of those accepted (texts without case, blanks and
punctuation; a whole number where a fraction is wanted). irrelevance alone rewards an agent that
never calls, so each of its rows is paired with the solvable row whose tool is nearest in words,
and the share of right decisions (call or not) is taken over both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.replies import Reply
from agent.evaluation.steps import Step
from agent.evaluation.yardsticks.questions import (
    Call,
    Question,
    Tally,
    calls_of,
    openai_tool,
    read_list,
    read_rows,
    reference_reply,
)
from trajectories.records import Message

_ANSWERS: Final = "possible_answer"
_PUNCTUATION: Final = re.compile(r"[ ,./\-_*^]")
_WORD: Final = re.compile(r"[a-z]{3,}")


def questions(files: Sequence[Path]) -> list[Question]:
    """Rows of simple_python and multiple, then each irrelevant row and its twin.

    `files` are the three categories in that order. Raises AgentError.
    """
    simple, multiple, irrelevant = files
    form = "a row {id, question, function}"
    solvable = read_rows(simple, form, partial(_question, _accepted_answers(simple)))
    found = [*solvable, *read_rows(multiple, form, partial(_question, _accepted_answers(multiple)))]
    for refused in read_rows(irrelevant, form, partial(_question, {})):
        twin = _nearest(refused, solvable)
        found += [
            replace(refused, score=partial(_decision, False)),
            replace(
                twin,
                id=f"{refused.id}/twin",
                part=refused.part,
                cluster=refused.cluster,
                score=partial(_decision, True),
            ),
        ]
    return found


def _accepted_answers(path: Path) -> dict[str, Any]:
    place = path.parent / _ANSWERS / path.name
    try:
        return {row["id"]: row["ground_truth"][0] for row in read_list(place)}
    except (KeyError, TypeError, IndexError) as error:
        raise AgentError(f"{place}: a row is not {{id, ground_truth}}: {error!r}") from error


def _question(answers: Mapping[str, Any], id: str, row: Any) -> Question:
    tools = [
        openai_tool(
            tool["name"],
            tool.get("description", ""),
            tool["parameters"]["properties"],
            tool["parameters"].get("required", ()),
        )
        for tool in row["function"]
    ]
    messages = [
        Message(role="user", content=turn["content"])
        for turn in row["question"][0]
        if turn["role"] == "user"
    ]
    part = row["id"].rpartition("_")[0]
    if not answers:
        step = Step(id, tools, messages, "", Reply("give_up"))
        return Question(row["id"], part, row["id"], step, partial(_decision, False))
    [(name, accepted)] = answers[row["id"]].items()
    parameters = next(tool["parameters"] for tool in row["function"] if tool["name"] == name)
    first = {key: values[0] for key, values in accepted.items() if values and values[0] != ""}
    step = Step(id, tools, messages, "", reference_reply(Call(name, first)))
    score = partial(_right, part, name, accepted, parameters)
    return Question(row["id"], part, row["id"], step, score)


def _decision(wants_call: bool, replies: Sequence[Reply]) -> Tally:
    return {"irrelevance_and_twins": (float(bool(calls_of(replies)) == wants_call), 1)}


def _right(
    part: str,
    name: str,
    accepted: Mapping[str, list[Any]],
    parameters: Mapping[str, Any],
    replies: Sequence[Reply],
) -> Tally:
    calls = calls_of(replies)
    right = (
        len(calls) == 1
        and calls[0].name == name
        and _arguments_right(calls[0].arguments, accepted, parameters)
    )
    return {part: (float(right), 1)}


def _arguments_right(
    given: Mapping[str, Any], accepted: Mapping[str, list[Any]], parameters: Mapping[str, Any]
) -> bool:
    schemas = parameters["properties"]
    required = set(parameters.get("required", ()))
    if given.keys() - accepted.keys() or required - given.keys():
        return False
    return all(
        (key not in given and "" in values)
        or (key in given and any(_equal(given[key], v, schemas.get(key, {})) for v in values))
        for key, values in accepted.items()
    )


def _equal(given: Any, wanted: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a given value is an accepted one; accepted objects list values per key."""
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(wanted, str):
        return isinstance(given, str) and _plain(given) == _plain(wanted)
    if isinstance(wanted, float) or schema.get("type") == "float":
        return (
            isinstance(given, int | float) and isinstance(wanted, int | float) and given == wanted
        )
    if isinstance(wanted, int):
        return isinstance(given, int) and given == wanted
    if isinstance(wanted, list):
        inner = schema.get("items") or {}
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(_equal(one, other, inner) for one, other in zip(given, wanted, strict=True))
        )
    if isinstance(wanted, dict) and isinstance(given, dict):
        inner = schema.get("properties") or {}
        return not given.keys() - wanted.keys() and all(
            (key not in given and "" in _options(values))
            or (
                key in given
                and any(_equal(given[key], v, inner.get(key, {})) for v in _options(values))
            )
            for key, values in wanted.items()
        )
    return bool(given == wanted)


def _options(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _plain(text: str) -> str:
    return _PUNCTUATION.sub("", text).lower().replace("'", '"')


def _nearest(refused: Question, solvable: Sequence[Question]) -> Question:
    """The solvable question whose tool shares the largest part of its words."""
    wanted = _words(refused)

    def nearness(other: Question) -> tuple[float, str]:
        words = _words(other)
        return len(wanted & words) / max(1, len(wanted | words)), other.id

    return max(solvable, key=nearness)


def _words(question: Question) -> frozenset[str]:
    texts = (
        f"{tool['function']['name']} {tool['function']['description']}"
        for tool in question.step.tools
    )
    return frozenset(_WORD.findall(" ".join(texts).lower()))
