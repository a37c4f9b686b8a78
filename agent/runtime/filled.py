"""Arguments that the runtime fills, as a client library would: idempotency keys.

A model neither reads about them nor writes them. A key is the same for the same call until that
call has gone well, so that a try after a failure is known as the same wish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.runtime.environment import ToolForm
from sandbox.conventions.idempotency import identifies, made_key
from sandbox.draws import Draw
from trajectories import canonical
from trajectories.records import Message, Trajectory


def key_arguments(tools: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Tool → its argument that takes an idempotency key, for those that have one."""
    found: dict[str, str] = {}
    for tool in tools:
        given = (tool["function"].get("parameters") or {}).get("properties") or {}
        for name, schema in given.items():
            described = str(schema.get("description", "")) if isinstance(schema, Mapping) else ""
            if identifies(name, described):
                found[str(tool["function"]["name"])] = name
                break
    return found


def without_key_arguments(tools: Sequence[ToolForm]) -> list[ToolForm]:
    """The tools in openai form as a model reads them."""
    keys = key_arguments(tools)
    return [_without(tool, keys.get(str(tool["function"]["name"]))) for tool in tools]


def _without(tool: ToolForm, key: str | None) -> ToolForm:
    if key is None:
        return tool
    function = tool["function"]
    given = function["parameters"]
    left = {name: schema for name, schema in given["properties"].items() if name != key}
    parameters = {**given, "properties": left}
    if "required" in given:
        parameters["required"] = [name for name in given["required"] if name != key]
    return {**tool, "function": {**function, "parameters": parameters}}


def unfilled(trajectory: Trajectory) -> Trajectory:
    """A record as a model reads it: neither its tools nor its calls know of what is filled."""
    keys = key_arguments(trajectory.tools)
    if not keys:
        return trajectory
    return trajectory.model_copy(
        update={
            "tools": without_key_arguments(trajectory.tools),
            "messages": [_without_key(turn, keys) for turn in trajectory.messages],
        }
    )


def _without_key(turn: Message, keys: Mapping[str, str]) -> Message:
    call = turn.call
    key = keys.get(call.name) if call is not None else None
    if call is None or call.arguments is None or key not in call.arguments:
        return turn
    written = canonical.loads(call.raw.encode()) if call.raw else call.arguments
    left = {name: value for name, value in written.items() if name != key}
    raw = as_written(left)
    kept = call.model_copy(update={"arguments": left, "raw": raw})
    marker = "Action Input:"
    return turn.model_copy(
        update={"call": kept, "content": f"{turn.content.partition(marker)[0]}{marker} {raw}"}
    )


@dataclass(slots=True)
class Filler:
    """What the runtime fills into one episode's calls."""

    tools: Sequence[ToolForm]
    """As the environment offers them; without any nothing is filled."""
    seed: int
    _went_well: dict[bytes, int] = field(default_factory=dict, repr=False)
    _keys: dict[str, str] | None = field(default=None, repr=False)

    def fill(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with a key, where the tool takes one and none is given."""
        if self._keys is None:
            self._keys = key_arguments(self.tools)
        key = self._keys.get(name)
        if key is None or key in arguments:
            return dict(arguments)
        call = _call(name, arguments)
        draw = Draw("idempotency", self.seed, call.decode(), self._went_well.get(call, 0))
        forms = {tool["function"]["name"]: tool["function"] for tool in self.tools}
        return {**arguments, key: made_key(forms[name]["parameters"]["properties"][key], draw)}

    def note(self, name: str, arguments: Mapping[str, Any] | None, *, well: bool) -> None:
        """What became of a call, by its arguments before they were filled."""
        if well and arguments is not None:
            call = _call(name, arguments)
            self._went_well[call] = self._went_well.get(call, 0) + 1


def as_written(arguments: Mapping[str, Any]) -> str:
    """Arguments as one line of JSON, in their order."""
    return canonical.ordered_bytes(dict(arguments)).decode().strip()


def _call(name: str, arguments: Mapping[str, Any]) -> bytes:
    return canonical.dumps([name, arguments])
