"""Which tools a request allows next: those that do what it asks to be done, and among them those
that take the values it states.

Only what English and names say plainly is heard: a request without any word for changing something
is answered by reading, one that asks for a removal creates nothing, and an id that it states goes
to a tool that takes one. Where nothing is plain, every tool stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import cache, lru_cache
from typing import Any, Final

import specs
from agent.runtime.decisions import after_failure, calls_made, went_well
from agent.runtime.environment import ToolForm, name_of, parameters_of
from agent.runtime.request_values import distinctive_in, is_id, is_shown, request_of, request_words
from agent.runtime.stated_arguments import stated_arguments, tool_nouns
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import singular, words
from sandbox.world.meta_calls import META
from trajectories.records import Message

WRITING: Final = frozenset({"creating", "updating", "removing"})
DONE: Final = frozenset({*range(200, 300), 404, 410})
UNFINISHED: Final = re.compile(
    r"\b(pending|queued|running|in.?progress|processing)\b", re.IGNORECASE
)
CONDITION: Final = re.compile(r"\b(if|whether|unless|otherwise)\b", re.IGNORECASE)
_PHRASES: Final = {
    " get rid of ": " remove ",
    " set up ": " create ",
    r" its(?: \w+){1,3} should be ": " change ",
}
_NO_WISH: Final = re.compile(
    r" (?:(?:update|change|create|modification|removal) (?:time|date)|last update|add up"
    r"|(?:which|that) should|set to|the new|on record)(?= )"
)
"""What only looks like a wish to change something."""
_NEW: Final = re.compile(
    r"\b(?:an?|another)(?: new)? ([a-z ]+?)"
    r"(?= (?:with|for|called|named|of|to|that|which|in|under|on|using)\b|[.,;:?!]|$)",
    re.IGNORECASE,
)
"""What shall be made."""
EVERY: Final = re.compile(r"\b(all|any|every|everything|each)\b", re.IGNORECASE)
SEQUENCE: Final = re.compile(r"\b(then|after that|also|as soon as|afterwards)\b", re.IGNORECASE)


def fitting_tools(
    tools: Sequence[ToolForm], callable_tools: Sequence[ToolForm], messages: Sequence[Message]
) -> list[ToolForm]:
    """Those of the callable tools that may be called next; all where nothing plain rules any out.

    `tools` are all that are offered: where the one that takes most of the stated values cannot be
    called yet, because an id is missing or stated nowhere, reading comes first.
    """
    request = request_of(messages)
    wished, barred = wishes(request), barred_kinds(request)
    if not distinctive_in(request):
        # "I'd like a new pet" says nothing of it.
        tools = [
            tool
            for tool in tools
            if tool_kind(tool) != "creating"
            or values_taken(tool, request)
            or not parameters_of(tool).get("required")
        ]
    wanted = [tool for tool in tools if name_of(tool) not in META and tool_kind(tool) not in barred]
    kinds = {name_of(tool): tool_kind(tool) for tool in wanted}
    unused = frozenset() if after_failure(messages) else unused_values(messages)
    said = frozenset(word.plain for word in request_words(request))
    about = {name_of(tool): own_words(tool) for tool in wanted}
    counts = {name_of(tool): len(values_taken(tool, request) & unused) for tool in wanted}
    for name in about:
        # "Comment 5 of the article x": what is about both goes before what is about one of them.
        if about[name] <= said:
            counts[name] = max(
                counts[other]
                for other in about
                if other == name or (kinds[other] == kinds[name] and about[other] < about[name])
            )
    worth = {
        name: _worth(name, kinds[name], count, said, wished)
        for name, count in counts.items()
        if count
    }
    most = max(worth.values(), default=None)
    best = {name for name, each in worth.items() if each == most}
    ready = {name_of(tool) for tool in callable_tools}
    reading = {name for name, kind in kinds.items() if kind not in WRITING}
    kept = best or set(kinds)
    made = list(calls_made(messages))
    has_failed = any(reply.status not in DONE for _, reply in made)
    guessing = {name_of(tool) for tool in wanted if _guesses(tool, request)}
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
    kept = kept - _too_wide(wanted, request) - _making_other(wanted, request)
    left = [tool for tool in callable_tools if name_of(tool) in kept]
    # Waiting, signing in and reading the documentation mend what went wrong or is not over yet.
    helps = has_failed or UNFINISHED.search(last_reply(messages))
    return [*left, *(tool for tool in callable_tools if helps and name_of(tool) in META)]


def _later(tools: Sequence[ToolForm], ready: Set[str], request: str) -> frozenset[str]:
    """The tools that do what comes after something else: any change under a condition that can be
    looked up, and the making of what only a later part of the request speaks of."""
    kinds = {name_of(tool): tool_kind(tool) for tool in tools}
    if CONDITION.search(request) and any(kinds.get(name) == "reading" for name in ready):
        return frozenset(name for name, kind in kinds.items() if kind != "reading")
    first, *rest = SEQUENCE.split(request, maxsplit=1)
    if not rest or "creating" not in wishes(first):
        return frozenset()
    said = frozenset(word.plain for word in request_words(first))
    making = [tool for tool in tools if kinds[name_of(tool)] == "creating"]
    later = frozenset(name_of(tool) for tool in making if not own_words(tool) <= said)
    return later if len(later) < len(making) else frozenset()


def _making_other(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that make something else than what a request wants made ("a new code for the
    identity"), where another makes that."""
    heads = frozenset(singular(found.split()[-1].lower()) for found in _NEW.findall(request))
    making = {name_of(tool): own_words(tool) for tool in tools if tool_kind(tool) == "creating"}
    made = {name for name, about in making.items() if about & heads}
    return frozenset(making.keys() - made) if made else frozenset()


