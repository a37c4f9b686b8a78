"""The tools that a request speaks of without their names: those that are about what it counts, and
those that only their description tells of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, islice, takewhile
from typing import Final

from agent.runtime.environment import ToolForm, name_of
from agent.runtime.forms.acts import own_words, plain_words, tool_kind
from agent.runtime.forms.request_values import SMALL_WORDS
from agent.runtime.forms.request_words import request_words
from sandbox.conventions.words import singulars
from sandbox.world.meta_calls import META

_SHORT: Final = 2
"""Letters of a word that says nothing."""
_COUNTING: Final = frozenset({"how", "count"})


def counting_tools(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that are about what a request counts, by their names; where no name tells, by the
    first sentence of what they do."""
    counted = _counted_words(request)
    offered = [tool for tool in tools if name_of(tool) not in META]
    shared = {name_of(tool): len(own_words(tool) & counted) for tool in offered}
    most = max(shared.values(), default=0)
    by_name = frozenset(name for name, count in shared.items() if count == most > 0)
    return by_name or frozenset(
        name_of(tool) for tool in offered if counted.intersection(_first_sentence(tool))
    )


def described_tools(tools: Sequence[ToolForm], request: str) -> frozenset[str]:
    """The tools that no name tells the kind of, whose first sentence alone speaks of something that
    a request speaks of ("Logs of a job")."""
    said = frozenset(word.plain for word in request_words(request) if len(word.text) > _SHORT)
    said -= SMALL_WORDS | plain_words()
    texts = {name_of(tool): {*singulars(name_of(tool)), *_first_sentence(tool)} for tool in tools}
    return frozenset(
        name_of(tool)
        for tool in tools
        if not tool_kind(tool)
        and said
        & texts[name_of(tool)]
        - frozenset().union(*(words for name, words in texts.items() if name != name_of(tool)))
    )


def _first_sentence(tool: ToolForm) -> tuple[str, ...]:
    text = str(tool["function"].get("description") or "")
    return singulars(re.split(r"[.\n]", text, maxsplit=1)[0])


def _counted_words(request: str) -> frozenset[str]:
    """The words behind "how many" and "count", up to the next small word."""
    spoken = [word.plain for word in request_words(request)]
    found = set[str]()
    for at, first in enumerate(spoken):
        if first in _COUNTING:
            behind = dropwhile(SMALL_WORDS.__contains__, spoken[at + 1 + (first == "how") :])
            found.update(takewhile(lambda word: word not in SMALL_WORDS, islice(behind, 4)))
    return frozenset(found - {""})
