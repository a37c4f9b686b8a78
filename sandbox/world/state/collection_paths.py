"""Collection paths: what one concrete path such as `/patients/7/visits` shows, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from sandbox.conventions.operation_model import Count

Key = tuple[str, str]
"""The path and the id of an entity."""
Value = TypeVar("Value")


class Membership(NamedTuple):
    """A concrete nested path as a view of a collection that has a path of its own."""

    home: str
    """The collection's own path."""
    parent: Key | None
    """The entity whose entities are shown; None where the home's path goes through it too."""
    field: tuple[str, ...]
    """Where an entity says its parent's id; () = nowhere."""
    owned: bool
    """Whether every entity has one parent; else what the parent shows was drawn."""
    refers: bool
    """Whether calls add entities to the parent and take them out again."""
    template: str
    path: str


class PathFacts(NamedTuple):
    """What is known of a collection's path."""

    home: str
    """The path under which its entities are kept: itself, unless it is a view of another."""
    view: Membership | None = None
    counts: tuple[Count, ...] = ()
    """The fields of its entities that count others."""
    owner: Key | None = None
    """The entity that the path goes through last; None for a root collection, and for what belongs
    to every entity: a singleton."""
    plain: bool = True
    """Whether the path shows its entities as they are kept."""


class PathTable(dict[str, Value]):
    """A value for each path, made when it is first looked up."""

    def __init__(self, make: Callable[[str], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, path: str) -> Value:
        made = self[path] = self._make(path)
        return made
