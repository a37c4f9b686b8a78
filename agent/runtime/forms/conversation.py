"""What a conversation tells of the arguments of one tool: by the request, by replies, by the tool
itself. All of it is found once a turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.runtime.environment import ToolForm, name_of, parameters_of, required_by_all
from agent.runtime.forms.acts import tool_kind
from agent.runtime.forms.lists_read import entries_of, is_position, may_go_on, next_page
from agent.runtime.forms.request_values import (
    attributes_in,
    distinctive_in,
    is_id,
    names_in,
    own_names,
    request_of,
)
from agent.runtime.forms.shown_values import entries_with, replies_of
from agent.runtime.forms.stated_arguments import (
    names_of_arguments,
    own_part,
    owners_of_names,
    parts_of_value,
    stated_arguments,
    tool_nouns,
)
from agent.runtime.forms.used_ids import looked_up_ids, missing_ids, removed_ids
from sandbox.conventions.words import singulars, words
from sandbox.world.meta_calls import META
from trajectories.records import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user has said, as a tool takes it."""

    text: str
    states: str
    """The same where what it states counts, else empty."""
    part: str
    """What of it is for this tool rather than for one before or after it; empty where it is not
    told apart."""
    distinctive: Sequence[str]
    """Words and quoted texts that can only be values, and proper names."""
    nouns: tuple[str, ...]
    """What the tool is about, as far as it is spoken of."""
    stated: Mapping[str, frozenset[str]]
    """Argument → what is stated for it, by the arguments' own names."""
    longer: frozenset[tuple[int, int]]
    """Where it has the names of arguments of several words; see `stated_value`."""
    longer_in_part: frozenset[tuple[int, int]]
    """The same in `part`."""
    parts_of_value: Mapping[str, str]
    """Required argument → its part of a value such as "owner/name"."""
    no_ids: frozenset[str]
    """What is stated for arguments of any offered tool that are no ids."""
    is_change: bool
    """Whether something shall be changed."""
    is_named: bool
    """Whether the tool makes something new, and it is said what that is called."""
    is_labelled: bool
    """Whether it is said by name what several of the tool's arguments are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """What has been shown so far, as far as the tool may use it."""

    seen: Sequence[tuple[str, str]]
    """Keys and values, those of the latest reply first."""
    meant: Sequence[tuple[str, str]]
    """What was seen in entries of lists that hold a value of the request."""
    missing: frozenset[str]
    """Ids of which the tool has said twice that there is no such thing."""
    removed: frozenset[str]
    """Ids of what was removed in this conversation."""
    looked_up: Mapping[str, frozenset[str]]
    """Argument → its values in calls of this tool that went well since something was changed."""
    next_page: Mapping[str, int]
    """Argument → where the list that the tool has begun to read goes on."""
    is_going_on: bool
    """Whether the tool was called before."""
    is_sought: bool
    """Whether the tool is not for reading and lists have been read that lack what the request says
    of the thing that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A tool's arguments, and what it is for."""

    root: Mapping[str, Any]
    owners: Mapping[tuple[str, ...], int]
    """Whose the names of the arguments are; see `owners_of_names`."""
    everywhere: frozenset[str]
    """Arguments that all tools require: no call could find them out."""
    is_strict: bool
    """Whether the offered tools say what they require, so that the rest is known as optional."""
    reads: bool
    """Whether it only reads."""
    renames: bool
    """Whether it changes or removes what there is already."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a conversation tells of the arguments of one tool."""

    request: Request
    replies: Replies
    tool: Signature

    @property
    def is_search(self) -> bool:
        """Whether the tool only reads, for a request that wants nothing changed."""
        return self.tool.reads and not self.request.is_change


def conversations(
    tools: Sequence[ToolForm],
    messages: Sequence[Message],
    *,
    request_states: bool,
    reading: Collection[str],
    is_change: bool,
) -> dict[str, Conversation]:
    """Tool → what the conversation tells of its arguments, meta-tools aside; see
    `restrict_to_what_was_read`."""
    is_strict = any(parameters_of(tool).get("required") for tool in tools)
    tools = [tool for tool in tools if name_of(tool) not in META]
    requests = _requests(tools, messages, request_states, is_change)
    replies = _replies(tools, messages, reading)
    everywhere = required_by_all(tools)
    found = {}
    for tool in tools:
        name, root = name_of(tool), parameters_of(tool)
        signature = Signature(
            root=root,
            owners=owners_of_names(root),
            everywhere=everywhere,
            is_strict=is_strict,
            reads=name in reading,
            renames=tool_kind(tool) not in ("creating", "reading"),
        )
        found[name] = Conversation(requests[name], replies[name], signature)
    return found


def _requests(
    tools: Sequence[ToolForm], messages: Sequence[Message], request_states: bool, is_change: bool
) -> dict[str, Request]:
    text = request_of(messages)
    states, distinctive = text if request_states else "", distinctive_in(text)
    about = {name_of(tool): tool_nouns(name_of(tool), parameters_of(tool), text) for tool in tools}
    stated_for = {
        name_of(tool): stated_arguments(parameters_of(tool), text, about[name_of(tool)])
        for tool in tools
    }
    said = (pair for stated in stated_for.values() for pair in stated.items())
    no_ids = frozenset[str]().union(
        *(values for argument, values in said if len(words(argument)) > 1 and not is_id(argument))
    )
    found = {}
    for tool in tools:
        name, root = name_of(tool), parameters_of(tool)
        stated, kind = stated_for[name], tool_kind(tool)
        part = own_part(tool, states) if kind != "reading" else ""
        found[name] = Request(
            text=text,
            states=states,
            part=part,
            distinctive=distinctive,
            nouns=about[name],
            stated=stated,
            longer=names_of_arguments(root, text),
            longer_in_part=names_of_arguments(root, part),
            parts_of_value=parts_of_value(root, stated, distinctive),
            no_ids=no_ids,
            is_change=is_change,
            is_named=kind == "creating" and bool(own_names(singulars(name), text)),
            is_labelled=sum(map(bool, stated.values())) > 1,
        )
    return found


def _replies(
    tools: Sequence[ToolForm], messages: Sequence[Message], reading: Collection[str]
) -> dict[str, Replies]:
    text = request_of(messages)
    seen = list(replies_of(messages))
    meant = tuple(entries_with(distinctive_in(text), messages))
    called = {turn.call.name for turn in messages if turn.call is not None}
    removed, goes_on = removed_ids(messages), may_go_on(messages)
    told = names_in(text) | attributes_in(text)
    lists = [turn.content for turn in messages if turn.role == "observation" and entries_of(turn)]
    is_sought = bool(told and lists) and not any(value in text for text in lists for value in told)
    return {
        (name := name_of(tool)): Replies(
            seen=seen,
            meant=meant,
            missing=missing_ids(name, messages),
            removed=removed,
            looked_up=looked_up_ids(name, messages),
            next_page=_next_page(tool, messages) if goes_on else {},
            is_going_on=name in called,
            is_sought=is_sought and name not in reading,
        )
        for tool in tools
    }


def _next_page(tool: ToolForm, messages: Sequence[Message]) -> dict[str, int]:
    """Argument of a tool → where the list that it has begun to read goes on."""
    given = parameters_of(tool).get("properties") or {}
    if any(is_position(name) for name in given):
        return {}  # A reply says where.
    pages = {name: next_page(name_of(tool), name, messages) for name in given}
    return {name: page for name, page in pages.items() if page is not None}
