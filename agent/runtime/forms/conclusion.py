"""When a conversation may be concluded: nothing that was tried is left unresolved, and what the
request names and asks for was done or shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import (
    WRITING,
    kind_of,
    may_change,
    own_words,
    parts_of,
    tool_kind,
    unnamed_verbs,
    wishes,
)
from agent.runtime.forms.answers import answer_of, is_over_all
from agent.runtime.forms.conditions import ENOUGH_CALLS
from agent.runtime.forms.decisions import (
    GONE,
    MISWRITTEN,
    UNFINISHED,
    after_failure,
    calls_made,
    went_well,
)
from agent.runtime.forms.described_tools import counting_tools
from agent.runtime.forms.lists_read import (
    chooses_page,
    entries_of,
    is_list,
    is_partly_read,
    matching_entries,
    says_total,
)
from agent.runtime.forms.request_values import distinctive_in, is_id, is_shown, request_of
from agent.runtime.forms.request_words import request_words
from agent.runtime.forms.tool_choice import (
    CONDITION,
    DONE,
    EVERY,
    changes_made,
    stated_for,
    unused_values,
)
from sandbox import exact_json
from sandbox.conventions.words import words
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message

MANY_CALLS: Final = 12
"""Calls after which nothing more is expected."""
_ALL: Final = re.compile(
    r"\b(all|every|each)\b"
    r"|\bthe [a-z ]+s (?:(?:for|of|in) [^.?!]*? )?(whose|that|which|with|called|named)\b",
    re.IGNORECASE,
)
_SEVERAL: Final = re.compile(
    r"\b(all|every|each|another|both|twice|times|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(r"\b(what|which|who|when|how|tell me|show me)\b", re.IGNORECASE)
_REFUSED: Final = MISWRITTEN | {401, 403}
_MAKING: Final = WRITING - {"removing"}
_SHORT_NUMBER: Final = re.compile(r"\d{1,3}\Z")
_ATTRIBUTE: Final = re.compile(
    r"\b(what('s| is| are| was| were)|tell me|give me|need|know|forgot|look up|looking for|have)"
    r" (the|its|their|his|her) [a-z ]+ (of|for) ",
    re.IGNORECASE,
)
"""Asks for something that something has."""


def may_conclude(messages: Sequence[Message], *, resolved: bool = True) -> bool:
    """Whether an answer may follow: not where the last call failed, unless nothing was there.

    With `resolved`, the last call that changes something counts rather than one that looks after
    it: once it went well, a look that fails takes nothing back, and while a tool refused it for how
    it was written nothing is done. Nothing is concluded where no call has gone well.
    """
    made = [(call.name, reply.status) for call, reply in calls_made(messages)]
    changes = [(name, status) for name, status in made if may_change(name)]
    failed = after_failure(messages) and (not made or made[-1][1] not in GONE)
    if not resolved:
        return not failed
    if _REFUSED & set(dict(changes).values()):
        return False
    # What was to be made or changed in a thing that there is not was not; what was to go is gone.
    if any(kind_of(name, "") in _MAKING and last in GONE for name, last in dict(changes).items()):
        return False
    looks = bool(made) and not may_change(made[-1][0])
    if failed and not (looks and changes and changes[-1][1] in DONE):
        return False
    return not made or any(status is not None and status < 300 for _, status in made)


def covers_request(messages: Sequence[Message]) -> bool:
    """Whether each value that the request names was part of a call that went well, or of its reply.

    Values are quoted texts and words with digits; in a request that only asks for something, no
    short numbers ("the top 5"). What is not there (404, 410) was looked for. A condition may leave
    a value unused, and after several calls any answer is better than none.
    """
    made = list(calls_made(messages))
    request = request_of(messages)
    if not made or len(made) >= ENOUGH_CALLS or " if " in request:
        return True
    texts = [
        exact_json.dumps(call.arguments).decode() + reply.content
        for call, reply in made
        if reply.status in DONE
    ]
    shown = " ".join(texts)
    changes = wishes(request) & WRITING
    return all(
        is_shown(word.text, shown) or exact_json.dumps(word.text).decode()[1:-1] in shown
        for word in request_words(request)
        if word.quoted
        or (
            any(letter.isdigit() for letter in word.text)
            and (changes or not _SHORT_NUMBER.match(word.text))
        )
    )


def is_complete(messages: Sequence[Message], tools: Sequence[ToolForm]) -> bool:
    """Whether nothing that a request plainly goes on to ask for is left: a page of a list that it
    counts or adds up, an act after "then", or an entry where it wants all of them changed.

    True before any call, and after many.
    """
    request, made = request_of(messages), list(calls_made(messages))
    if not made or len(made) >= MANY_CALLS or CONDITION.search(request):
        return True
    well = [(call, reply) for call, reply in made if went_well(reply)]
    lists = [(call, reply) for call, reply in well if entries_of(reply)]
    if is_over_all(request):
        last = (lists or well)[-1:]
        if (lists and is_partly_read(messages)) or not all(
            _is_about_what_is_counted(call, request, tools) for call, _ in last
        ):
            return False
    changes = changes_made(messages)
    if len(changes) < _wanted_changes(request, tools):
        return False
    if changes and lists and wishes(request) & WRITING and _ALL.search(request):
        touched = " ".join(call.raw for call in changes)
        return all(
            any(text in touched for text in _ids_in(entry))
            for entry in matching_entries(request, entries_of(lists[-1][1]))
        )
    return True


def _is_about_what_is_counted(call: Call, request: str, tools: Sequence[ToolForm]) -> bool:
    """False where a request counts something that another tool is about that does not change it,
    and the tool that was called is not."""
    about = counting_tools([tool for tool in tools if tool_kind(tool) not in WRITING], request)
    return not about or call.name in about


def _wanted_changes(request: str, tools: Sequence[ToolForm]) -> int:
    """How many changes a request asks for one after another: each part of it that has a word for a
    change, or the verb of a tool, and each later one that asks for nothing to read."""
    first, *later = parts_of(request)
    if not later:
        return 0
    verbs = unnamed_verbs(tools)

    def changes(part: str) -> bool:
        return bool(wishes(part) & WRITING or verbs & _lower_words(part))

    wanted = [changes(part) or bool(part.strip(" .") and not wishes(part)) for part in later]
    return changes(first) + sum(wanted)


def has_changed_all(messages: Sequence[Message], tools: Sequence[ToolForm]) -> bool:
    """Whether all that a request wants changed was: as many changes went well as it has parts and
    verbs for, and all that it names was sent or shown. Nothing is known of one for several things.
    """
    request = request_of(messages)
    asked = len(wishes(request) & WRITING) + len(unnamed_verbs(tools) & _lower_words(request))
    if _SEVERAL.search(request) or _ALL.search(request) or unused_values(messages):
        return False
    return len(changes_made(messages)) >= max(1, asked, _wanted_changes(request, tools))


def _lower_words(text: str) -> frozenset[str]:
    return frozenset(word.text.lower() for word in request_words(text))


def _ids_in(entry: Mapping[str, Any]) -> list[str]:
    return [str(value) for name, value in entry.items() if is_id(name) and value is not None]


def is_answered(messages: Sequence[Message], tools: Sequence[ToolForm]) -> bool:
    """Whether replies show what the request asks for, or a call did what it wants to be done.

    True as well where the request is of another kind, where no tool makes such a change, where the
    very thing that was asked about was read, and after several calls; never before any.
    """
    request, made = request_of(messages), list(calls_made(messages))
    wished = wishes(request)
    said, verbs = _lower_words(request), unnamed_verbs(tools)
    orders = bool(verbs & said) and not _ASKS.search(request)
    if not made or len(made) >= ENOUGH_CALLS or CONDITION.search(request):
        return bool(made) or not (wished or orders)
    if not (wished or orders):
        return True
    well = [call.name for call, reply in made if went_well(reply)]
    if orders and not wished & WRITING:
        return any(verbs & said & {*words(name)} for name in well)
    kinds = {tool_kind(tool) for tool in tools if name_of(tool) not in META}
    if wished & WRITING and kinds & {*(wished & WRITING), ""}:
        return bool(changes_made(messages))
    gone = any(reply.status in GONE for _, reply in made)
    if gone or not _ATTRIBUTE.search(request) or answer_of(messages).asked:
        return True
    called = frozenset().union(*(own_words(tool) for tool in tools if name_of(tool) in well))
    named = [own_words(tool) for tool in tools if tool_kind(tool) == "reading"]
    if any(own and own <= said and not own <= called for own in named):
        return False  # "The city of the owner of cat 4": what else is spoken of can be read, too.
    call, reply = made[-1]
    shown = f"{call.raw} {reply.content}"
    values = distinctive_in(request)
    return not entries_of(reply) and all(value in shown for value in values)


def is_known(messages: Sequence[Message], tools: Sequence[ToolForm]) -> bool:
    """Whether a request asks for nothing but what a list shows as a whole, and all of that list was
    read: a reply says how many there are, or its tool cannot choose a page."""
    request = request_of(messages)
    if wishes(request) != {"reading"} or not (is_over_all(request) or EVERY.search(request)):
        return False
    asked = answer_of(messages).asked
    if not asked or any(len(texts) != 1 for texts in asked) or is_partly_read(messages):
        return False
    made = [(call.name, reply) for call, reply in calls_made(messages) if is_list(reply)]
    pages = {
        name_of(tool)
        for tool in tools
        if any(map(chooses_page, parameters_of(tool).get("properties") or ()))
    }
    return bool(made) and (made[-1][0] not in pages or says_total(made[-1][1]))


def finished_creates(messages: Sequence[Message], tools: Sequence[ToolForm]) -> frozenset[str]:
    """The tools that have made what the request wants made: their last call went well, and the
    request has no other value left for an argument that it had, or speaks of what another tool
    makes that has made nothing yet."""
    request, made = request_of(messages), list(calls_made(messages))
    last = {call.name: (call, went_well(reply)) for call, reply in made}
    if _SEVERAL.search(request):
        return frozenset()
    left, said = unused_values(messages), _lower_words(request)
    is_other_left = any(
        tool_kind(tool) == "creating"
        and frozenset() < own_words(tool) <= said
        and not last.get(name_of(tool), (None, False))[1]
        for tool in tools
    )
    found = set[str]()
    for tool in tools:
        call, is_well = last.get(name_of(tool), (None, False))
        if call is not None and is_well and tool_kind(tool) == "creating":
            had = set(_keys(call.arguments))
            stated = stated_for(tool, request).items()
            if is_other_left or not any(values & left for name, values in stated if name in had):
                found.add(name_of(tool))
    return frozenset(found)


def finished_calls(messages: Sequence[Message]) -> list[Call]:
    """The calls that would give nothing new: changes that went well, and reads since the last
    change or wait that went well, whose replies do not say that something goes on. For creates see
    `finished_creates`."""
    if _SEVERAL.search(request_of(messages)):
        return []
    done, read = list[Call](), list[Call]()
    for call, reply in calls_made(messages):
        kind = kind_of(call.name, "")
        is_refused = reply.status in _REFUSED or reply.status in GONE
        if call.name in META or (kind != "reading" and not is_refused):
            read.clear()
        if call.name in META or not went_well(reply):
            continue
        if kind in WRITING - {"creating"}:
            done.append(call)
        elif kind != "creating" and not UNFINISHED.search(reply.content):
            read.append(call)
    return [*done, *read]


def _keys(value: Any) -> Iterator[str]:
    """The names of all fields in a value, however deep."""
    if isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _keys(part)
