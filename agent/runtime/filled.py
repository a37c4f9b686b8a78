"""Arguments that the runtime fills, as a client library would: idempotency keys, credentials and
the tenant that a client works for.

A model neither reads about them nor writes them. A key is the same for the same call until that
call has gone well, so that a try after a failure is known as the same wish. A credential or
tenant is the same for a whole episode; one that a tool hands out, or the request states, is for the
model to use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.runtime.environment import (
    ToolForm,
    name_of,
    parameters_of,
    required_by_all,
    with_parameters,
)
from agent.runtime.forms.request_values import request_of, stated_value
from sandbox.conventions.idempotency import identifies, made_key
from sandbox.conventions.secrets import is_credential, is_handed_out, is_tenant
from sandbox.draws import Draw
from sandbox.world.meta_calls import META
from trajectories import canonical
from trajectories.records import Message, Trajectory


def filled_arguments(tools: Sequence[ToolForm], request: str) -> dict[str, tuple[str, ...]]:
    """Tool → its arguments that are filled, for those that have any.

    These are its idempotency key, the credentials that it requires and that neither a tool of these
    hands out nor the request states, and the tenant that all of several tools require, so that no
    call could find it out.
    """
    others = [name for name in map(name_of, tools) if name not in META]
    tenants = frozenset(filter(is_tenant, required_by_all(tools)))
    found = {
        name_of(tool): tuple(_arguments_to_fill(parameters_of(tool), others, tenants, request))
        for tool in tools
    }
    return {name: arguments for name, arguments in found.items() if arguments}


def _arguments_to_fill(
    parameters: Mapping[str, Any], tools: Sequence[str], tenants: frozenset[str], request: str
) -> Iterator[str]:
    required = parameters.get("required") or ()
    has_key = False
    for name, schema in (parameters.get("properties") or {}).items():
        given = schema if isinstance(schema, Mapping) else {}
        if not has_key and identifies(name, str(given.get("description", ""))):
            has_key = True
            yield name
        elif name in required and _is_plain(given) and not stated_value(name, request).values:
            handed_out = any(is_handed_out(name, tool) for tool in tools)
            if name in tenants or (is_credential(name) and not handed_out):
                yield name


def _is_plain(schema: Mapping[str, Any]) -> bool:
    """Whether a schema takes texts of no special form."""
    return schema.get("type") == "string" and not {"pattern", "enum", "const"} & schema.keys()


def without_filled(tools: Sequence[ToolForm], request: str) -> list[ToolForm]:
    """The tools in openai form as a model reads them."""
    filled = filled_arguments(tools, request)
    return [_without(tool, filled) for tool in tools]


def _without(tool: ToolForm, found: Mapping[str, Sequence[str]]) -> ToolForm:
    filled = found.get(name_of(tool), ())
    if not filled:
        return tool
    function = tool["function"]
    given = function["parameters"]
    left = {name: schema for name, schema in given["properties"].items() if name not in filled}
    parameters = {**given, "properties": left}
    if "required" in given:
        parameters["required"] = [name for name in given["required"] if name not in filled]
    return with_parameters(tool, parameters)


def without_filled_arguments(trajectory: Trajectory) -> Trajectory:
    """A record as a model reads it: neither its tools nor its calls know of what is filled."""
    request = request_of(trajectory.messages)
    filled = filled_arguments(trajectory.tools, request)
    if not filled:
        return trajectory
    return trajectory.model_copy(
        update={
            "tools": [_without(tool, filled) for tool in trajectory.tools],
            "messages": [_turn_without(turn, filled) for turn in trajectory.messages],
        }
    )


def _turn_without(turn: Message, filled: Mapping[str, Sequence[str]]) -> Message:
    call = turn.call
    names = filled.get(call.name, ()) if call is not None else ()
    if call is None or call.arguments is None or not any(name in call.arguments for name in names):
        return turn
    written = canonical.loads(call.raw.encode()) if call.raw else call.arguments
    left = {name: value for name, value in written.items() if name not in names}
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
    request: str = ""
    _went_well: dict[bytes, int] = field(default_factory=dict, repr=False)
    _filled: dict[str, tuple[str, ...]] | None = field(default=None, repr=False)

    def fill(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with those that are filled, where they are not given."""
        if self._filled is None:
            self._filled = filled_arguments(self.tools, self.request)
        lacking = [each for each in self._filled.get(name, ()) if each not in arguments]
        if not lacking:
            return dict(arguments)
        forms = {name_of(tool): parameters_of(tool) for tool in self.tools}
        schemas = forms[name]["properties"]
        return {
            **arguments,
            **{each: self._make_value(each, schemas[each], name, arguments) for each in lacking},
        }

    def _make_value(self, name: str, schema: Any, tool: str, arguments: Mapping[str, Any]) -> Any:
        if is_credential(name) or is_tenant(name):
            return schema.get("default") or made_key(schema, Draw("credential", self.seed, name))
        call = _call(tool, arguments)
        tries = self._went_well.get(call, 0)
        return made_key(schema, Draw("idempotency", self.seed, call.decode(), tries))

    def of_tools(self, tools: Sequence[ToolForm]) -> Filler:
        """The same filler for tools that are documented in another way now."""
        return replace(self, tools=tools, _filled=None)

    def fork(self) -> Filler:
        """A filler that goes on from here by itself."""
        return replace(self, _went_well=dict(self._went_well))

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
