"""Read-backs: which reads reveal what a write has done, as far as its own arguments suffice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sandbox.conventions.actions import is_shown
from sandbox.conventions.operation_model import Meaning
from sandbox.document import Operation

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources


@dataclass(frozen=True)
class ReadBacks:
    """The reads that bear on one operation."""

    item: Meaning | None = None
    """Reads one entity (or the only one there is)."""
    listed: Meaning | None = None
    """Lists the collection."""
    others: tuple[Meaning, ...] = ()
    """Reads of the same entities by other paths, such as those below a parent."""
    removes: bool = False
    """Whether an entity can be deleted again."""

    @cached_property
    def operations(self) -> tuple[str, ...]:
        """Ids of the operations that show what was written, the most telling first."""
        found = (self.item, self.listed, *self.others)
        return tuple(meaning.operation.id for meaning in found if meaning is not None)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Why each of the reads is one."""
        found = (self.item, self.listed, *self.others)
        return tuple(
            f"`{meaning.operation.method} {meaning.operation.path}` reads the same collection"
            for meaning in found
            if meaning is not None
        )


def readbacks_of(resources: Resources, meaning: Meaning) -> ReadBacks:
    """The reads around an operation, by every path that shows all entities it may write."""
    home = meaning.collection
    if home is None or not is_shown(resources, meaning):
        return ReadBacks()
    templates = [home.template, meaning.place.template, *_whole_views(resources, home.template)]
    if meaning.act in ("add", "remove"):
        templates = [meaning.place.template]
    items: list[Meaning] = []
    lists: list[Meaning] = []
    removes = False
    for template in dict.fromkeys(templates):
        own, below = resources.operations_at(template), resources.operations_at(template + "/{}")
        if home.singleton:
            items += _reading(resources, meaning, own.get("GET"), ("read", "singleton"))
        else:
            items += _reading(resources, meaning, below.get("GET"), ("read", "singleton"))
            lists += _reading(resources, meaning, own.get("GET"), ("list",))
        removes = removes or "DELETE" in below
    others = (*items[1:], *lists[1:])
    return ReadBacks(next(iter(items), None), next(iter(lists), None), others, removes)


def _whole_views(resources: Resources, home: str) -> Iterator[str]:
    """The other paths of a collection by which every entity of it can be read."""
    for template in resources.paths_of(home):
        view = resources.view(template)
        if view is not None and (view.owned or not view.parent):
            yield template


def _reading(
    resources: Resources, meaning: Meaning, operation: Operation | None, acts: tuple[str, ...]
) -> Iterator[Meaning]:
    """The meaning of a read of the same collection whose arguments the write knows."""
    if operation is None or operation.defect is not None:
        return
    found = resources.meaning(operation)
    given = {(p.location, p.name) for p in meaning.operation.parameters if p.required}
    due = {(p.location, p.name) for p in operation.parameters if p.required}
    known = {each for each in due if each[0] != "path"} <= given
    if known and found.act in acts and found.collection is meaning.collection:
        yield found
