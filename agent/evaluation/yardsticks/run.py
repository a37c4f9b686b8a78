"""An agent's decisions on a yardstick's questions, and what they are worth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from agent.backends import Backend
from agent.errors import AgentError
from agent.evaluation.baselines import BASELINES, Predictor, baseline
from agent.evaluation.replies import Reply
from agent.evaluation.static import Progress, predict_turns
from agent.evaluation.yardsticks.questions import Question, subset
from agent.evaluation.yardsticks.yardstick import load_yardstick, questions_of
from agent.runtime.roles import Role, ask, call_text, plan_text
from trajectories.records import Message
from trajectories.scoring.intervals import Part, interval, percent

BESIDE: Final = ("trivial", "copy")
"""Baselines that stand beside every agent's figures."""
SUBSET: Final = 200
"""Questions for an agent that reads; baselines answer all."""
TURN: Final = 160
"""Tokens in one role's turn."""

Turn = tuple[str, str, Reply]
"""The planner's text, the caller's or summarizer's, and what they say."""
Speak = Callable[[Sequence[Question]], Sequence[Turn]]


def run_yardstick(
    name: str,
    agent: str,
    *,
    limit: int | None = None,
    seed: int = 0,
    backends: Mapping[Role, Backend] | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """An agent's figures on a yardstick, in percent, beside those of the trivial baselines.

    `limit` questions are drawn by `seed` (0: all; when not given 200, or all for a baseline).
    `backends` are the roles of an agent that is no baseline. `note` is told of what is left out.
    Raises AgentError for missing data, a malformed row, and when nothing can be scored.
    """
    yardstick = load_yardstick(name)
    if backends is None and agent.removeprefix("baseline:") not in BASELINES:
        raise AgentError(f"{agent}: valid baselines are {', '.join(BASELINES)}")
    everything = questions_of(name)
    default = SUBSET if backends is not None else 0
    chosen = subset(everything, default if limit is None else limit, seed)
    too_long: list[str] = []
    if backends is not None:
        too_long = [question.id for question in chosen if not _fits(question, backends)]
        chosen = [question for question in chosen if question.id not in set(too_long)]
        if too_long:
            note(
                f"{name}: {len(too_long)} questions do not fit the agent's context and are left "
                f"out, the first is {too_long[0]}"
            )
    if not chosen:
        raise AgentError(f"{name}: nothing to score: no question is left")
    answers = (
        answer(chosen, _from_predictor(baseline(agent)))
        if backends is None
        else answer(chosen, _from_roles(backends, progress))
    )
    return {
        "suite": name,
        "agent": agent,
        **figures(chosen, answers),
        "n_questions": len(chosen),
        "of": len(everything),
        "seed": seed,
        "left_out": too_long,
        "baselines": {
            other: figures(chosen, answer(chosen, _from_predictor(BASELINES[other])))["metrics"]
            for other in BESIDE
        },
        "printed": yardstick.printed,
        "counts": yardstick.counts,
        "source": yardstick.source,
        "licence": yardstick.licence,
    }


def answer(questions: Sequence[Question], speak: Speak) -> list[list[Reply]]:
    """Each question's replies: one, or calls until the agent stops where it may make several."""
    replies: list[list[Reply]] = [[] for _ in questions]
    going = dict(enumerate(questions))
    while going:
        turns = speak(list(going.values()))
        for (index, question), (planned, following, reply) in zip(
            list(going.items()), turns, strict=True
        ):
            replies[index].append(reply)
            if reply.plan != "call" or len(replies[index]) >= question.decisions:
                del going[index]
                continue
            history = [
                *question.step.history,
                Message(role="planner", content=planned),
                Message(role="caller", content=following),
                Message(role="observation", content=question.observe(reply)),
            ]
            going[index] = replace(question, step=replace(question.step, history=history))
    return replies


def figures(questions: Sequence[Question], replies: Sequence[Sequence[Reply]]) -> dict[str, Any]:
    """Metrics in percent with their intervals over clusters, as a whole and by part."""
    parts: dict[str, dict[str, dict[str, Part]]] = {}
    whole: dict[str, dict[str, Part]] = {}
    for question, said in zip(questions, replies, strict=True):
        for metric, (points, count) in question.score(said).items():
            for place in (whole, parts.setdefault(question.part, {})):
                clusters = place.setdefault(metric, {})
                old = clusters.get(question.cluster, (0.0, 0))
                clusters[question.cluster] = (old[0] + points, old[1] + count)
    found: dict[str, Any] = {
        "metrics": _means(whole),
        "intervals": {
            metric: percent(interval(list(clusters.values()))) for metric, clusters in whole.items()
        },
    }
    if len(parts) > 1:
        found["parts"] = {name: _means(part) for name, part in parts.items()}
    return found


def _means(metrics: Mapping[str, Mapping[str, Part]]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for metric, clusters in metrics.items():
        points, count = (sum(column) for column in zip(*clusters.values(), strict=True))
        means[metric] = round(100 * points / count, 2) if count else None
    return means


def _from_predictor(predict: Predictor) -> Speak:
    def speak(questions: Sequence[Question]) -> list[Turn]:
        replies = [predict(question.step) for question in questions]
        return [
            (plan_text("", reply.plan), call_text(reply.action, reply.arguments), reply)
            for reply in replies
        ]

    return speak


def _from_roles(backends: Mapping[Role, Backend], progress: Progress | None) -> Speak:
    def speak(questions: Sequence[Question]) -> list[Turn]:
        steps = [question.step for question in questions]
        return asyncio.run(predict_turns(steps, backends, max_tokens=TURN, progress=progress))

    return speak


def _fits(question: Question, backends: Mapping[Role, Backend]) -> bool:
    """Whether a role can read the question and answer twice, as planner and as caller."""
    backend = backends["planner"]
    room = getattr(backend, "room", None)
    if room is None:
        return True
    tools = [dict(tool) for tool in question.step.tools]
    messages = list(question.step.history)
    request = ask("planner", backend, tools=tools, messages=messages, max_tokens=TURN, seed=0)
    return bool(room(request) >= 2 * TURN)
