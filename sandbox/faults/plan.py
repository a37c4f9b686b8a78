"""Fault plans: data that says which faults hit which calls, checked before anything runs.

plan("H01,T03")              ids with the defaults of the catalogue
plan("flaky")                a preset of specs/faults
plan("faults.yaml")          a file of one's own
plan({"rules": [...]})       the same as data
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sandbox.errors import PlanError, UnknownName
from sandbox.faults.error_shapes import DIALECTS
from sandbox.faults.registry import Fault, fault_of, faults
from sandbox.faults.selection import Match
from sandbox.faults.triggers import (
    Adaptive,
    Burst,
    Iid,
    ModelName,
    Schedule,
    Trigger,
    TwoStage,
)
from sandbox.plans import Reader

if TYPE_CHECKING:
    from sandbox.faults.injector import FaultInjector
    from sandbox.faults.recording import Tape

Dialect = Literal["rfc9457", "stripe", "github", "twilio", "google", "fastapi", "bare", "mcp"]
assert set(Dialect.__args__) == set(DIALECTS)  # type: ignore[attr-defined]

_ID = re.compile(r"[A-Z]\d{2}")


def _trigger(value: object) -> object:
    """A bare model name stands for the model with its defaults."""
    return {"model": value} if isinstance(value, str) else value


class Part(BaseModel):
    """One of several faults that fire together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: str
    params: dict[str, Any] = Field(default_factory=dict)


def _part(value: object) -> object:
    """A bare id stands for the fault with its defaults."""
    return {"fault": value} if isinstance(value, str) else value


