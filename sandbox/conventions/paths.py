"""Places: paths with their parameters, normalised so that equal resources have equal templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

# OData writes a key as `Photos({Id})` or `People('{Name}')`, Google a method as `{id}:cancel`.
_KEY: Final = re.compile(r"([\w.-]+)\((['\"]?)(\{\w+\})\2\)")
_METHOD: Final = re.compile(r"(\{\w+\}|[\w.-]+):([a-zA-Z]\w*)")


JOINED: Final = ","
"""Joins the parameters of a composite key, and their values in an id."""


@dataclass(frozen=True, slots=True)
class Place:
    """A normalised path: parameters become {}, file endings such as `.json` are dropped."""

    template: str
    names: tuple[str, ...]
    """Path parameter names in order; those of a composite key are one: "owner,repo"."""

    def fill(self, values: Mapping[str, Any]) -> str:
        """The concrete path for the given path values."""
        pieces = self.template.split("{}")
        texts = [path_value(values, name) for name in self.names]
        filled = [piece for pair in zip(pieces, texts, strict=False) for piece in pair]
        return "".join([*filled, *pieces[len(texts) :]])


def path_value(values: Mapping[str, Any], name: str) -> str:
    """The id that path values give for a parameter, or for the parameters of a composite key."""
    if name in values or JOINED not in name:
        return id_text(values.get(name))
    return JOINED.join(id_text(values.get(part)) for part in name.split(JOINED))


def key_parts(name: str, id: str) -> dict[str, str]:
    """Path parameter → text, of an id or of a composite key: ("owner,repo", "ann,site") →
    {"owner": "ann", "repo": "site"}."""
    parameters = name.split(JOINED)
    return dict(zip(parameters, id.split(JOINED, len(parameters) - 1), strict=False))


def id_text(value: Any) -> str:
    """An id as it stands in a path."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@lru_cache(maxsize=8192)
def place_of(path: str) -> Place:
    """`/Accounts/{Sid}/Calls.json` → template `/Accounts/{}/Calls`, names ("Sid",).

    `/Photos({Id})` is `/Photos/{}`, and `/trips/{id}:cancel` is `/trips/{}/cancel`.
    """
    names: list[str] = []
    segments: list[str] = []
    for segment in path.strip("/").split("/"):
        bare = segment.removesuffix(".json").removesuffix(".xml")
        found = _KEY.fullmatch(bare) or _METHOD.fullmatch(bare)
        for part in (found[1], found[found.re.groups]) if found else (bare,):
            names.extend(piece.split("}")[0] for piece in part.split("{")[1:])
            segments.append("{}".join(piece.split("}")[-1] for piece in part.split("{")))
    return Place(template="/" + "/".join(segments), names=tuple(names))


def noun_of(template: str) -> str:
    """A path's last word: `/orders/{}/items` → items."""
    return next((part for part in reversed(template.split("/")) if part and part != "{}"), "items")
