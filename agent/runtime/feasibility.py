"""Whether a request can be done with the offered tools at all: when giving up is out of place, and
when it is all that is left.

Judged before anything was called, and by plain words only: a request that shares no word with any
tool, one for a change that no tool makes, and one to create something for which a required value is
stated nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import orjson

from agent.runtime.decisions import calls_made
from agent.runtime.environment import ToolForm
from agent.runtime.request_values import (
    SMALL_WORDS,
    is_id,
    request_of,
    request_words,
)
from agent.runtime.tool_choice import (
    DONE,
    SEQUENCE,
    WRITING,
    barred_kinds,
    name_of,
    own_words,
    parameters_of,
    plain_wishes,
    reading_words,
    stated_for,
    tool_kind,
    values_taken,
    wishes,
)
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.words import singular, singulars, words
from sandbox.world.meta_calls import META
from trajectories.records import Message
from trajectories.tool_docs import follow_reference

_POLITE: Final = (
    "about after all am any are because been before being every get hello here hi how i'd i'm if "
    "just like more most much must next no one ourselves please someone somebody something "
    "thing today tomorrow together very want when where why with write writing yes yesterday you'd"
)
_OWN_IDS: Final = frozenset({"code", "number", "name", "title"})
"""What people call a thing by, and have to choose for a new one."""
_FEW: Final = 3
_STEM: Final = 4
"""Letters by which words are told apart: "computing" and "computes" are one."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d|\b[A-Z][a-z]+ \d{1,2}(st|nd|rd|th)?,? \d{4}")
_STATED: Final = frozenset({"string", "integer", "number"})
"""Types of values that a request has to state word by word."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing can be called for a request."""

    question: str = ""
    """What has to be asked first; empty where no tool does what is wanted."""


def refusal_of(tools: Sequence[ToolForm], messages: Sequence[Message]) -> Refusal | None:
    """Why a request cannot be done; None where it may be, and once anything was called.

    None as well for one or two tools: who offers so few means them for the request.
    """
    request = request_of(messages)
    offered = [tool for tool in tools if name_of(tool) not in META]
    if len(offered) < _FEW or any(calls_made(messages)):
        return None
    if not _shares_words(offered, request):
        return Refusal()
    plainly = plain_wishes(request)
    perhaps = wishes(request, perhaps=True)
    if plainly and not any(_may_do(tool, perhaps, request) for tool in offered):
        return Refusal()
    if wishes(request) & WRITING == {"creating"} and not SEQUENCE.search(request):
        creating = [tool for tool in offered if tool_kind(tool) == "creating"]
        closest = [list(_lacking(tool, request)) for tool in _closest(creating, request)]
        if closest and all(closest):
            return Refusal(f"What is the {' '.join(words(min(closest, key=len)[0]))}?")
    return None


def has_to_try(
    tools: Sequence[ToolForm], fitting: Sequence[ToolForm], messages: Sequence[Message]
) -> bool:
    """Whether giving up is out of place: nothing was called, and a tool does what is wanted and
    takes what the request states; or only one fits, it does so, and no call has failed."""
    request, made = request_of(messages), list(calls_made(messages))
    wished = wishes(request)
    if not made:
        barred = barred_kinds(request)
        offered = [tool for tool in tools if name_of(tool) not in META]
        doing = _closest([tool for tool in offered if _does(tool, request)], request)
        if not any(not list(_lacking(tool, request)) for tool in doing):
            return False
        if any(values_taken(tool, request) for tool in offered if tool_kind(tool) not in barred):
            return True
        if wished & WRITING:
            return False
    if len(fitting) != 1 or any(reply.status not in DONE for _, reply in made):
        return False
    return bool(wished) and tool_kind(fitting[0]) in {*wished, "reading"}


def _shares_words(tools: Sequence[ToolForm], request: str) -> bool:
    """Whether a request has a word of meaning in common with what tools say about themselves."""
    spoken = {word for word in _spoken(request) if word.isalpha()} - _small_words()
    said = {word[:_STEM] for word in spoken}
    return not said or any(said & _stems(orjson.dumps(tool["function"]).decode()) for tool in tools)


@lru_cache(maxsize=1024)
def _stems(text: str) -> frozenset[str]:
    """The beginnings of all words in the description of a tool."""
    return frozenset(word[:_STEM] for word in singulars(text))


def _may_do(tool: ToolForm, wished: frozenset[str], request: str) -> bool:
    """Whether a tool could be meant for a change of a wished kind, as far as its name tells."""
    kind, about = tool_kind(tool), own_words(tool)
    if kind in WRITING:
        return kind in wished
    return "post" in words(name_of(tool)) or (
        kind != "reading" and (not about or bool(about & _spoken(request)))
    )


def _does(tool: ToolForm, request: str) -> bool:
    """Whether a tool is of the kind that a request plainly wants, or has all its words."""
    wished = wishes(request) & WRITING or wishes(request, perhaps=True)
    kind = tool_kind(tool)
    return kind in wished or (not kind and own_words(tool) <= _spoken(request))


def _closest(tools: Sequence[ToolForm], request: str) -> list[ToolForm]:
    """The tools whose own words the request has most of."""
    said = _spoken(request)
    fit = [(len(own_words(tool) & said), -len(own_words(tool) - said)) for tool in tools]
    return [tool for tool, each in zip(tools, fit, strict=True) if each == max(fit)]


def _lacking(tool: ToolForm, request: str) -> Iterator[str]:
    """Required texts and numbers of a tool of which a request says nothing.

    Not ids of other things, which replies may show, and no type, which the thing's name says.
    """
    root, stated = parameters_of(tool), stated_for(tool, request)
    said = {word[:_STEM] for word in _spoken(request) - SMALL_WORDS}
    for name, schema in _required(root, root):
        kind = schema.get("type")
        spoken = said & {word[:_STEM] for word in singulars(name)}
        if stated.get(name) or is_credential(name) or kind not in _STATED or spoken:
            continue
        is_reference = is_id(name) and words(name)[-1] not in _OWN_IDS
        if is_reference or singulars(name) == ("type",) or {"default", "const"} & schema.keys():
            continue
        is_dated = str(schema.get("format", "")).startswith("date") and _DATE.search(request)
        choices = (str(each).lower().replace("_", " ") for each in schema.get("enum", ()))
        if not is_dated and not any(each in request.lower() for each in choices):
            yield name


def _required(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Required arguments and their schemas, those of required objects among them."""
    for name in schema.get("required") or ():
        part = follow_reference((schema.get("properties") or {}).get(name), root)
        if isinstance(part, dict):
            yield name, part
            if schema is root:
                yield from _required(part, root)


def _spoken(request: str) -> frozenset[str]:
    return frozenset(word.plain for word in request_words(request))


@cache
def _small_words() -> frozenset[str]:
    """Words that say nothing of what a request is about."""
    asking = (word for phrase in reading_words() for word in phrase.split())
    return SMALL_WORDS | frozenset(map(singular, (*asking, *_POLITE.split())))
