"""Which tools a request allows next: those that do what it asks to be done, and among them those
that take the values it states.

Only what English and names say plainly is heard: a request without any word for changing something
is answered by reading, one that asks for a removal creates nothing, and an id that it states goes
to a tool that takes one. Where nothing is plain, every tool stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Final

from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.forms.acts import (
    WRITING,
    acting_words,
    barred_kinds,
    may_change,
    own_words,
    plain_words,
    subject_words,
    tool_kind,
    unnamed_verbs,
    verbs_of,
    wishes,
)
from agent.runtime.forms.decisions import (
    MISWRITTEN,
    UNFINISHED,
    after_failure,
    calls_made,
    went_well,
)
from agent.runtime.forms.described_tools import counting_tools, described_tools
from agent.runtime.forms.request_values import distinctive_in, is_id, is_shown, request_of
from agent.runtime.forms.request_words import spoken_words
from agent.runtime.forms.stated_arguments import stated_arguments, tool_nouns
from sandbox.conventions.words import singular
from sandbox.world.meta_calls import META
from trajectories.records import Call, Message

DONE: Final = frozenset({*range(200, 300), 404, 410})
CONDITION: Final = re.compile(r"\b(if|whether|unless|otherwise)\b", re.IGNORECASE)
_NEW: Final = re.compile(
    r"\b(?:an?|another)(?: new)? ([a-z ]+?)"
    r"(?= (?:with|for|called|named|of|to|that|which|in|under|on|using)\b|[.,;:?!]|$)",
    re.IGNORECASE,
)
"""What shall be made."""
EVERY: Final = re.compile(r"\b(all|any(?! more)|every|everything|each)\b", re.IGNORECASE)
SEQUENCE: Final = re.compile(r"\b(then|after that|also|as soon as|afterwards)\b", re.IGNORECASE)


def fitting_tools(
    tools: Sequence[ToolForm], callable_tools: Sequence[ToolForm], messages: Sequence[Message]
) -> list[ToolForm]:
    """Those of the callable tools that may be called next; all where nothing plain rules any out.

    `tools` are all that are offered: where the one that takes most of the stated values cannot be
    called yet, because an id is missing or stated nowhere, reading comes first.
    """
    request = request_of(messages)
    wished, said = wishes(request), spoken_words(request)
    stated = {name_of(tool): stated_for(tool, request) for tool in tools}
    taken = {name: frozenset[str]().union(*found.values()) for name, found in stated.items()}
    wanted, described = _wanted_tools(tools, request, taken)
    verbs = unnamed_verbs(wanted)
    verbs = verbs & acting_words() if wished else verbs
    counting = counting_tools(wanted, request) or described
    kinds = {name_of(tool): tool_kind(tool) for tool in wanted}
    unused = frozenset() if after_failure(messages) else unused_values(messages)
    about = {name_of(tool): own_words(tool) for tool in wanted}
    counts = {name: len(taken[name] & unused) for name in about}
    for name in about:
        # "Comment 5 of the article x": what is about both goes before what is about one of them.
        if about[name] <= said:
            counts[name] = max(
                counts[other]
                for other in about
                if other == name or (kinds[other] == kinds[name] and about[other] < about[name])
            )
    worth = {
        name: _worth(name, kinds[name], count, said, wished, verbs, name in counting)
        for name, count in counts.items()
        if count
    }
    most = max(worth.values(), default=None)
    best = {name for name, each in worth.items() if each == most}
    ready = {name_of(tool) for tool in callable_tools}
    if counting and best & ready:
        best &= ready  # Who counts reads a list, not one of its things.
    reading = {name for name, kind in kinds.items() if kind not in WRITING}
    kept = best or set(kinds)
    made = list(calls_made(messages))
    has_failed = any(reply.status not in DONE for _, reply in made)
    guessing = {name_of(tool) for tool in wanted if _guesses(tool, stated[name_of(tool)])}
    waits = bool(best - ready) or (not made and not guessing.isdisjoint(best))
    if waits or has_failed:
        kept = kept | reading
    elif CONDITION.search(request):
        known = max((counts[name] for name in reading & ready), default=0)
        kept = kept | {name for name in reading if counts[name] == known}
    if waits and SEQUENCE.search(request):
        kept = kept | set(worth) | {name for name, kind in kinds.items() if kind in wished}
    if "creating" in wished:
        # What is new may be called anything, so that its tool takes little of what is stated.
        making = {name for name in about if kinds[name] == "creating" and about[name]}
        kept = kept | {name for name in making if about[name] <= said}
    if not any(map(went_well, (reply for _, reply in made))):
        kept = kept - _later(wanted, ready, request)
    if made and not (waits or has_failed or CONDITION.search(request) or SEQUENCE.search(request)):
        kept = set(_acting(kept, ready, kinds, about, said, messages)) or kept
    kept = kept - _wider_reads(wanted, kept & ready, said, {call.name for call, _ in made})
    left = [tool for tool in callable_tools if name_of(tool) in kept]
    # Waiting, signing in and reading the documentation mend what went wrong or is not over yet.
    helps = has_failed or UNFINISHED.search(last_reply(messages))
    is_miswritten = bool(made) and made[-1][1].status in MISWRITTEN
    mending = META.keys() - {"wait", "authenticate"} if is_miswritten else META.keys()
    return [*left, *(tool for tool in callable_tools if helps and name_of(tool) in mending)]


def _wanted_tools(
    tools: Sequence[ToolForm], request: str, taken: Mapping[str, frozenset[str]]
) -> tuple[list[ToolForm], frozenset[str]]:
    """The tools that do what a request may ask for, meta-tools aside, and the names of those that
    only their description tells of; `taken` are the values that the request states for each."""
    barred = barred_kinds(request)
    says_nothing = not distinctive_in(request)  # "I'd like a new pet" says nothing of it.
    wanted = [
        tool
        for tool in tools
        if name_of(tool) not in META
        and tool_kind(tool) not in barred
        and not (
            says_nothing
            and tool_kind(tool) == "creating"
            and not taken[name_of(tool)]
            and parameters_of(tool).get("required")
        )
    ]
    others = _too_wide(wanted, request, taken) | _making_other(wanted, request)
    wanted = [tool for tool in wanted if name_of(tool) not in others]
    described = described_tools(wanted, request)
    idle = _idle_tools(wanted, request) - described
    return [tool for tool in wanted if name_of(tool) not in idle], described


def _later(tools: Sequence[ToolForm], ready: Set[str], request: str) -> frozenset[str]:
    """The tools that do what comes after something else: any change under a condition that can be
    looked up, and the making of what only a later part of the request speaks of."""
    kinds = {name_of(tool): tool_kind(tool) for tool in tools}
    if CONDITION.search(request) and any(kinds.get(name) == "reading" for name in ready):
        return frozenset(name for name, kind in kinds.items() if kind != "reading")
    first, *rest = SEQUENCE.split(request, maxsplit=1)
    if not rest or "creating" not in wishes(first):
        return frozenset()
    said = spoken_words(first)
    making = [tool for tool in tools if kinds[name_of(tool)] == "creating"]
    later = frozenset(name_of(tool) for tool in making if not own_words(tool) <= said)
    return later if len(later) < len(making) else frozenset()


def _wider_reads(
    tools: Sequence[ToolForm], names: Set[str], said: frozenset[str], called: Set[str]
) -> frozenset[str]:
    """The tools that read what a request does not speak of, where another one that was not called
    yet requires the same and reads just what it speaks of ("alerts", not "alert groups")."""
    reads = [
        (name_of(tool), own_words(tool), frozenset(parameters_of(tool).get("required") or ()))
        for tool in tools
        if name_of(tool) in names and tool_kind(tool) == "reading"
    ]
    close = [each for each in reads if each[1] and each[1] <= said and each[0] not in called]
    return frozenset(
        name
        for name, about, needed in reads
        if not about <= said and any(own < about and needed == needs for _, own, needs in close)
    )


def heads_of_new(request: str) -> frozenset[str]:
    """The last words of what a request wants made: "sound" of "a sound for the guild"."""
    return frozenset(singular(found.split()[-1].lower()) for found in _NEW.findall(request))


def _making_other(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that make something else than what a request wants made ("a new code for the
    identity"), where another makes that."""
    heads = heads_of_new(request)
    making = {name_of(tool): own_words(tool) for tool in tools if tool_kind(tool) == "creating"}
    made = {name for name, about in making.items() if about & heads}
    return frozenset(making.keys() - made) if made else frozenset()


