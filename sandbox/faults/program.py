"""A plan's rules armed for operations: everything that can be worked out before a call comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.faults.plan import Plan, Rule, scaled
from sandbox.faults.registry import Fault, fault_of
from sandbox.faults.selection import suits
from sandbox.faults.triggers import Iid, Schedule, Trigger

if TYPE_CHECKING:
    from sandbox.openapi.operations import Operation
    from sandbox.world.storm import CallContext


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule on one operation, with everything that can be worked out before a call comes."""

    id: str
    fault: Fault
    trigger: Any
    params: Mapping[str, Any]
    dialect: str | None
    group: str | None
    scope: str
    limit: int | None
    budget: int | None
    draw: Draw
    """Keyed by seed, label, rule and operation."""
    session_draw: Draw
    """Keyed by seed, label and rule."""
    key: tuple[object, ...]
    p: float = 0.0
    quick: bool = False
    """Independent draws with probability `p` and nothing else to look at."""
    hash: Callable[[], Any] = blake2b
    """A fresh copy of the draw's hash."""
    limit_53: float = 0.0
    """`p` in units of 2**-53, the grain of a draw."""
    steps: Mapping[str, Armed] | None = None
    """For a schedule: the faults it names."""


@dataclass(frozen=True, slots=True)
class Program:
    """What all forks of a storm share: the rules, and a cache of them by operation."""

    plan: Plan
    world: Any
    """None only where operations are told apart by method and path alone."""
    seed: int
    label: str
    order_sensitive: bool
    armed: dict[str, tuple[Armed, ...]]

    def arm(self, operation: Operation) -> tuple[Armed, ...]:
        """The rules that may hit an operation, in the order of the plan."""
        act = "" if self.world is None else self.world.resources.meaning(operation).act
        made = tuple(
            self._armed(rule, operation)
            for rule in self.plan.rules
            if _touches(rule, operation, act)
        )
        self.armed[operation.id] = made
        return made

    def _armed(self, rule: Rule, operation: Operation) -> Armed:
        trigger = trigger_of(rule, self.plan.severity)
        if isinstance(trigger, Schedule):
            names = sorted({step for step in trigger.steps if step})
            steps = {name: self._one(rule, fault_of(name), trigger, operation) for name in names}
            first = next(iter(steps.values()), None)
            base = first or self._one(rule, fault_of("T01"), trigger, operation)
            return replace(base, steps=steps)
        return self._one(rule, fault_of(rule.fault), trigger, operation)

    def _one(self, rule: Rule, fault: Fault, trigger: Trigger, operation: Operation) -> Armed:
        key = (self.seed, self.label, rule.id)
        draw = Draw(*key, operation.id)
        p = trigger.p if isinstance(trigger, Iid) else 0.0
        return Armed(
            id=rule.id,
            fault=fault,
            trigger=trigger,
            params={**fault.params, **rule.params},
            dialect=rule.dialect or self.plan.dialect,
            group=_group(rule, fault),
            scope=getattr(trigger, "scope", "intent"),
            limit=rule.max_consecutive,
            budget=rule.budget,
            draw=draw,
            session_draw=Draw(*key),
            key=key,
            p=p,
            hash=draw.fresh,
            limit_53=p * 2**53,
            quick=isinstance(trigger, Iid) and trigger.sticky == "no" and not fault.watches,
        )


def trigger_of(rule: Rule, severity: float) -> Trigger:
    if rule.trigger is not None:
        return scaled(rule.trigger, severity)
    default = Rule.model_validate({"fault": rule.fault, "trigger": fault_of(rule.fault).trigger})
    assert default.trigger is not None
    return scaled(default.trigger, severity)


def _group(rule: Rule, fault: Fault) -> str | None:
    """A behaviour that only watches most calls must not close the group for the others."""
    if fault.watches:
        return None
    return fault.group if rule.exclusive == "" else rule.exclusive


def _touches(rule: Rule, operation: Operation, act: str) -> bool:
    if rule.match is not None and not rule.match.takes(operation, act):
        return False
    # A filter that the user wrote narrows what the fault suits; it never widens it.
    names = [rule.fault] if rule.fault else _steps(rule)
    return all(suits(fault_of(name).suits, operation, act) for name in names)


def _steps(rule: Rule) -> list[str]:
    assert isinstance(rule.trigger, Schedule)
    return [step for step in rule.trigger.steps if step]


def _wire(context: CallContext) -> str:
    request = context.request()
    return f"{request.method} {request.path}"


def _client(context: CallContext) -> str:
    return context.request().header("authorization") or ""


SCOPES: Final[Mapping[str, Callable[[CallContext], str]]] = {
    "global": lambda context: "",
    "client": _client,
    "operation": lambda context: context.operation.id if context.operation else "",
    "wire": _wire,
    "intent": lambda context: context.intent.hex(),
}
"""What a rule counts over, as a key of the call."""
