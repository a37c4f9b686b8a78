"""TRL: `GRPOTrainer(environment_factory=environments(Rollouts(...)))`.

The trainer's rows carry an `index` into the rollouts; each tool becomes a method with the tool's
parameters and documentation, as TRL reads them.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from inspect import Parameter, Signature
from itertools import count
from typing import Any

from agent.sockets.rollout import Rollout, Rollouts

_TYPES = {"integer": int, "number": float, "boolean": bool, "array": list, "object": dict}


def rows(rollouts: Rollouts) -> list[dict[str, Any]]:
    """One row per task for `datasets.Dataset.from_list`: `prompt` and `index`."""
    return [
        {"prompt": [{"role": "user", "content": task.instruction}], "index": index}
        for index, task in enumerate(rollouts.tasks)
    ]


def environments(rollouts: Rollouts, *, partial: bool = False) -> Callable[[], Any]:
    """A factory of environments; each `reset` opens a session of its own.

    The reward is 1 for a right end, with `partial` else the share of the goal that holds. Tools
    are those of the whole document: TRL fixes an environment's methods once.
    """
    numbers = count()

    class Environment:
        """One episode at a time."""

        def __init__(self) -> None:
            self._number, self._times = next(numbers), count()
            self._rollout: Rollout | None = None

        def reset(self, index: int = 0, completion: str | None = None, **row: Any) -> None:
            """Open the episode of the row's task."""
            self._rollout = rollouts.open(index, label=f"{self._number}.{next(self._times)}")

        def answer(self, text: str) -> str:
            """Tell the user how it ended. Call this last.

            Args:
                text: The answer to the user.
            """
            if self._rollout is not None:
                self._rollout.end(text)
            return "The user has read your answer."

        def get_reward(self) -> float:
            """1 for a right end; an episode without an answer gave up."""
            if self._rollout is None:
                return 0.0
            ending = self._rollout.end(None)
            return max(ending.reward, ending.share * partial)

    for tool in rollouts.world.session(seed=0).tools.values():
        method = _method(tool.name, tool.description, tool.parameters)
        setattr(Environment, method.__name__, method)
    return Environment


def _method(name: str, description: str, schema: dict[str, Any]) -> Callable[..., str]:
    """A method that calls a tool, with the signature and the docstring that TRL shows."""
    needed = set(schema.get("required", ()))
    properties = schema.get("properties", {})
    needed_first = sorted(properties, key=lambda each: each not in needed)
    places = {_plain(each): each for each in needed_first}

    def method(self: Any, **arguments: Any) -> str:
        given = {places[each]: value for each, value in arguments.items() if value is not None}
        return str(self._rollout.call(name, given).text)

    parameters = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    about = [f"{description or name}\n\nArgs:"]
    for plain, each in places.items():
        hint: Any = _TYPES.get(properties[each].get("type"), str)
        parameter = Parameter(plain, Parameter.KEYWORD_ONLY, annotation=hint)
        if each not in needed:
            parameter = parameter.replace(annotation=hint | None, default=None)
        parameters.append(parameter)
        words = str(properties[each].get("description") or each).split()
        about.append(f"    {plain}: {' '.join(words)}")
    method.__name__, method.__doc__ = _plain(name), "\n".join(about)
    method.__annotations__ = {p.name: p.annotation for p in parameters[1:]} | {"return": str}
    vars(method)["__signature__"] = Signature(parameters, return_annotation=str)
    return method


def _plain(name: str) -> str:
    """A Python identifier for a name of a document."""
    plain = "".join(char if char.isalnum() else "_" for char in name).lstrip("_") or "value"
    return f"{plain}_" if keyword.iskeyword(plain) or plain[0].isdigit() else plain
