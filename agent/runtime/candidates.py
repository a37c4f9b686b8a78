"""Values that an argument may have, in the order in which they are likely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.runtime.admitted import examples_in, fitting_values
from agent.runtime.request_values import (
    SMALL_WORDS,
    attributes_in,
    is_id,
    names_in,
    own_name,
    request_words,
    spoken_words,
)
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import same, singulars, words

MOST: Final = 120
"""Candidates of one argument."""
_VERSION: Final = frozenset({"version", "etag", "revision", "match", "digest", "hash", "since"})
"""Words of names of arguments by which a change is held to what was read."""
_DEFAULT: Final = re.compile(r"\bdefault", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a conversation has shown, and which tool is held."""

    text: str
    """All that the user has said."""
    request: str
    """The same where what it states counts, else empty."""
    distinctive: Sequence[str]
    """Words and quoted texts of the request that can only be values, and proper names in it."""
    seen: Sequence[tuple[str, str]]
    """Keys and values of replies, the latest reply first."""
    nouns: tuple[str, ...]
    root: Mapping[str, Any]
    is_strict: bool
    """Whether the offered tools say what they require, so that the rest is known as optional."""
    missing: frozenset[str]
    """Ids of which the tool has said twice that there is no such thing."""
    everywhere: frozenset[str]
    """Arguments that all tools require: no call could find them out."""
    stated: Mapping[str, frozenset[str]]
    """Argument → what the request states for it, by the arguments' own names."""
    longer: frozenset[tuple[int, int]]
    """Where the request has the names of arguments of several words; see `stated_value`."""
    part: tuple[str, frozenset[tuple[int, int]]]
    """What of the request is for this tool rather than for one before or after it, and where that
    has the names of arguments; empty where it is not told apart."""
    parts: Mapping[str, str]
    """Required argument → its part of a value such as "owner/name"."""
    is_going_on: bool
    """Whether the tool was called before."""
    removed: frozenset[str]
    """Ids of what was removed in this conversation."""
    meant: Sequence[tuple[str, str]]
    """What was seen in entries of lists that hold a value of the request."""
    reads: bool
    """Whether the tool only reads."""
    is_change: bool
    """Whether the request wants something changed."""
    looked_up: Mapping[str, frozenset[str]]
    """Argument → its values in calls of this tool that went well since something was changed."""
    owners: Mapping[tuple[str, ...], int]
    """Whose the names of the tool's arguments are; see `owners_of_names`."""
    is_sought: bool
    """Whether the tool is not for reading and lists have been read that lack what the request says
    of the thing that it is about."""
    is_named: bool
    """Whether the tool makes something new, and the request says what it is called."""
    renames: bool
    """Whether the tool changes or removes what there is already."""
    is_labelled: bool
    """Whether the request says by name what several of the tool's arguments are."""
    next_page: Mapping[str, int]
    """Argument → where the list that the tool has begun to read goes on."""
    no_ids: frozenset[str]
    """What the request states for arguments of any offered tool that are no ids."""


def id_candidates(
    name: str, schema: Mapping[str, Any], kind: str, known: Conversation, after: Sequence[str]
) -> list[Any]:
    """Ids in the request and in replies: under the argument's own name there, else under those of
    identifiers, else anywhere."""
    others = [values for other, values in known.stated.items() if other != name]
    name = own_name(name)
    meant = names_in(known.text).union(attributes_in(known.text), known.no_ids, *others)
    spoken = {word.text for word in request_words(known.text) if word.is_value}
    asked = [text for text in known.distinctive if text in spoken - meant]
    asked = [text for text in asked if " " not in text] or asked
    asked = [] if is_token(name) else [*asked, *after]
    shown = {value for _, value in known.seen}
    if found := fitting_values([text for text in after if text in shown], schema, kind):
        return found  # An ordinary word that a reply has shown to be one: "process rhbd".
    own = [
        value
        for key, value in known.meant
        if same(key, name) or words(key)[-1:] == words(name)[-1:]
    ]
    seen = known.meant if own else known.seen
    full = (*known.nouns[-1:], *singulars(name))
    named = [
        value
        for key, value in seen
        if same(key, name) or is_token(name, key) or singulars(key) == full
    ]
    if is_token(name):
        return fitting_values(named, schema, kind)[:MOST]
    if known.is_sought:
        named, seen = [], []  # None of those that were listed is the one that is meant.
    ids = [value for key, value in seen if is_id(key)]
    anything = [value for _, value in seen if " " not in value and len(value) <= 80]
    texts = [*asked, *(named or ids or anything)]
    gone = known.missing if known.reads else known.missing | known.removed
    gone = gone.union(*others)
    found = [value for value in fitting_values(texts, schema, kind) if str(value) not in gone]
    return not_looked_up(name, found, known)[:MOST]


def not_looked_up(name: str, values: list[Any], known: Conversation) -> list[Any]:
    """The values by which a tool that only reads has not been called yet; all where there is no
    other."""
    done = known.looked_up.get(name, frozenset()) if known.reads else frozenset()
    return [value for value in values if str(value) not in done] or values


def optional_texts(name: str, schema: Mapping[str, Any], known: Conversation) -> list[str]:
    """What an optional text may be: examples of it that are spoken of, what the request has and no
    other argument, and ids that replies have shown."""
    others = [values for other, values in known.stated.items() if other != name]
    taken = frozenset[str]().union(*others)
    if not _may_be_called(name):
        taken |= names_in(known.text)
    if key_of(name) in names("list_parameters", "search"):
        taken = frozenset()
    free = [value for value in known.distinctive if value not in taken]
    is_meant = is_spoken_of(name, schema, known)
    has_default = _DEFAULT.search(str(schema.get("description") or "")) is not None
    if not is_meant and (has_default or is_id(name) or (known.is_labelled and not known.reads)):
        free = []
    # What a thing has anyway is not sent when it is changed, but for the version that is changed.
    has_to_match = not _VERSION.isdisjoint(words(name))
    may_be_shown = known.reads or has_to_match or is_meant
    shown = [
        value
        for key, value in known.seen
        if may_be_shown
        and " " not in value
        and not value.isalpha()
        and (not _VERSION.isdisjoint(words(key)) if has_to_match else is_id(key) or same(key, name))
    ]
    return [*spoken_examples(schema, known), *free, *shown]


def _may_be_called(name: str) -> bool:
    """Whether an argument may be what something is called."""
    called = {"name", "title", "label", "subject", "summary", "slug", "text"}
    return not called.isdisjoint(words(name))


def spoken_examples(schema: Mapping[str, Any], known: Conversation) -> list[str]:
    """What the request speaks of and the schema's description gives as an example."""
    spoken = [word.text for word in request_words(known.request)]
    return examples_in(schema, [word for word in spoken if word.lower() not in SMALL_WORDS])


def is_spoken_of(name: str, schema: Mapping[str, Any], known: Conversation) -> bool:
    """Whether the request has all telling words of an argument's name, or one of its choices that
    is stated for no other."""
    telling = {*singulars(name)} - SMALL_WORDS - {*known.nouns}
    if telling and telling <= spoken_words(known.text):
        return True
    text = f" {' '.join(word.text.lower() for word in request_words(known.text))} "
    others = (values for other, values in known.stated.items() if other != name)
    taken = {value.lower() for value in frozenset[str]().union(*others)}
    choices = {str(choice).lower().replace("_", " ") for choice in schema.get("enum") or ()}
    return any(f" {choice} " in text for choice in choices - taken)


def is_token(*each: str) -> bool:
    """Whether names are of what a service hands out to know its clients by."""
    return all(words(name)[-1:] == ("token",) for name in each)
