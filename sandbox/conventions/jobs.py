"""Jobs: things that take time, and the states they go through on the way to their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.conventions.operation_model import Collection
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import singulars, words

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources
    from sandbox.document.schemas import Schemas

_STATUS = ("status", "state", "phase", "stage")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How the jobs of a collection come to their end."""

    status: str
    """The property that says where a job is."""
    stages: tuple[str, ...]
    """Its values from the first to the last, which is success."""
    failed: str | None
    """The value of a job that came to no good end, or None."""
    progress: str | None
    """The property that holds per cent done, or None."""
    finished: str | None
    """The property that holds when it ended, or None."""
    evidence: str
    """Why these are jobs."""

    def over(self, status: Any) -> bool:
        """Whether a job of that status goes no further."""
        return status not in self.stages[:-1]


def lifecycle_of(resources: Resources, collection: Collection) -> Lifecycle | None:
    """How the collection's entities move by themselves; None where they do not."""
    properties = collection.shape.properties
    progress = _property_of_kind(properties, "progress")
    finished = _property_of_kind(properties, "finished")
    evidence = _evidence(resources, collection, progress)
    if not evidence:
        return None
    for name, schema in properties.items():
        parts = words(name)
        options = (
            _enum(resources.document.schemas, schema) if parts and parts[-1] in _STATUS else ()
        )
        stages = _stages(options)
        if stages:
            failed = next((o for o in options if key_of(o) in names("jobs", "failed")), None)
            return Lifecycle(name, stages, failed, progress, finished, evidence)
    return None


def _evidence(resources: Resources, collection: Collection, progress: str | None) -> str:
    maker = resources.operations_at(collection.template).get("POST")
    if maker is not None and "202" in maker.replies:
        return f"{maker.id} answers 202"
    noun = "_".join(singulars(collection.noun))
    if noun in names("jobs", "nouns"):
        return f"they are called {collection.noun}"
    return f"they tell their {progress}" if progress is not None else ""


def _stages(options: tuple[str, ...]) -> tuple[str, ...]:
    """The way through the values: those that wait, those that run, and the end."""
    keyed = [(option, key_of(option)) for option in options]
    waiting = [option for option, key in keyed if key in names("jobs", "waiting")]
    running = [option for option, key in keyed if key in names("jobs", "running")]
    done = [option for option, key in keyed if key in names("jobs", "done")]
    return (*waiting, *running, done[0]) if done and (waiting or running) else ()


def _enum(schemas: Schemas, schema: Any) -> tuple[str, ...]:
    """The texts that a schema lists as its only values."""
    resolved = schemas.resolve(schema)
    listed = resolved.get("enum") if isinstance(resolved, dict) else None
    return tuple(option for option in listed or () if isinstance(option, str))


def _property_of_kind(properties: Any, kind: str) -> str | None:
    return next((name for name in properties if key_of(name) in names("jobs", kind)), None)
