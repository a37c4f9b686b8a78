"""Drift plans: data that says which operators rewrite the document, when, and who can know.

releases("D03,D20", world, 0)        operators with the defaults of the catalogue
releases("drift-lag", world, 0)      a preset of specs/drift
releases("drift.yaml", world, 0)     a file of one's own
releases("to:NEW.yaml", world, 0)    a real next version of the document
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sandbox.drift.registry import operator_of, operators
from sandbox.errors import UnknownName
from sandbox.plans import Reader

Visibility = Literal[
    "announced", "flagged", "docs_lag", "stale_everywhere", "docs_lead", "silent", "split_brain",
    "mid_task", "versioned",
]  # fmt: skip

Count = Annotated[int, Field(ge=0)]
_ID = re.compile(r"D\d{2}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Aim(_Model):
    """Which operations and pointers may be hit (globs); empty means any."""

    op: str = "*"
    pointer: str = "*"

    def takes(self, operation: str, pointer: str) -> bool:
        return fnmatchcase(operation, self.op) and fnmatchcase(pointer, self.pointer)


class Step(_Model):
    """One operator, applied to `count` targets, at most one on each operation."""

    op: str
    target: Aim = Aim()
    params: dict[str, Any] = Field(default_factory=dict)
    count: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _check_operator(self) -> Step:
        try:
            entry = operator_of(self.op)
        except UnknownName as error:
            raise ValueError(str(error)) from None
        for name, value in self.params.items():
            if name not in entry.params:
                raise ValueError(str(UnknownName(f"parameter of {self.op}", name, entry.params)))
            allowed = entry.choices.get(name)
            if allowed and value not in allowed:
                raise ValueError(str(UnknownName(f"{self.op} {name}", str(value), allowed)))
        return self


class State(_Model):
    """The state event that brings a release: so many entities written in a collection."""

    collection: str
    count: Annotated[int, Field(ge=1)] = 1


class Stage(_Model):
    """One release: what changes, and when the live server begins to answer with it."""

    operators: tuple[Step, ...] = ()
    to: str = ""
    """A real next version of the document: a path, URL or bundled name."""
    after_calls: Count = 0
    after_s: Annotated[float, Field(ge=0)] = 0.0
    when: State | None = None


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, Mapping) else value


class DriftPlan(_Model):
    """A chain of releases and how much of it an agent can know."""

    name: str = ""
    about: str = ""
    solvable: bool = True
    """A polite client that sees only what agents see can still reach the goal."""
    minimum_calls: Annotated[float, Field(gt=0)] = 1.0
    left_out: tuple[str, ...] = ()
    visibility: Visibility = "docs_lag"
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Of calls that meet the new release, under split_brain."""
    sunset_calls: Count = 6
    """Calls between the announcement and the change, under announced."""
    rollback_after: Count | None = None
    """Calls after which the server returns to the original."""
    strict: bool = True
    """An operator without a target in the document is an error; else it is left out and said."""
    severity: Annotated[float, Field(ge=0, le=4)] = 1.0
    """Scales how many targets each operator hits; 0 is no drift."""
    releases: Annotated[
        tuple[Stage, ...],
        BeforeValidator(_as_list, json_schema_input_type=tuple[Stage, ...] | Stage),
    ] = ()


def _of_ids(items: Sequence[Any]) -> dict[str, Any]:
    # Bare ids hit up to three operations each, so that a short task is likely to meet one.
    steps = [{"op": item.upper(), "count": 3} if isinstance(item, str) else item for item in items]
    return {"releases": [{"operators": steps}]}


def _ids() -> tuple[str, ...]:
    return (*operators(), "to:DOCUMENT")


READER: Final = Reader(DriftPlan, "drift plan", "drift", _ID, _ids, _of_ids)
Source = str | Path | Mapping[str, Any] | Sequence[Any] | DriftPlan | None


CALLS_APART: Final = 3
"""Calls that each version of a chain answers before the next one does."""
_NEXT: Final = re.compile(r",\s*to:")


def drift_plan(source: Source) -> DriftPlan:
    """A drift plan from ids, a preset's name, a file, `to:DOCUMENT`, or data.

    One `to:DOCUMENT` answers from the first call on. Of a chain, `to:V2,to:V3`, each answers
    `CALLS_APART` calls after the one before it; the first calls are the session's own document's.

    Raises PlanError with the place and what would be valid.
    """
    if isinstance(source, str) and source.strip().startswith("to:"):
        files = [each.strip() for each in _NEXT.split(source.strip()[3:])]
        apart = CALLS_APART if len(files) > 1 else 0
        rows = [{"to": file, "after_calls": apart * n} for n, file in enumerate(files, 1)]
        return READER.validate({"releases": rows}, source)
    return READER.read(source)


def drift_presets() -> dict[str, DriftPlan]:
    """The plans in specs/drift by name."""
    return READER.presets()
