"""What requests ask to be done and what tools do, by the words of both: plain English, and the
verbs by which tools are called (`specs/vocabulary/wishes.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Final

import specs
from agent.runtime.environment import ToolForm, name_of
from agent.runtime.forms.request_words import request_words
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import singular, words
from sandbox.world.meta_calls import META

WRITING: Final = frozenset({"creating", "updating", "removing"})
_PHRASES: Final = {
    " on the list ": " ",
    " get rid of ": " remove ",
    " set up ": " create ",
    r" its(?: \w+){1,3} should be ": " change ",
}
_NO_WISH: Final = re.compile(
    r" (?:(?:update|change|create|modification|removal) (?:time|date)|last update|add up"
    r"|(?:which|that) should|set to|the new|on record)(?= )"
)
"""What only looks like a wish to change something."""
_THEN: Final = re.compile(
    r"[,;.]? (?:and )?(?:then|after that|afterwards|as soon as)\b|(?=\bit also needs\b)",
    re.IGNORECASE,
)
"""Stands between what is asked for first and what then."""
_ASKS_WHETHER: Final = re.compile(
    r"(?:^|[.!:,] )(?:is|are|was|were|does|do|did|has|have)\b (?!you\b|not\b)[^.?!]*\?",
    re.IGNORECASE,
)
"""A question that is answered by yes or no."""


@lru_cache(maxsize=256)
def wishes(
    request: str, *, perhaps: bool = False, nouns: frozenset[str] = frozenset()
) -> frozenset[str]:
    """The kinds of acts that a request has words for, outside of quoted texts; with `perhaps` also
    those that a noun may only seem to be, but for those which are known to be `nouns`."""
    plain, kinds = _plain(request), set[str]()
    vocabulary = _vocabulary()
    for kind, found in vocabulary.items():
        if any(f" {phrase} " in plain for phrase in found["phrases"]):
            kinds.add(kind)
    if not kinds & WRITING and _ASKS_WHETHER.search(request):
        return frozenset({"reading"})
    for kind, found in vocabulary.items():
        maybe = [word for word in found["perhaps"] if perhaps and word not in nouns]
        if any(f" {word} " in plain for word in maybe):
            kinds.add(kind)
    return frozenset(kinds)


def plain_wishes(request: str) -> frozenset[str]:
    """The changes that a request asks for with a verb that tools are named by: "delete", not "new"
    or "should"."""
    said = set(_plain(request).split())
    return frozenset(
        kind
        for kind in WRITING & wishes(request)
        if said & verbs_of(kind) & {*_vocabulary()[kind]["phrases"]} - {"new", "make"}
    )


def may_go(request: str) -> bool:
    """Whether a request says in several words that something shall be removed, and nothing else
    ("can go", "has to go", "no longer need")."""
    plain = _plain(request)
    phrases = [phrase for phrase in _vocabulary()["removing"]["phrases"] if " " in phrase]
    is_all = wishes(request) & WRITING == {"removing"}
    return is_all and any(f" {phrase} " in plain for phrase in phrases)


def parts_of(request: str) -> list[str]:
    """What a request asks for one after another."""
    return _THEN.split(request)


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
            if word in verbs_of(kind) or singular(word) in verbs_of(kind):
                return kind
    own = words(name)
    return "creating" if own[:1] == ("post",) and singular(own[-1]) != own[-1] else ""


def tool_kind(tool: ToolForm) -> str:
    """What a tool does; see `kind_of`."""
    return kind_of(name_of(tool), str(tool["function"].get("description") or ""))


def may_change(name: str) -> bool:
    """Whether a tool's name does not say that it only reads."""
    return kind_of(name, "") != "reading" and name not in META


def own_words(tool: ToolForm) -> frozenset[str]:
    """The words of a tool's name that say what it is about, not what it does: behind another word
    a "book" or a "place" is a thing."""
    acts = frozenset().union(*map(verbs_of, _vocabulary()))
    things = frozenset(map(singular, words(name_of(tool))[1:])) & _things()
    return subject_words(name_of(tool)) - plain_words() - (acts - things)


def subject_words(name: str) -> frozenset[str]:
    """The words of a tool's name before "by", which says how it looks things up."""
    own = words(name)
    return frozenset(map(singular, own[: own.index("by")] if "by" in own else own))


def unnamed_verbs(tools: Iterable[ToolForm]) -> frozenset[str]:
    """The words by which tools are called whose kind no name tells ("authorize", "capture"): those
    that stand in no other tool's name."""
    known, other = frozenset[str](), frozenset[str]()
    for tool in tools:
        if kind_of(name_of(tool), ""):
            known |= own_words(tool)
        elif name_of(tool) not in META:
            other |= own_words(tool)
    return other - known


def reading_words() -> list[str]:
    """Phrases of requests to read something."""
    return _vocabulary()["reading"]["phrases"]


@cache
def plain_words() -> frozenset[str]:
    """Words of a tool's name that tell nothing of what it is about."""
    small = "post api v 1 2 3 a an the by for of all to in from with and".split()
    return verbs_of("reading") | names("identifiers", "pure") | frozenset(small)


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
    """A word for a change as a noun: "the upload", "its record", "of order 7"."""
    verbs = {word for kind in WRITING for word in _vocabulary()[kind]["phrases"]}
    nouns = sorted(word for word in verbs - {"new", "correct", "instead"} if word.isalpha())
    perhaps = [word for kind in WRITING for word in _vocabulary()[kind]["perhaps"]]
    before = "the|a|an|its|their|his|her|my|our|your"
    after = "of|for|from|about"
    return re.compile(
        rf" (?:{before}) (?:{'|'.join(nouns)})(?= )| (?:{after}) (?:{'|'.join(perhaps)})(?= )"
    )


@cache
def _things() -> frozenset[str]:
    """Verbs for making something that are as often nouns."""
    return verbs_of("creating") & names("deeds", "nouns_too")


@cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    import yaml12

    found: Any = yaml12.parse_yaml(specs.path("wishes", "vocabulary").read_text("utf-8"))
    return found  # type: ignore[no-any-return]


@cache
def verbs_of(kind: str) -> frozenset[str]:
    return frozenset(_vocabulary()[kind]["tools"])


@cache
def acting_words() -> frozenset[str]:
    """Words for changing something."""
    return frozenset(word for kind in WRITING for word in _vocabulary()[kind]["phrases"])
