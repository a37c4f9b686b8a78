"""Read-backs: which reads reveal what a write has done, as far as its own arguments suffice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

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
    removes: bool = False
    """Whether an entity can be deleted again."""
    evidence: tuple[str, ...] = ()

    @cached_property
    def operations(self) -> tuple[str, ...]:
        """Ids of the operations that show what was written, the most telling first."""
        return tuple(m.operation.id for m in (self.item, self.listed) if m is not None)


def readbacks_of(resources: Resources, meaning: Meaning) -> ReadBacks:
    """The reads around an operation."""
    home = meaning.collection
    if home is None:
        return ReadBacks()
    own, items = (resources.operations_at(home.template + end) for end in ("", "/{}"))
    at_item = own.get("GET") if home.singleton else items.get("GET")
    item = _reading(resources, meaning, at_item, ("read", "singleton"))
    listed = _reading(resources, meaning, None if home.singleton else own.get("GET"), ("list",))
    evidence = tuple(
        f"`{found.operation.method} {found.operation.path}` reads the same collection"
        for found in (item, listed)
        if found is not None
    )
    return ReadBacks(item, listed, "DELETE" in items, evidence)


def _reading(
    resources: Resources, meaning: Meaning, operation: Operation | None, acts: tuple[str, ...]
) -> Meaning | None:
    """The meaning of a read of the same collection whose arguments the write tells."""
    if operation is None or operation.defect is not None:
        return None
    found = resources.meaning(operation)
    if found.act not in acts or found.collection is not meaning.collection:
        return None
    given = {(p.location, p.name) for p in meaning.operation.parameters if p.required}
    due = {(p.location, p.name) for p in operation.parameters if p.required}
    return found if {each for each in due if each[0] != "path"} <= given else None
