"""How many really different tasks a store holds, document by document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.tasks.diversity import mask_values, sequence
from sandbox.tasks.models import Task

if TYPE_CHECKING:
    from trajectories import Store


@dataclass(slots=True)
class Kept:
    """What a store holds of one document."""

    document: str
    trajectories: int = 0
    succeeded: int = 0
    with_faults: int = 0
    """Those in which a fault fired."""
    pairs: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    """Different (masked instruction, call sequence) pairs."""

    def row(self, whole: int) -> dict[str, Any]:
        """The numbers, with the share of all `whole` trajectories in [0, 1]."""
        return {
            "document": self.document,
            "trajectories": self.trajectories,
            "share": round(self.trajectories / max(1, whole), 4),
            "succeeded": self.succeeded,
            "with_faults": self.with_faults,
            "pairs": len(self.pairs),
        }


def count_store(store: Store) -> list[Kept]:
    """Count a store through, a record at a time; by title, the sum of all comes last."""
    documents: dict[str, Kept] = {}
    whole = Kept("all")
    for trajectory in store.iterate():
        source = trajectory.document
        own = documents.setdefault(source.sha256, Kept(source.title or source.source))
        task = Task.model_validate(trajectory.task) if trajectory.task else None
        for each in (own, whole):
            each.trajectories += 1
            each.succeeded += trajectory.outcome.success
            each.with_faults += bool(trajectory.fired)
            if task is not None:
                each.pairs.add((mask_values(task), sequence(task)))
    return [*sorted(documents.values(), key=lambda each: each.document), whole]
