"""Static evaluation: each step alone, with the reference's history before it.

The planner speaks on every step; where it plans a call the caller follows, where it plans to
finish the summarizer does, each reading the planner's own words. So one wrong plan costs both
Plan ACC and Action EM, as published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from agent.backends import Backend, RoleRequest
from agent.evaluation.baselines import Predictor
from agent.evaluation.metrics import Scores, score
from agent.evaluation.replies import Reply, read_plan, reply_of
from agent.evaluation.steps import Step
from agent.runtime.roles import Role, ask
from trajectories.protocol import Plan
from trajectories.records import Message

Progress = Callable[[int, int], None]
"""Told how many texts are written, of how many at most."""


def evaluate(steps: Sequence[Step], predict: Predictor) -> Scores:
    """Score a predictor that looks at one step at a time."""
    return scores(steps, [predict(step) for step in steps])


def scores(steps: Sequence[Step], replies: Sequence[Reply]) -> Scores:
    """Score replies, one per step."""
    return Scores(
        tuple(
            score(step.cluster, step.names, step.reference, reply)
            for step, reply in zip(steps, replies, strict=True)
        )
    )


async def evaluate_roles(
    steps: Sequence[Step],
    backends: dict[Role, Backend],
    *,
    max_tokens: int = 160,
    batch: int = 16,
    progress: Progress | None = None,
) -> Scores:
    """Score three roles. Deterministic when the backends are; raises BackendError.

    A planner text without a tag is sent on to the caller, as published, and counted as `no_tag`.
    """
    return scores(
        steps,
        await predict_roles(steps, backends, max_tokens=max_tokens, batch=batch, progress=progress),
    )


async def predict_roles(
    steps: Sequence[Step],
    backends: dict[Role, Backend],
    *,
    max_tokens: int = 160,
    batch: int = 16,
    progress: Progress | None = None,
) -> list[Reply]:
    """The replies of three roles, one per step."""
    turns = await predict_turns(
        steps, backends, max_tokens=max_tokens, batch=batch, progress=progress
    )
    return [reply for _, _, reply in turns]


async def predict_turns(
    steps: Sequence[Step],
    backends: Mapping[Role, Backend],
    *,
    max_tokens: int = 160,
    batch: int = 16,
    progress: Progress | None = None,
) -> list[tuple[str, str, Reply]]:
    """Per step what the planner wrote (with a tag), what the next role wrote, and what it says."""
    written = 0

    async def speak(role: Role, turns: Sequence[tuple[int, list[Message]]]) -> dict[int, str]:
        nonlocal written
        texts: dict[int, str] = {}
        for part in _batches(turns, batch):
            requests = [
                ask(
                    role,
                    backends[role],
                    tools=[dict(tool) for tool in steps[index].tools],
                    messages=messages,
                    max_tokens=max_tokens,
                    seed=0,
                )
                for index, messages in part
            ]
            for (index, _), text in zip(part, await _texts(backends[role], requests), strict=True):
                texts[index] = text
            written += len(part)
            if progress is not None:
                progress(written, 2 * len(steps))
        return texts

    planned = await speak(
        "planner", [(index, list(step.history)) for index, step in enumerate(steps)]
    )
    following: dict[int, str] = {}
    followers: tuple[tuple[Role, Plan], ...] = (("caller", "call"), ("summarizer", "finish"))
    for role, plan in followers:
        turns = [
            (index, [*step.history, Message(role="planner", content=_with_tag(planned[index]))])
            for index, step in enumerate(steps)
            if read_plan(planned[index])[0] == plan
        ]
        following |= await speak(role, turns)
    return [
        (_with_tag(planned[index]), text, reply_of(planned[index], text))
        for index, text in ((index, following.get(index, "")) for index in range(len(steps)))
    ]


async def _texts(backend: Backend, requests: list[RoleRequest]) -> list[str]:
    return [text.partition("</s>")[0].strip() for text in await backend.generate(requests)]


def _with_tag(text: str) -> str:
    return text if read_plan(text)[1] else f"{text} Next: caller."


def _batches(
    items: Sequence[tuple[int, list[Message]]], size: int
) -> Iterator[Sequence[tuple[int, list[Message]]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
