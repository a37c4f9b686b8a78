"""Words: how resources, ids and fields are called in real documents."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_ID_WORDS = (
    "id",
    "ids",
    "sid",
    "gid",
    "uid",
    "uuid",
    "guid",
    "key",
    "slug",
    "number",
    "name",
    "code",
)

_NATURAL = ("name", "slug", "code", "number", "key")


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


def stem(name: str) -> tuple[str, ...]:
    """A reference field without its id word: `author_id` and `authorIds` → ("author",)."""
    parts = words(name)
    if len(parts) > 1 and parts[-1] in _ID_WORDS:
        parts = parts[:-1]
    return tuple(singular(part) for part in parts)


def same(left: str, right: str) -> bool:
    """Whether two names differ in case style or number only."""
    return tuple(map(singular, words(left))) == tuple(map(singular, words(right)))


def id_candidates(parameter: str, resource: str) -> list[str]:
    """Names under which an entity may carry the value of its path parameter, best first.

    `className` may stand for the entity's `class`: a natural key without its id word.
    """
    parts = words(parameter)
    tail = parts[-1] if parts else "id"
    ranked = [parameter, "_".join(parts), _camel(parts), tail]
    noun = tuple(map(singular, words(resource)))
    ranked += ["_".join((*noun, tail)), _camel((*noun, tail))]
    if tail in _NATURAL and len(parts) > 1:
        ranked += ["_".join(parts[:-1]), _camel(parts[:-1])]
    ranked += ["id", "uuid", "sid", "gid", "key"]
    return list(dict.fromkeys(name for name in ranked if name))


def _camel(parts: tuple[str, ...]) -> str:
    return parts[0] + "".join(part.title() for part in parts[1:]) if parts else ""
