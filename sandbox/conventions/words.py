"""Words: the names of real documents taken apart into lower-case words."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """`orderItemId` and `order_item-id` are both ("order", "item", "id")."""
    return tuple(word.lower() for word in _WORDS.findall(name))


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """A plural noun's singular, by the regular English endings."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "uses", "iases", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def same(left: str, right: str) -> bool:
    """Whether two names differ in case style or number only."""
    return tuple(map(singular, words(left))) == tuple(map(singular, words(right)))
