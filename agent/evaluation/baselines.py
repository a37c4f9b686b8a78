"""Predictors without a model. A metric that one of these does well on measures little.

Some are told the reference's action (`rationale`, `empty-args`, …): they are bounds for one metric
each, not agents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from agent.evaluation.copying import copy
from agent.evaluation.replies import NONE, Reply, read_call
from agent.evaluation.steps import Step

Predictor = Callable[[Step], Reply]


def _tools_called(step: Step) -> list[str]:
    return [read_call(turn.content)[0] for turn in step.history if turn.role == "caller"]


def _last_observation(step: Step) -> str:
    seen = [turn.content for turn in step.history if turn.role == "observation"]
    return seen[-1] if seen else NONE


def _first(step: Step) -> str:
    return step.names[0] if step.tools else NONE


def _first_unused(step: Step) -> str:
    used = _tools_called(step)
    return next((name for name in step.names if name not in used), _first(step))


def always_call(step: Step) -> Reply:
    """Call the first listed tool, for ever."""
    return Reply("call", _first(step))


def first_unused(step: Step) -> Reply:
    """Call the first listed tool that was not called yet."""
    return Reply("call", _first_unused(step))


def call_until(count: int) -> Predictor:
    """Call until so many calls were made, then answer with the last observation."""

    def predict(step: Step) -> Reply:
        if len(_tools_called(step)) < count:
            return first_unused(step)
        return Reply("finish", answer=_last_observation(step))

    return predict


def reference(step: Step) -> Reply:
    """Say what the reference says: the upper bound."""
    return step.reference


def rationale(step: Step) -> Reply:
    """The reference, but its thought, without the tag, given as the answer."""
    thought = step.rationale.partition("Next: conclusion")[0].strip()
    return replace(step.reference, answer=thought)


def last_observation(step: Step) -> Reply:
    """The reference, but the last observation given as the answer."""
    return replace(step.reference, answer=_last_observation(step))


def no_answer(step: Step) -> Reply:
    """The reference, but `none` given as the answer."""
    return replace(step.reference, answer=NONE)


def empty_arguments(step: Step) -> Reply:
    """The reference's action without arguments."""
    return replace(step.reference, arguments="{}")


def text_arguments(step: Step) -> Reply:
    """The reference's call with every argument turned into a string."""
    arguments = json.loads(step.reference.arguments)
    return replace(
        step.reference, arguments=json.dumps({key: str(value) for key, value in arguments.items()})
    )


BASELINES: Final[Mapping[str, Predictor]] = {
    "trivial": call_until(4),
    "copy": copy,
    "call2": call_until(2),
    "call3": call_until(3),
    "call4": call_until(4),
    "always-call": always_call,
    "first-tool": always_call,
    "first-unused": first_unused,
    "rationale": rationale,
    "last-observation": last_observation,
    "no-answer": no_answer,
    "empty-args": empty_arguments,
    "text-args": text_arguments,
    "reference": reference,
}


def baseline(name: str) -> Predictor:
    """A baseline by name, with or without its prefix. Raises KeyError listing the valid names."""
    key = name.removeprefix("baseline:")
    if key not in BASELINES:
        raise KeyError(f"no baseline {key!r}; valid: {', '.join(BASELINES)}")
    return BASELINES[key]
