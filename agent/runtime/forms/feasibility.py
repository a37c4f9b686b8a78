"""Whether a request can be done with the offered tools at all: when giving up is out of place, and
when it is all that is left.

Judged before anything was called, and by plain words only: a request that shares no word with any
tool, or has fewer numbers than each requires, one for a change that no tool makes or of a thing
that it does not name, and one to create something for which a required value is stated nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import orjson

from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import (
    WRITING,
    barred_kinds,
    kind_of,
    may_go,
    own_words,
    plain_wishes,
    plain_words,
    reading_words,
    tool_kind,
    wishes,
)
from agent.runtime.forms.decisions import calls_made
from agent.runtime.forms.request_values import SMALL_WORDS, distinctive_in, is_id, request_of
from agent.runtime.forms.request_words import spoken_words
from agent.runtime.forms.stated_arguments import argument_paths
from agent.runtime.forms.tool_choice import DONE, SEQUENCE, heads_of_new, stated_for, values_taken
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.words import singular, singulars, words
from sandbox.world.meta_calls import META
from trajectories.records import Message
from trajectories.tool_docs import follow_reference

_POLITE: Final = (
    "about after all am any are be because been before being between every get hello here hi how "
    "i'd i'm if just like more most much must next no one ourselves please someone somebody "
    "something thing today tomorrow together very want when where why with write writing yes "
    "yesterday you'd"
)
_GENERAL: Final = (
    "api based calculate calculation compute detail determine function information number "
    "provide result specific specified use using value"
)
"""What tools and requests of any subject speak of."""
_NUMERIC: Final = frozenset({"integer", "number"})
_NUMBER: Final = re.compile(
    r"\d+(?:[.,]\d+)*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty"
    r"|hundred|thousand|half|twice|double|triple|dozen|first|second|third)\b",
    re.IGNORECASE,
)
_ANY_ONE: Final = re.compile(r"\b(?:one|some|any) of (?:the|our|my|these|those)\b", re.IGNORECASE)
"""A thing to change that is not named."""
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

    Who offers one or two tools means them for the request, unless they require what it lacks.
    """
    request = request_of(messages)
    offered = [tool for tool in tools if name_of(tool) not in META]
    if not offered or any(calls_made(messages)):
        return None
    # A question is not what a tool is meant for that can only change things.
    only_asks = not wishes(request, perhaps=True) & WRITING
    is_meant = len(offered) < _FEW and not (
        only_asks and all(tool_kind(tool) in WRITING for tool in offered)
    )
    asked = [tool for tool in offered if not (only_asks and tool_kind(tool) in WRITING)]
    if not any(_may_serve(tool, request, is_meant) for tool in asked or offered):
        return Refusal()
    if len(offered) < _FEW:
        return None
    plainly = plain_wishes(request)
    is_about_one = wishes(request) & WRITING == {"updating"} and distinctive_in(request)
    if not plainly and is_about_one and " should " in request:
        plainly = frozenset({"updating"})
    plainly = plainly or frozenset({"removing"} if may_go(request) else ())
    if plainly and _ANY_ONE.search(request) and not distinctive_in(request):
        return Refusal("Which one do you mean?")
    perhaps = wishes(request, perhaps=True, nouns=_nouns(offered))
    if plainly and not any(_may_do(tool, perhaps, request) for tool in offered):
        return Refusal()
    if wishes(request) & WRITING == {"creating"} and not SEQUENCE.search(request):
        creating = [tool for tool in offered if tool_kind(tool) == "creating"]
        closest = [list(_lacking(tool, request)) for tool in _closest(creating, request)]
        if closest and all(closest):
            return Refusal(f"What is the {' '.join(words(min(closest, key=len)[0]))}?")
    return None


def _nouns(tools: Sequence[ToolForm]) -> frozenset[str]:
    """What tools are about, and the words in names of several words that their arguments have."""
    found = frozenset().union(*map(own_words, tools))
    roots = map(parameters_of, tools)
    paths = (path for root in roots for path in argument_paths(root, root))
    parts = (words(path[-1]) for path in paths)
    return found.union(*(part for part in parts if len(part) > 1))


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


