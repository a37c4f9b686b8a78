"""Words: the names of real documents taken apart into lower-case words."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import specs

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """`orderItemId` and `order_item-id` are both ("order", "item", "id")."""
    return tuple(word.lower() for word in _WORDS.findall(name))


@cache
def vocabulary_file() -> dict[str, Any]:
    """The word lists of `specs`, read once."""
    import yaml12

    loaded: Any = yaml12.parse_yaml(specs.path("names", "vocabulary").read_text("utf-8"))
    return loaded  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """A plural noun's singular, by the regular English endings and the exceptions of the list."""
    irregular: str | None = vocabulary_file()["singulars"].get(word)
    if irregular is not None:
        return irregular
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "uses", "iases", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def entity_noun(name: str) -> str:
    """What one entity of a collection is called: "order item" of `order-items`."""
    parts = words(name)
    return " ".join((*parts[:-1], singular(parts[-1]))) if parts else name


def same(left: str, right: str) -> bool:
    """Whether two names differ in case style or number only."""
    return singulars(left) == singulars(right)


def ends_in(name: str, noun: str) -> bool:
    """Whether a name's last words are the noun: `envelopeTemplates` ends in `template`."""
    wanted = singulars(noun)
    return bool(wanted) and singulars(name)[-len(wanted) :] == wanted


def singulars(name: str) -> tuple[str, ...]:
    """A name's words, each in the singular: ("order", "item") of `orderItems`."""
    return tuple(map(singular, words(name)))
