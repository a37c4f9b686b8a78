"""Values that an argument may have, in the order in which they are likely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.runtime.forms.admitted import examples_in, fitting_values
from agent.runtime.forms.conversation import Conversation
from agent.runtime.forms.request_values import SMALL_WORDS, attributes_in, is_id, names_in, own_name
from agent.runtime.forms.request_words import request_words, spoken_words
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import same, singulars, words

MOST: Final = 120
"""Candidates of one argument."""
_VERSION: Final = frozenset({"version", "etag", "revision", "match", "digest", "hash", "since"})
"""Words of names of arguments by which a change is held to what was read."""
_DEFAULT: Final = re.compile(r"\bdefault", re.IGNORECASE)


def id_candidates(
    name: str, schema: Mapping[str, Any], kind: str, known: Conversation, after: Sequence[str]
) -> list[Any]:
    """Ids in the request and in replies: under the argument's own name there, else under those of
    identifiers, else anywhere."""
    request, replies, tool = known.request, known.replies, known.tool
    others = [values for other, values in request.stated.items() if other != name]
    name = own_name(name)
    meant = names_in(request.text).union(attributes_in(request.text), request.no_ids, *others)
    spoken = {word.text for word in request_words(request.text) if word.is_value}
    asked = [text for text in request.distinctive if text in spoken - meant]
    asked = [text for text in asked if " " not in text] or asked
    asked = [] if is_token(name) else [*asked, *after]
    shown = {value for _, value in replies.seen}
    if found := fitting_values([text for text in after if text in shown], schema, kind):
        return found  # An ordinary word that a reply has shown to be one: "process rhbd".
    own = [
        value
        for key, value in replies.meant
        if same(key, name) or words(key)[-1:] == words(name)[-1:]
    ]
    seen = replies.meant if own else replies.seen
    full = (*request.nouns[-1:], *singulars(name))
    named = [
        value
        for key, value in seen
        if same(key, name) or is_token(name, key) or singulars(key) == full
    ]
    if is_token(name):
        return fitting_values(named, schema, kind)[:MOST]
    if replies.is_sought:
        named, seen = [], []  # None of those that were listed is the one that is meant.
    ids = [value for key, value in seen if is_id(key)]
    anything = [value for _, value in seen if " " not in value and len(value) <= 80]
    texts = [*asked, *(named or ids or anything)]
    gone = replies.missing if tool.reads else replies.missing | replies.removed
    gone = gone.union(*others)
    found = [value for value in fitting_values(texts, schema, kind) if str(value) not in gone]
    return not_looked_up(name, found, known)[:MOST]


def not_looked_up(name: str, values: list[Any], known: Conversation) -> list[Any]:
    """The values by which a tool that only reads has not been called yet; all where there is no
    other."""
    done = known.replies.looked_up.get(name, frozenset()) if known.tool.reads else frozenset()
    return [value for value in values if str(value) not in done] or values


def optional_texts(name: str, schema: Mapping[str, Any], known: Conversation) -> list[str]:
    """What an optional text may be: examples of it that are spoken of, what the request has and no
    other argument, and ids that replies have shown."""
    request, replies, tool = known.request, known.replies, known.tool
    others = [values for other, values in request.stated.items() if other != name]
    taken = frozenset[str]().union(*others)
    if not _may_be_called(name):
        taken |= names_in(request.text)
    if key_of(name) in names("list_parameters", "search"):
        taken = frozenset()
    free = [value for value in request.distinctive if value not in taken]
    is_meant = is_spoken_of(name, schema, known)
    has_default = _DEFAULT.search(str(schema.get("description") or "")) is not None
    if not is_meant and (has_default or is_id(name) or (request.is_labelled and not tool.reads)):
        free = []
    # What a thing has anyway is not sent when it is changed, but for the version that is changed.
    has_to_match = not _VERSION.isdisjoint(words(name))
    may_be_shown = tool.reads or has_to_match or is_meant
    shown = [
        value
        for key, value in replies.seen
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
    spoken = [word.text for word in request_words(known.request.states)]
    return examples_in(schema, [word for word in spoken if word.lower() not in SMALL_WORDS])


def is_spoken_of(name: str, schema: Mapping[str, Any], known: Conversation) -> bool:
    """Whether the request has all telling words of an argument's name, or one of its choices that
    is stated for no other."""
    request = known.request
    telling = {*singulars(name)} - SMALL_WORDS - {*request.nouns}
    if telling and telling <= spoken_words(request.text):
        return True
    text = f" {' '.join(word.text.lower() for word in request_words(request.text))} "
    others = (values for other, values in request.stated.items() if other != name)
    taken = {value.lower() for value in frozenset[str]().union(*others)}
    choices = {str(choice).lower().replace("_", " ") for choice in schema.get("enum") or ()}
    return any(f" {choice} " in text for choice in choices - taken)


def is_token(*each: str) -> bool:
    """Whether names are of what a service hands out to know its clients by."""
    return all(words(name)[-1:] == ("token",) for name in each)