def _may_serve(tool: ToolForm, request: str, is_meant: bool) -> bool:
    """Whether a request has as many numbers as a tool requires, and a telling word in common with
    it: with its name, its description and its parameters' names; where it requires nothing, with
    anything that it says, and with `is_meant` even without such a word."""
    spoken = {word for word in spoken_words(request) if word.isalpha()} - _untelling()
    said = {word[:_STEM] for word in spoken}
    parameters = parameters_of(tool)
    if not parameters.get("required"):
        return is_meant or not said or bool(said & _stems(orjson.dumps(tool["function"]).decode()))
    numbers = [
        name
        for name, part in _required_arguments(parameters, parameters)
        if part.get("type") in _NUMERIC and "default" not in part and not is_id(name)
    ]
    if len(numbers) > len(_NUMBER.findall(request)):
        return False
    texts = [name_of(tool), str(tool["function"].get("description") or "")]
    about = singulars(" ".join([*texts, *(parameters.get("properties") or ())]))
    telling = {word[:_STEM] for word in about if word not in _untelling()}
    return not said or not telling or bool(said & telling)


@lru_cache(maxsize=1024)
def _stems(text: str) -> frozenset[str]:
    """The beginnings of all words in the description of a tool."""
    return frozenset(word[:_STEM] for word in singulars(text))


def _may_do(tool: ToolForm, wished: frozenset[str], request: str) -> bool:
    """Whether a tool could be meant for a change of a wished kind, as far as its name tells."""
    kind, about = tool_kind(tool), own_words(tool)
    if kind in WRITING:
        return kind in wished or bool(wished & _kinds_in(name_of(tool)))
    acts = kind != "reading" or "post" in words(name_of(tool))
    said = (heads_of_new(request) if wished == {"creating"} else ()) or spoken_words(request)
    return acts and (not about or bool(about & said))


def _kinds_in(name: str) -> frozenset[str]:
    """The kinds of all verbs in a tool's name ("createOrUpdate")."""
    return frozenset(filter(None, (kind_of(word, "") for word in words(name))))


def _does(tool: ToolForm, request: str) -> bool:
    """Whether a tool is of the kind that a request plainly wants, or has all its words."""
    wished = wishes(request) & WRITING or wishes(request, perhaps=True)
    kind = tool_kind(tool)
    return kind in wished or (not kind and own_words(tool) <= spoken_words(request))


def _closest(tools: Sequence[ToolForm], request: str) -> list[ToolForm]:
    """The tools whose own words the request has most of."""
    said = spoken_words(request)
    fit = [(len(own_words(tool) & said), -len(own_words(tool) - said)) for tool in tools]
    return [tool for tool, each in zip(tools, fit, strict=True) if each == max(fit)]


def _lacking(tool: ToolForm, request: str) -> Iterator[str]:
    """Required texts and numbers of a tool of which a request says nothing.

    Not ids of other things, which replies may show, and no type, which the thing's name says.
    """
    root, stated = parameters_of(tool), stated_for(tool, request)
    about = {word[:_STEM] for word in own_words(tool)}
    said = {word[:_STEM] for word in spoken_words(request) - SMALL_WORDS}
    for name, schema in _required_arguments(root, root):
        kind = schema.get("type")
        own = {word[:_STEM] for word in singulars(name)}
        spoken = said & (own - about or own)
        if stated.get(name) or is_credential(name) or kind not in _STATED or spoken:
            continue
        is_reference = is_id(name) and words(name)[-1] not in _OWN_IDS
        if is_reference or singulars(name) == ("type",) or {"default", "const"} & schema.keys():
            continue
        is_dated = str(schema.get("format", "")).startswith("date") and _DATE.search(request)
        choices = (str(each).lower().replace("_", " ") for each in schema.get("enum", ()))
        if not is_dated and not any(each in request.lower() for each in choices):
            yield name


def _required_arguments(
    schema: Mapping[str, Any], root: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Required arguments and their schemas, those of required objects among them."""
    for name in schema.get("required") or ():
        part = follow_reference((schema.get("properties") or {}).get(name), root)
        if isinstance(part, dict):
            yield name, part
            if schema is root:
                yield from _required_arguments(part, root)


@cache
def _untelling() -> frozenset[str]:
    """Words that say nothing of what a request or a tool is about."""
    asking = (word for phrase in reading_words() for word in phrase.split())
    words_of_all = (*asking, *_POLITE.split(), *_GENERAL.split())
    return SMALL_WORDS | plain_words() | frozenset(map(singular, words_of_all))
