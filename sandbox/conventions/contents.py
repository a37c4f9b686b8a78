"""Contents: which paths lead to the content of a file, and which fields speak of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, get_args

from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import words

Role = Literal["filename", "name", "size", "media_type"]


def content_steps(segments: Iterable[str]) -> tuple[str, ...]:
    """What is left of the segments below an entity: (), where they mean its own content.

    `content`, `download` and `uploadFile` all mean it; `thumbnail` and `uploadImage` do not.
    """
    every = (word for segment in segments for word in words(segment))
    return tuple(word for word in every if word not in names("contents", "words"))


def content_fields(properties: Iterable[str]) -> Mapping[str, Role]:
    """The fields of an entity, or parameters, that speak of a file, and what each says."""
    return {name: role for name in properties if (role := _role(key_of(name))) is not None}


@cache
def _role(key: str) -> Role | None:
    return next((role for role in get_args(Role) if key in names("contents", role)), None)