def _too_wide(
    tools: Sequence[ToolForm], request: str, taken: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The tools that would remove all things of a kind where a request speaks of one, which another
    tool removes by its id; and those that would remove what the thing is in, by less of what the
    request states than another takes."""
    if EVERY.search(request):
        return frozenset()
    removing = {
        name_of(tool): (own_words(tool), {*(parameters_of(tool).get("required") or ())})
        for tool in tools
        if tool_kind(tool) == "removing"
    }
    return frozenset(
        name
        for name, (about, needed) in removing.items()
        if any(
            (about == own and needed < more) or (taken[name] < taken[other] and not own < about)
            for other, (own, more) in removing.items()
        )
    )


def _worth(
    name: str,
    kind: str,
    count: int,
    said: frozenset[str],
    wished: frozenset[str],
    verbs: frozenset[str],
    counts_it: bool,
) -> tuple[int, ...]:
    """How well a tool that takes `count` stated values fits a request of such words and wishes;
    `verbs` are those that only names of tools of no known kind have, `counts_it` says whether the
    tool is about what the request counts."""
    own = subject_words(name)
    is_asked = bool(own & said & verbs)
    acts = is_asked or kind in wished & WRITING
    telling = own - plain_words() - (verbs_of(kind) if kind in wished else frozenset())
    plain = is_asked or bool(wished) or kind not in WRITING
    fits = telling <= said
    is_named = is_asked or kind in wished
    return plain, count, acts, counts_it, fits, is_named, len(telling & said)


def _idle_tools(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that no name tells the kind of and whose verb nobody says, where a request is only
    for reading or only for removing and another tool does that."""
    wished = wishes(request)
    wanted = wished & WRITING or wished
    said = spoken_words(request)
    if len(wanted) != 1 or not wanted <= {"reading", "removing"}:
        return frozenset()
    if not any(tool_kind(tool) in wanted and own_words(tool) <= said for tool in tools):
        return frozenset()
    verbs = unnamed_verbs(tools)
    return frozenset(
        name_of(tool)
        for tool in tools
        if not tool_kind(tool) and not own_words(tool) & verbs & said
    )


def _acting(
    kept: Set[str],
    ready: Set[str],
    kinds: Mapping[str, str],
    about: Mapping[str, frozenset[str]],
    said: frozenset[str],
    messages: Sequence[Message],
) -> Set[str]:
    """The tools that make the one change which is wanted, where all that the request names was read
    and nothing was changed yet; none where the tool that is about most of it cannot be called."""
    request = request_of(messages)
    wished = wishes(request) & WRITING
    is_read = bool(distinctive_in(request)) and not unused_values(messages)
    if changes_made(messages) or len(wished) != 1 or not is_read:
        return frozenset()
    fits = {name for name in kept if kinds.get(name) in wished and about[name] <= said}
    closest = {name for name in fits if not any(about[name] < about[other] for other in fits)}
    return closest if closest <= ready else frozenset()


def changes_made(messages: Sequence[Message]) -> list[Call]:
    """The calls that went well of tools that may change something."""
    made = calls_made(messages)
    return [call for call, reply in made if went_well(reply) and may_change(call.name)]


def unused_values(messages: Sequence[Message]) -> frozenset[str]:
    """What can only be a value in the request and was in no call that went well, nor its reply."""
    shown = " ".join(
        f"{call.raw} {reply.content}" for call, reply in calls_made(messages) if went_well(reply)
    )
    values = distinctive_in(request_of(messages))
    return frozenset(value for value in values if not is_shown(value, shown))


def last_reply(messages: Sequence[Message]) -> str:
    """The text of the last reply; empty before any."""
    return next((turn.content for turn in reversed(messages) if turn.role == "observation"), "")


def values_taken(tool: ToolForm, request: str) -> frozenset[str]:
    """The values that the request states for any argument of a tool."""
    return frozenset().union(*stated_for(tool, request).values())


def stated_for(tool: ToolForm, request: str) -> dict[str, frozenset[str]]:
    """Argument of a tool → what the request states for it."""
    root = parameters_of(tool)
    return stated_arguments(root, request, tool_nouns(name_of(tool), root, request))


def _guesses(tool: ToolForm, stated: Mapping[str, frozenset[str]]) -> bool:
    """Whether a tool requires an id that a request, which has `stated` so much for its arguments,
    does not state by name."""
    return any(
        is_id(name) and not stated.get(name) for name in parameters_of(tool).get("required") or ()
    )
