"""Ids by which a conversation has shown that there is nothing."""

from __future__ import annotations

from collections.abc import Sequence

from agent.runtime.decisions import calls_made, went_well
from agent.runtime.request_values import is_id
from agent.runtime.tool_choice import kind_of
from trajectories.records import Message


def missing_ids(tool: str, messages: Sequence[Message]) -> frozenset[str]:
    """The ids of which a tool has said twice that there is no such thing."""
    values = [
        str(value)
        for call, reply in calls_made(messages)
        if call.name == tool and reply.status in (404, 410)
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