def _too_wide(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that would remove all things of a kind where a request speaks of one, which another
    tool removes by its id."""
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
        if any(about == other and needed < more for other, more in removing.values())
    )


def _worth(
    name: str, kind: str, count: int, said: frozenset[str], wished: frozenset[str]
) -> tuple[int, ...]:
    """How well a tool that takes `count` stated values fits a request of such words and wishes."""
    own = _subject(name)
    is_asked = not kind and bool(own & said & _acting_words())
    acts = is_asked or kind in wished & WRITING
    telling = own - plain_words() - (_words_of(kind) if kind in wished else frozenset())
    plain = bool(wished) or kind not in WRITING
    fits = telling <= said
    return plain, count, acts, fits, is_asked or kind in wished, len(telling & said)


@lru_cache(maxsize=256)
def wishes(
    request: str, *, perhaps: bool = False, nouns: frozenset[str] = frozenset()
) -> frozenset[str]:
    """The kinds of acts that a request has words for, outside of quoted texts; with `perhaps` also
    those that a noun may only seem to be, but for those which are known to be `nouns`."""
    plain, kinds = _plain(request), set[str]()
    for kind, found in _vocabulary().items():
        maybe = [word for word in found["perhaps"] if perhaps and word not in nouns]
        if any(f" {phrase} " in plain for phrase in (*found["phrases"], *maybe)):
            kinds.add(kind)
    return frozenset(kinds)


@lru_cache(maxsize=256)
def _plain(request: str) -> str:
    """A request's words between blanks, without its values, with one verb for a phrase."""
    spoken = [word.text.lower() for word in request_words(request) if not word.is_value]
    text = f" {' '.join(spoken)} "
    for phrase, verb in _PHRASES.items():
        text = re.sub(phrase, verb, text)
    return _NO_WISH.sub(" ", _a_thing().sub(" the", text))


@cache
def _a_thing() -> re.Pattern[str]:
    """A word for a change as a noun: "the upload", "its record"."""
    verbs = {word for kind in WRITING for word in _vocabulary()[kind]["phrases"]}
    nouns = sorted(word for word in verbs - {"new", "correct", "instead"} if word.isalpha())
    before = "the|a|an|its|their|his|her|my|our|your"
    return re.compile(rf" (?:{before}) (?:{'|'.join(nouns)})(?= )")


def plain_wishes(request: str) -> frozenset[str]:
    """The changes that a request asks for with a verb that tools are named by: "delete", not "new"
    or "should"."""
    said = set(_plain(request).split())
    return frozenset(
        kind
        for kind in WRITING & wishes(request)
        if said & _words_of(kind) & {*_vocabulary()[kind]["phrases"]} - {"new", "make"}
    )


def barred_kinds(request: str) -> frozenset[str]:
    """The kinds of tools that do what a request surely does not ask for."""
    wished = wishes(request)
    surely, perhaps = wished & WRITING, wishes(request, perhaps=True) & WRITING
    if surely == {"removing"}:
        return frozenset(("creating", "updating")) - perhaps
    if surely:
        return frozenset(("removing",)) - perhaps
    return frozenset() if perhaps or not wished else WRITING


@lru_cache(maxsize=4096)
def kind_of(name: str, description: str) -> str:
    """What a tool does, by the first verb in its name, else by the first word of its description,
    else by being a POST to a collection; empty where nothing says."""
    for word in (*words(name), *words(description.partition(" ")[0])):
        for kind in _vocabulary():
            if word in _words_of(kind) or singular(word) in _words_of(kind):
                return kind
    own = words(name)
    return "creating" if own[:1] == ("post",) and singular(own[-1]) != own[-1] else ""


def may_change(name: str) -> bool:
    """Whether a tool's name does not say that it only reads."""
    return kind_of(name, "") != "reading" and name not in META


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


def _guesses(tool: ToolForm, request: str) -> bool:
    """Whether a tool requires an id that a request does not state by name."""
    stated = stated_for(tool, request)
    return any(
        is_id(name) and not stated[name] for name in parameters_of(tool).get("required") or ()
    )


def own_words(tool: ToolForm) -> frozenset[str]:
    """The words of a tool's name that say what it is about, not what it does."""
    acts = frozenset().union(*map(_words_of, _vocabulary()))
    return _subject(name_of(tool)) - plain_words() - acts


def _subject(name: str) -> frozenset[str]:
    """The words of a tool's name before "by", which says how it looks things up."""
    own = words(name)
    return frozenset(map(singular, own[: own.index("by")] if "by" in own else own))


def reading_words() -> list[str]:
    """Phrases of requests to read something."""
    return _vocabulary()["reading"]["phrases"]


def tool_kind(tool: ToolForm) -> str:
    """What a tool does; see `kind_of`."""
    return kind_of(name_of(tool), str(tool["function"].get("description") or ""))


@cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    import yaml12

    found: Any = yaml12.parse_yaml(specs.path("wishes", "vocabulary").read_text("utf-8"))
    return found  # type: ignore[no-any-return]


@cache
def _words_of(kind: str) -> frozenset[str]:
    return frozenset(_vocabulary()[kind]["tools"])


@cache
def _acting_words() -> frozenset[str]:
    """Words for changing something."""
    return frozenset(word for kind in WRITING for word in _vocabulary()[kind]["phrases"])


@cache
def plain_words() -> frozenset[str]:
    """Words of a tool's name that tell nothing of what it is about."""
    small = "post api v 1 2 3 a an the by for of all to in from with and".split()
    return _words_of("reading") | names("identifiers", "pure") | frozenset(small)
