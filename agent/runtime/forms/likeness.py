"""Which of several tools a request means, by the words that it shares with their names.

A word weighs the more the fewer of the tools have it, and less once a call that went well has had
it: a request that was half carried out means its other half. Where names say the same, descriptions
do; what stands out from none stays in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

from agent.runtime.environment import ToolForm, name_of
from agent.runtime.forms.acts import kind_of, plain_words, tool_kind, wishes
from agent.runtime.forms.decisions import after_failure, calls_made, went_well
from agent.runtime.forms.request_values import request_of
from agent.runtime.forms.request_words import request_words
from agent.runtime.forms.tool_choice import CONDITION
from sandbox.conventions.words import singular, singulars
from trajectories.records import Message

# Weights of one shared word, set by reference decisions on real and invented documents.
_PLAIN: Final = 0.3
"""Of a word that many names have whatever they are about ("list", "id")."""
_USED: Final = 0.3
"""Of a word of a tool whose call went well."""
_DESCRIBED: Final = 0.3
"""Of a word that only the description has."""
_UNSAID: Final = 0.5
"""What a word of the name that the request does not say costs."""
_KIND: Final = 1.0
"""Of a name that does what the request wants to be done."""
_MARGIN: Final = 0.6
"""How far behind the best a tool may lie and still be meant."""


def likest(tools: Sequence[ToolForm], messages: Sequence[Message]) -> list[ToolForm]:
    """Those of the tools that a request's words fit best; all after a failure, which may need
    another tool, and where the request sets a condition, which has to be looked up first."""
    request = request_of(messages)
    if len(tools) < 2 or after_failure(messages) or CONDITION.search(request):
        return list(tools)
    said = frozenset(singular(word.plain) for word in request_words(request) if not word.is_value)
    used = frozenset[str]().union(
        *(_words(call.name) for call, reply in calls_made(messages) if went_well(reply))
    )
    shared = Counter(word for tool in tools for word in _words(name_of(tool)))
    rarity = {word: log((len(tools) + 1) / (count + 0.5)) for word, count in shared.items()}
    wished = wishes(request)
    scores = [_likeness(tool, said, used, rarity, wished) for tool in tools]
    least = max(scores) - _MARGIN
    return [tool for tool, score in zip(tools, scores, strict=True) if score >= least]


def _likeness(
    tool: ToolForm,
    said: frozenset[str],
    used: frozenset[str],
    rarity: dict[str, float],
    wished: frozenset[str],
) -> float:
    own, plain = _words(name_of(tool)), plain_words()
    description = str(tool["function"].get("description") or "")
    weights = (
        rarity[word] * (_PLAIN if word in plain else 1) * (_USED if word in used else 1)
        for word in sorted(own & said)
    )
    described = _words(description.partition(". ")[0][:120]) & said - own - plain
    kind = tool_kind(tool)
    fits = 1.0 if kind in wished else -0.5 if kind and wished else 0.0
    unsaid = {word for word in own - said - plain if not kind_of(word, "")}
    return sum(weights) + _DESCRIBED * len(described) + _KIND * fits - _UNSAID * len(unsaid)


def _words(text: str) -> frozenset[str]:
    return frozenset(singulars(text))
