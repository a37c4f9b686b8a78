"""What a request says of the choices that an argument has, and the names that it lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from agent.runtime.forms.conversation import Conversation
from agent.runtime.forms.request_values import SMALL_WORDS
from agent.runtime.forms.request_words import places_in, request_words
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import singular, singulars, words

_SHAPING: Final = frozenset(
    singular(word)
    for key in ("shaping", "sort", "direction")
    for name in names("list_parameters", key)
    for word in words(name)
)
"""Words of names of arguments by which a reply is sorted, or shows more or less of each thing."""
_GENERAL: Final = frozenset({"all", "any", "none", "other", "default", "true", "false"})
_QUOTES: Final = re.compile(r"(?<!\w)[\"'`]([A-Za-z][\w -]{0,30})[\"'`](?!\w)")
_LISTED: Final = r"(?:\"[^\"\n]+\"|(?<!\w)'[^'\n]+'|[A-Z][\w'-]*\w(?: [A-Z][\w'-]*\w)*)"
_LIST: Final = re.compile(rf"(?<=[a-z:] ){_LISTED}(?:, {_LISTED})*,? and {_LISTED}")
"""Names or quoted texts inside a sentence, the last of them behind "and"."""


def said_choices(schema: Mapping[str, Any], name: str, known: Conversation) -> list[Any]:
    """The choices of a value that the request says, states for no other argument and does not call
    the things by that the tool is about; none for what sorts or shapes a reply."""
    if not _SHAPING.isdisjoint(singulars(name)):
        return []
    others = (values for other, values in known.request.stated.items() if other != name)
    taken = {value.lower() for value in frozenset[str]().union(*others)}
    spoken = [word.plain for word in request_words(known.request.states)]
    return [
        choice
        for choice in schema.get("enum") or ()
        if isinstance(choice, str)
        and choice.lower() not in taken
        and (label := singulars(choice))
        and not {*label} <= _GENERAL.union(SMALL_WORDS, known.request.nouns)
        and any(True for _ in places_in(spoken, label))
    ]


def quoted_alternatives(schema: Mapping[str, Any]) -> list[str]:
    """What the description of a text gives in quotes, where it gives several: "'summary' or
    'detailed'"."""
    found = _QUOTES.findall(str(schema.get("description") or ""))
    return list(dict.fromkeys(found)) if len(found) > 1 else []


@lru_cache(maxsize=256)
def listed_names(text: str) -> tuple[str, ...]:
    """The proper names or quoted texts that a request lists ("between Lakers and Clippers"), where
    it has one such list."""
    lists = [found[0] for found in _LIST.finditer(text)]
    if len(lists) != 1:
        return ()
    return tuple(part.strip("\"'") for part in re.split(r",? and |, ", lists[0]))
