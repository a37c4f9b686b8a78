"""Ids that calls have been made with: by which there is nothing, and what was looked up already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from agent.runtime.forms.acts import kind_of
from agent.runtime.forms.decisions import GONE, calls_made, went_well
from agent.runtime.forms.request_values import is_id
from trajectories.records import Message


def missing_ids(tool: str, messages: Sequence[Message]) -> frozenset[str]:
    """The ids of which a tool has said twice that there is no such thing."""
    values = [
        str(value)
        for call, reply in calls_made(messages)
        if call.name == tool and reply.status in GONE
        for name, value in (call.arguments or {}).items()
        if is_id(name)
    ]
    return frozenset(value for value in values if values.count(value) > 1)


def removed_ids(messages: Sequence[Message]) -> frozenset[str]:
    """What the calls that removed something knew it by: the last id of each."""
    return frozenset(
        str(value)
        for call, reply in calls_made(messages)
        if went_well(reply) and kind_of(call.name, "") == "removing"
        for value in [value for name, value in (call.arguments or {}).items() if is_id(name)][-1:]
    )


def looked_up_ids(tool: str, messages: Sequence[Message]) -> Mapping[str, frozenset[str]]:
    """Argument → the ids by which a tool was called and answered well since anything was changed,
    or the time was given for it to change."""
    found = defaultdict[str, set[str]](set)
    for call, reply in calls_made(messages):
        if went_well(reply) and kind_of(call.name, "") != "reading":
            found.clear()
        elif went_well(reply) and call.name == tool:
            for name, value in (call.arguments or {}).items():
                if is_id(name):
                    found[name].add(str(value))
    return {name: frozenset(values) for name, values in found.items()}
