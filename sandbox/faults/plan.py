"""Fault plans: data that says which faults hit which calls, checked before anything runs.

plan("H01,T03")              ids with the defaults of the catalogue
plan("flaky")                a preset of specs/faults
plan("storm.yaml")           a file of one's own
plan({"rules": [...]})       the same as data
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from yaml12 import parse_yaml

import specs
from sandbox.errors import PlanError, UnknownName
from sandbox.faults.dialects import DIALECTS
from sandbox.faults.registry import Fault, fault_of, faults
from sandbox.faults.selection import Match
from sandbox.faults.triggers import MODELS, Iid, Schedule, Trigger, TwoStage

if TYPE_CHECKING:
    from sandbox.faults.storm import Storm
    from sandbox.faults.tape import Tape

Dialect = Literal["rfc9457", "stripe", "github", "twilio", "google", "fastapi", "bare", "mcp"]
assert set(Dialect.__args__) == set(DIALECTS)  # type: ignore[attr-defined]

_ID = re.compile(r"[A-Z]\d{2}")


def _trigger(value: object) -> object:
    """A bare model name stands for the model with its defaults."""
    return {"model": value} if isinstance(value, str) else value


class Rule(BaseModel):
    """One fault, the calls it may hit and when it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: str = ""
    """Catalogue id; left out only when the trigger is a schedule that names the faults."""
    id: str = ""
    match: Match | None = None
    """None: the operations that the fault suits."""
    trigger: Annotated[Trigger | None, BeforeValidator(_trigger)] = None
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
    def _known(self) -> Rule:
        if isinstance(self.trigger, Schedule):
            if self.fault:
                raise ValueError("a schedule names its faults in steps: leave `fault` out")
            for step in self.trigger.steps:
                if step is not None:
                    _checked(step, {})
        elif not self.fault:
            raise ValueError("a rule needs `fault`: an id such as H01")
        else:
            _checked(self.fault, self.params)
        return self


class Plan(BaseModel):
    """A fault plan. `severity` scales probabilities: 0 is calm, 1 as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    about: str = ""
    solvable: bool = True
    """A polite client that sees only what agents see can still reach the goal."""
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
    def _named(self) -> Plan:
        seen: dict[str, int] = {}
        named: list[Rule] = []
        for rule in self.rules:
            base = rule.id or rule.fault or "schedule"
            seen[base] = seen.get(base, 0) + 1
            if rule.id and seen[base] > 1:
                raise ValueError(f"two rules have the id {rule.id!r}")
            name = base if seen[base] == 1 else f"{base}-{seen[base]}"
            named.append(rule.model_copy(update={"id": name}))
        object.__setattr__(self, "rules", tuple(named))
        return self

    def at(self, severity: float) -> Plan:
        """The same plan with its probabilities scaled: the dial λ."""
        if not 0 <= severity <= 4:
            raise PlanError(self.name or "plan", f"severity {severity} is not in [0, 4]")
        return self.model_copy(update={"severity": severity})

    def compile(self, world: Any, seed: int, label: str = "", *, tape: Tape | None = None) -> Storm:
        """The plan armed for one session of a world; with a `tape`, deciding as that one did."""
        from sandbox.faults.storm import Storm

        return Storm.compile(self, world, seed=seed, label=label, tape=tape)


def scaled(trigger: Trigger, severity: float) -> Trigger:
    """A trigger with its probability multiplied, never above 1."""
    if isinstance(trigger, Iid):
        return trigger.model_copy(update={"p": min(1.0, trigger.p * severity)})
    if isinstance(trigger, TwoStage):
        return trigger.model_copy(update={"p_arm": min(1.0, trigger.p_arm * severity)})
    if trigger.model == "burst":
        return trigger.model_copy(update={"p_gb": min(1.0, trigger.p_gb * severity)})
    return trigger


def plan(source: str | Path | Mapping[str, Any] | Sequence[Any] | Plan | None) -> Plan:
    """A plan from ids, a preset's name, a file, or data.

    Raises PlanError with the place and what would be valid.
    """
    if source is None or source == "":
        return Plan()
    if isinstance(source, Plan):
        return source
    if isinstance(source, Mapping):
        return _validated(dict(source), "plan")
    if isinstance(source, (str, Path)):
        return _named(source)
    return _of_ids([item for item in source], "plan")


def presets() -> dict[str, Plan]:
    """The plans in specs/faults by name."""
    return {name: plan(name) for name in specs.presets("faults")}


def _named(source: str | Path) -> Plan:
    text = str(source).strip()
    ids = [part.strip() for part in text.split(",") if part.strip()]
    if ids and all(_ID.fullmatch(part.split(":")[0].upper()) for part in ids):
        return _of_ids(ids, text)
    if text in specs.presets("faults"):
        return _read(specs.path(text, "faults").read_text("utf-8"), f"preset {text}")
    path = Path(text)
    if path.is_file():
        return _read(path.read_text("utf-8"), text)
    if path.suffix in (".yaml", ".yml", ".json"):
        raise PlanError(text, "there is no such file")
    valid = [*specs.presets("faults"), *faults()]
    raise PlanError(text, str(UnknownName("fault id, preset or file", text, valid)))


def _of_ids(items: Iterable[Any], place: str) -> Plan:
    rules = [{"fault": item.upper()} if isinstance(item, str) else item for item in items]
    return _validated({"rules": rules}, place)


def _read(text: str, place: str) -> Plan:
    try:
        data: Any = parse_yaml(text)
    except ValueError as error:
        raise PlanError(place, f"not YAML: {error}") from None
    if not isinstance(data, dict):
        raise PlanError(place, "a plan is a mapping with `rules`")
    return _validated(data, place)


def _validated(data: dict[str, Any], place: str) -> Plan:
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        raise PlanError(place, sentence(error)) from None


def sentence(error: ValidationError) -> str:
    """The first few violations in words, with the valid words where a name is wrong."""
    lines = []
    for row in error.errors()[:4]:
        where = ".".join(str(part) for part in row["loc"] if part not in MODELS)
        message = row["msg"].removeprefix("Value error, ")
        if row["type"] == "extra_forbidden":
            message = str(UnknownName("field", str(row["loc"][-1]), _fields(row["loc"])))
        lines.append(f"{where}: {message}" if where else message)
    return "; ".join(lines)


def _fields(place: tuple[int | str, ...]) -> Iterable[str]:
    """The fields that would have been valid where a stray one stands."""
    from sandbox.faults import triggers

    parts = [part for part in place[:-1] if isinstance(part, str)]
    if parts and parts[-1] in MODELS:
        name = "".join(word.title() for word in parts[-1].split("_"))
        return list(getattr(triggers, name).model_fields)
    if parts and parts[-1] == "match":
        return list(Match.model_fields)
    return list(Rule.model_fields if parts and parts[-1] == "rules" else Plan.model_fields)


def _checked(id: str, params: Mapping[str, Any]) -> Fault:
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
