"""The words that a plain answer is made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from agent.runtime.forms.request_words import request_words
from sandbox.conventions.words import singular, words

_ANSWERING: Final = (
    "done was is has have had it i its been added created here new updated deleted removed now "
    "gone for are were the a an out carried there of to result comes found find call called "
    "accepted these this that time as asked in count set you only each nothing changed all no not "
    "and or with by yes on at from under which whose id there's it's not cannot could tool does "
    "true false"
).split()
"""Words that stand in answers about anything."""


_OUTCOMES: Final = {
    "creating": {"added", "created", "new", "here"},
    "updating": {"updated", "changed", "set", "now"},
    "removing": {"deleted", "removed", "gone"},
}
"""By kind of change the words that say it is made."""
_CLAIMS: Final = frozenset(
    "added created updated changed deleted removed gone done carried accepted".split()
)
"""Those that say so of anything."""


def answer_words(
    request: str, tools: Collection[str], kinds: Collection[str] | None = None
) -> set[str]:
    """What a plain answer is made of: words that stand in any, those of the request in all their
    endings, and those of the tools that were called.

    `kinds` of changes that were made, None where they are not known: nothing else is said to be
    done, and nothing at all where there were none.
    """
    spoken = {word.text for word in request_words(request) if word.text.isalpha()}
    for name in tools:
        spoken |= set(words(name))
    own = {each for word in spoken for each in _endings(word)}
    known = kinds is not None and _OUTCOMES.keys() >= {*kinds}
    others = [words for kind, words in _OUTCOMES.items() if kinds and known and kind not in kinds]
    found = {*_ANSWERING}.difference(*others) | {*own, *tools}
    if known and not kinds:
        found -= _CLAIMS
    return found | {word[:1].upper() + word[1:] for word in found}


def _endings(word: str) -> tuple[str, ...]:
    """A word, its singular and plural, and what was done by it: "cancel", "cancelled"."""
    stem = word[:-1] if word.endswith("e") else word
    return (word, singular(word), f"{word}s", f"{stem}ed", f"{word}{word[-1]}ed", f"{stem}ied")
