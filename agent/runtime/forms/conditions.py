"""Conditions of requests ("if its status is paid, refund it") and what replies say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from agent.runtime.environment import ToolForm, name_of
from agent.runtime.forms.acts import kind_of, tool_kind
from agent.runtime.forms.decisions import calls_made, went_well
from agent.runtime.forms.request_values import request_of
from agent.runtime.forms.shown_values import parsed_body
from agent.runtime.forms.tool_choice import changes_made
from sandbox import exact_json
from sandbox.conventions.words import singulars
from sandbox.world.meta_calls import META
from trajectories.records import Message

_VALUE: Final = r'(?!not\b)(?:"([^"\n]+)"|([\w-]+(?:\.\w+)*))'
_IF: Final = re.compile(
    rf"\bif (?:its|the|their) ([\w ]+?)(?: of [^,;:?!\n]+?)? (?:is|are|equals) {_VALUE}",
    re.IGNORECASE,
)
_CHECK: Final = re.compile(
    rf"\bcheck (?:its|the) ([\w ]+?)(?: of [^,;:?!\n]+?)? and .*? if (?:that|it) is {_VALUE}",
    re.IGNORECASE,
)
ENOUGH_CALLS: Final = 5
"""Calls after which an answer need not know everything."""
_PLAIN: Final = (str, int, float, bool)


@lru_cache(maxsize=256)
def condition_in(request: str) -> tuple[str, str] | None:
    """The field that a request's condition is about and the value that it has to have; None where
    it sets none, or one of another form."""
    found = _CHECK.search(request) or _IF.search(request)
    return None if found is None else (found[1], found[2] or found[3])


def condition_value(messages: Sequence[Message]) -> str | None:
    """What the field of the request's condition is, as the reply that was read last shows it."""
    condition = condition_in(request_of(messages))
    if condition is None:
        return None
    label = singulars(condition[0])
    for call, reply in reversed(list(calls_made(messages))):
        if went_well(reply) and kind_of(call.name, "") == "reading":
            for key, value in _fields(parsed_body(reply.content)):
                if singulars(key) == label:
                    return value if isinstance(value, str) else exact_json.dumps(value).decode()
    return None


def condition_holds(messages: Sequence[Message]) -> bool | None:
    """Whether the request's condition is met; None where it sets none, or nothing shows it."""
    condition, value = condition_in(request_of(messages)), condition_value(messages)
    return None if condition is None or value is None else value.lower() == condition[1].lower()


def is_to_act(messages: Sequence[Message]) -> bool:
    """Whether the request's condition is met and nothing was changed yet."""
    return condition_holds(messages) is True and not changes_made(messages)


def is_unknown(messages: Sequence[Message]) -> bool:
    """Whether the request sets a condition that no reply has shown anything of yet."""
    known = condition_in(request_of(messages)) is None or condition_value(messages) is not None
    return not known and len(list(calls_made(messages))) < ENOUGH_CALLS


def tools_under_condition(tools: Sequence[ToolForm], messages: Sequence[Message]) -> list[ToolForm]:
    """Those of the tools that change something where the request's condition is met and nothing was
    changed yet, if there are any; those that do not where it is not met."""
    if condition_holds(messages) is False:
        return [tool for tool in tools if tool_kind(tool) == "reading" or name_of(tool) in META]
    acting = [tool for tool in tools if tool_kind(tool) != "reading" and name_of(tool) not in META]
    return acting if acting and is_to_act(messages) else list(tools)


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """The plain fields of a reply, those of outer objects first."""
    around = [value]
    while around:
        inner = list[Any]()
        for part in around:
            if isinstance(part, dict):
                yield from ((key, each) for key, each in part.items() if isinstance(each, _PLAIN))
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        around = [part for part in inner if isinstance(part, dict | list)]
