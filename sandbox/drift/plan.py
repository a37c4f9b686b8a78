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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from yaml12 import parse_yaml

import specs
from sandbox.drift.registry import operator_of, operators
from sandbox.errors import PlanError, UnknownName

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
    def _known(self) -> Step:
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


def _listed(value: object) -> object:
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
    releases: Annotated[tuple[Stage, ...], BeforeValidator(_listed)] = ()


Source = str | Path | Mapping[str, Any] | Sequence[Any] | DriftPlan | None


def drift_plan(source: Source) -> DriftPlan:
    """A drift plan from ids, a preset's name, a file, `to:DOCUMENT`, or data.

    Raises PlanError with the place and what would be valid.
    """
    if source is None or source == "":
        return DriftPlan()
    if isinstance(source, DriftPlan):
        return source
    if isinstance(source, Mapping):
        return _validated(dict(source), "drift plan")
    if isinstance(source, (str, Path)):
        return _named(source)
    return _of_ids(list(source), "drift plan")


def drift_presets() -> dict[str, DriftPlan]:
    """The plans in specs/drift by name."""
    return {name: drift_plan(name) for name in specs.presets("drift")}


def _named(source: str | Path) -> DriftPlan:
    text = str(source).strip()
    if text.startswith("to:"):
        return _validated({"releases": [{"to": text[3:]}]}, text)
    ids = [part.strip().upper() for part in text.split(",") if part.strip()]
    if ids and all(_ID.fullmatch(part) for part in ids):
        return _of_ids(ids, text)
    if text in specs.presets("drift"):
        return _read(specs.path(text, "drift").read_text("utf-8"), f"preset {text}")
    path = Path(text)
    if path.is_file():
        return _read(path.read_text("utf-8"), text)
    if path.suffix in (".yaml", ".yml", ".json"):
        raise PlanError(text, "there is no such file")
    valid = [*specs.presets("drift"), *operators(), "to:DOCUMENT"]
    raise PlanError(text, str(UnknownName("drift operator, preset or file", text, valid)))


def _of_ids(items: Sequence[Any], place: str) -> DriftPlan:
    # Bare ids hit up to three operations each, so that a short task is likely to meet one.
    steps = [{"op": item.upper(), "count": 3} if isinstance(item, str) else item for item in items]
    return _validated({"releases": [{"operators": steps}]}, place)


def _read(text: str, place: str) -> DriftPlan:
    try:
        data: Any = parse_yaml(text)
    except ValueError as error:
        raise PlanError(place, f"not YAML: {error}") from None
    if not isinstance(data, dict):
        raise PlanError(place, "a drift plan is a mapping with `releases`")
    return _validated(data, place)


def _validated(data: dict[str, Any], place: str) -> DriftPlan:
    try:
        return DriftPlan.model_validate(data)
    except ValidationError as error:
        raise PlanError(place, _sentence(error)) from None


_FIELDS: Mapping[str, type[BaseModel]] = {
    "releases": Stage, "operators": Step, "target": Aim, "when": State,
}  # fmt: skip


def _sentence(error: ValidationError) -> str:
    """The first few violations in words, with the valid words where a name is wrong."""
    lines = []
    for row in error.errors()[:4]:
        names = [part for part in row["loc"] if isinstance(part, str)]
        where = ".".join(str(part) for part in row["loc"])
        message = row["msg"].removeprefix("Value error, ")
        if row["type"] == "extra_forbidden":
            holder = _FIELDS.get(names[-2], DriftPlan) if len(names) > 1 else DriftPlan
            message = str(UnknownName("field", names[-1], holder.model_fields))
        lines.append(f"{where}: {message}" if where else message)
    return "; ".join(lines)