class Rule(BaseModel):
    """One fault (or several at once), the calls it may hit and when it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: str = ""
    """Catalogue id; left out when `compose` or the steps of a schedule name the faults."""
    compose: tuple[
        Annotated[Part, BeforeValidator(_part, json_schema_input_type=Part | str)], ...
    ] = ()
    """Faults that hit the same call, the first outermost: latency, then 503."""
    id: str = ""
    match: Match | None = None
    """None: the operations that the fault suits."""
    trigger: Annotated[
        Trigger | None,
        BeforeValidator(_trigger, json_schema_input_type=Trigger | ModelName | None),
    ] = None
    """None: what the catalogue says for a bare id."""
    params: dict[str, Any] = Field(default_factory=dict)
    dialect: Dialect | None = None
    exclusive: str | None = ""
    """At most one rule of a group fires on a call; null composes; "" is the fault's own group."""
    max_consecutive: Annotated[int, Field(ge=1)] | None = None
    """Firings in a row on one intent, not counting the rest of a wait that was stated."""
    budget: Annotated[int, Field(ge=0)] | None = None
    """Firings in one session."""

    @model_validator(mode="after")
    def _check_names(self) -> Rule:
        steps = self.trigger.steps if isinstance(self.trigger, Schedule) else None
        named = [bool(self.fault), bool(self.compose), steps is not None]
        if sum(named) > 1:
            raise ValueError("name the faults once: in `fault`, in `compose` or in the schedule")
        if not any(named):
            raise ValueError("a rule needs `fault`: an id such as H01")
        for step in steps or ():
            if step is not None:
                _checked_fault(step, {})
        if self.fault:
            _checked_fault(self.fault, self.params)
        if self.compose:
            self._check_composition()
        return self

    def _check_composition(self) -> None:
        if self.trigger is None:
            raise ValueError("faults that are composed need a `trigger`: each has one of its own")
        if self.params:
            raise ValueError("parameters of composed faults stand in `compose`: {fault, params}")
        groups: dict[str, str] = {}
        for part in self.compose:
            entry = _checked_fault(part.fault, part.params)
            if entry.watches:
                raise ValueError(f"{part.fault} watches every call and cannot be composed")
            other = groups.setdefault(entry.group, part.fault) if entry.group else part.fault
            if other != part.fault:
                raise ValueError(
                    f"{other} and {part.fault} both decide what the reply is; "
                    "at most one such fault fires on a call"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of its faults."""
        if isinstance(self.trigger, Schedule):
            return tuple(dict.fromkeys(step for step in self.trigger.steps if step))
        return (self.fault,) if self.fault else tuple(part.fault for part in self.compose)

    @property
    def fault_names(self) -> str:
        """Its faults in a word, as reports show them."""
        return "schedule" if isinstance(self.trigger, Schedule) else "+".join(self.names)


class Plan(BaseModel):
    """A fault plan. `severity` scales probabilities: 0 is calm, 1 as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    about: str = ""
    solvable: bool = True
    """A polite client that sees only what agents see can still reach the goal; where it is not
    said, whether the catalogue says so of each fault."""
    minimum_calls: Annotated[float, Field(gt=0)] = 1.0
    """Calls that a perfect client needs, as a multiple of the calm count."""
    left_out: tuple[str, ...] = ()
    """Ids that belong to the idea of the preset but are not in it."""
    dialect: Dialect | None = None
    """How injected errors are worded; null: in the document's own error schema, or RFC 9457."""
    fair: bool = True
    """What a caller cannot see fires only where some read of the document would reveal it."""
    max_consecutive: Annotated[int, Field(ge=1)] | None = 2
    """Disturbed calls in a row on one intent over all rules; null: no limit."""
    severity: Annotated[float, Field(ge=0.0, le=4.0)] = 1.0
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _fill_in_ids(self) -> Plan:
        if "solvable" not in self.model_fields_set:
            # Who does not say so takes the catalogue's word for it.
            ids = (name for rule in self.rules for name in rule.names)
            solvable = all(fault_of(name).solvable for name in ids)
            object.__setattr__(self, "solvable", solvable)
        seen: dict[str, int] = {}
        named: list[Rule] = []
        for rule in self.rules:
            base = rule.id or rule.fault_names
            seen[base] = seen.get(base, 0) + 1
            if rule.id and seen[base] > 1:
                raise ValueError(f"two rules have the id {rule.id!r}")
            name = base if seen[base] == 1 else f"{base}-{seen[base]}"
            named.append(rule.model_copy(update={"id": name}))
        object.__setattr__(self, "rules", tuple(named))
        return self

    @property
    def comparable(self) -> bool:
        """Whether all agents meet the same faults; a rule that adapts to them undoes that."""
        return not any(isinstance(rule.trigger, Adaptive) for rule in self.rules)

    def at(self, severity: float) -> Plan:
        """The same plan with its probabilities scaled: the dial λ."""
        if not 0 <= severity <= 4:
            raise PlanError(self.name or "plan", f"severity {severity} is not in [0, 4]")
        return self.model_copy(update={"severity": severity})

    def compile(
        self, world: Any, seed: int, label: str = "", *, tape: Tape | None = None
    ) -> FaultInjector:
        """The plan armed for one session of a world; with a `tape`, deciding as that one did."""
        from sandbox.faults.injector import FaultInjector

        return FaultInjector.compile(self, world, seed=seed, label=label, tape=tape)


def scale_trigger(trigger: Trigger, severity: float) -> Trigger:
    """A trigger with its probability multiplied, never above 1."""
    if isinstance(trigger, Iid):
        return trigger.model_copy(update={"p": min(1.0, trigger.p * severity)})
    if isinstance(trigger, TwoStage):
        return trigger.model_copy(update={"p_arm": min(1.0, trigger.p_arm * severity)})
    if isinstance(trigger, Adaptive):
        return trigger.model_copy(update={"p": min(1.0, trigger.p * severity)})
    if isinstance(trigger, Burst):
        return trigger.model_copy(update={"p_gb": min(1.0, trigger.p_gb * severity)})
    return trigger


def _of_ids(items: Sequence[Any]) -> dict[str, Any]:
    return {"rules": [{"fault": item.upper()} if isinstance(item, str) else item for item in items]}


READER: Final = Reader(Plan, "fault plan", "faults", _ID, lambda: tuple(faults()), _of_ids)


def plan(source: str | Path | Mapping[str, Any] | Sequence[Any] | Plan | None) -> Plan:
    """A plan from ids, a preset's name, a file, or data.

    Raises PlanError with the place and what would be valid.
    """
    return READER.read(source)


def presets() -> dict[str, Plan]:
    """The plans in specs/faults by name."""
    return READER.presets()


def _checked_fault(id: str, params: Mapping[str, Any]) -> Fault:
    """The fault, after its parameters were compared with what it knows."""
    try:
        entry = fault_of(id)
    except UnknownName as error:
        raise ValueError(str(error)) from None
    for name, value in params.items():
        if name not in entry.params:
            raise ValueError(str(UnknownName(f"parameter of {id}", name, entry.params)))
        allowed = entry.choices.get(name)
        if allowed and value not in allowed:
            raise ValueError(str(UnknownName(f"{id} {name}", str(value), map(str, allowed))))
        default = entry.params[name]
        if default is not None and not _fits(value, default):
            raise ValueError(f"{id} {name}: expected {type(default).__name__}, got {value!r}")
    return entry


def _fits(value: Any, default: Any) -> bool:
    """Whether a parameter has the type of its default; a number may be of either kind."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float))
    return isinstance(value, type(default))
