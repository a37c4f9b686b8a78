"""A plan's rules armed for operations: everything that can be worked out before a call comes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sandbox.draws import Draw
from sandbox.faults.plan import Plan, Rule, scale_trigger
from sandbox.faults.registry import Fault, fault_of
from sandbox.faults.sampling import limit, odd
from sandbox.faults.selection import Match, suits
from sandbox.faults.trigger_evaluation import DECIDERS, YES, Decider, Decision
from sandbox.faults.triggers import (
    Adaptive,
    Always,
    AtCalls,
    Burst,
    EveryNth,
    FirstN,
    Iid,
    Schedule,
    StateGuard,
    Trigger,
    TwoStage,
    Window,
    order_sensitive,
)
from sandbox.messages import Response
from sandbox.world.ledger import Firing

if TYPE_CHECKING:
    from sandbox.conventions.conventions import OperationFacts
    from sandbox.document.operations import Operation
    from sandbox.world.hooks import CallContext


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
    max_consecutive: int | None
    budget: int | None
    draw: Draw
    """Keyed by seed, label, rule and operation."""
    salt: int
    """The rule's own odd factor on this operation."""
    chance: int | None = None
    """Outcomes of 2**64 on which it fires, where the call alone decides; None: ask the trigger."""
    decide: Decider | None = None
    """None: the state or a schedule decides."""
    brief: Decider | None = None
    """The same where operation, arguments and time are all it takes."""
    place: str = ""
    """The key of its scope where that is the same for all calls of the operation."""
    note: str = ""
    """What the trigger remembers by, where the scope is the same for all calls."""
    arrivals: bool = False
    """Whether the trigger alone says at which of the calls it counts the fault comes."""
    counts: bool = False
    """Whether the trigger looks at how often it fired in its scope."""
    turns: tuple[int, int] = (0, 0)
    """For a burst: the outcomes of 2**64 that leave the good and the bad state."""
    match: Match | None = None
    """What a call has to carry; None: any call of the operation is met."""
    steps: Mapping[str, Armed] | None = None
    """For a schedule: the faults it names."""
    parts: tuple[Armed, ...] = ()
    """For composed faults: each of them, the first outermost."""


GRAVITY: Final = ("benign", "transient", "permanent")
"""Kinds of faults, the gravest last."""
Left: TypeAlias = "tuple[tuple[Armed, ...], Decision | None]"
"""The rules that did not stay quiet yet, and what the first of them decided."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The rules that may hit one operation, sorted by what it costs to ask them."""

    rules: tuple[Armed, ...]
    """All of them, in the order of the plan."""
    chances: tuple[tuple[int, int, Left], ...]
    """(salt, chance, what is left when it fires) of those that the call alone decides."""
    others: tuple[Armed, ...]

    @classmethod
    def of(cls, rules: tuple[Armed, ...]) -> Watch:
        plain = [
            rule.chance is not None and not rule.fault.watches and rule.match is None
            for rule in rules
        ]
        # A rule that remembers must be asked before a later one fires.
        first = plain.index(False) if False in plain else len(rules)
        chances = tuple(
            (
                rule.salt,
                rule.chance or 0,
                (rules[min(index, first) :], YES if index < first else None),
            )
            for index, rule in enumerate(rules)
            if plain[index]
        )
        others = tuple(rule for index, rule in enumerate(rules) if not plain[index])
        return cls(rules, chances, others)


@dataclass(frozen=True, slots=True)
class Program:
    """What all forks of an injector share: the rules, and a cache of them by operation."""

    plan: Plan
    world: Any
    """None only where operations are told apart by method and path alone."""
    seed: int
    label: str
    order_sensitive: bool
    watches: dict[str, Watch]
    replies: dict[tuple[object, ...], Response]
    """Error replies that were written before."""
    draw: Draw
    """Keyed by seed and label: what calls are hashed with."""

    @classmethod
    def of(cls, plan: Plan, world: Any, seed: int, label: str) -> Program:
        """A plan for one session. At severity 0 it has no rules."""
        sensitive = any(order_sensitive(trigger_of(rule, 1.0)) for rule in plan.rules)
        rules = plan if plan.severity > 0 else plan.model_copy(update={"rules": ()})
        return cls(rules, world, seed, label, sensitive, {}, {}, Draw("call", seed, label))

    def firing(
        self,
        rule: str,
        fault: Fault,
        instance: int,
        draws: Mapping[str, float],
        params: Mapping[str, Any],
        evidence: Mapping[str, Any] | None = None,
    ) -> Firing:
        """A firing for the ledger, with what scoring needs to know of the fault."""
        solvable = fault.solvable and self.plan.solvable
        return Firing(
            rule, fault.id, instance, draws, params, fault.kind, fault.silent, fault.oracle.form,
            solvable, evidence,
        )  # fmt: skip

    def arm(self, operation: Operation) -> Watch:
        """The rules that may hit an operation."""
        facts = None if self.world is None else self.world.conventions.of(operation)
        tool = self._tool(operation)
        rules = (rule for rule in self.plan.rules if _touches(rule, operation, facts, tool))
        made = Watch.of(tuple(self._arm_rule(rule, operation) for rule in rules))
        self.watches[operation.id] = made
        return made

    def _tool(self, operation: Operation) -> str:
        """The name of the operation's tool, where some rule asks for it."""
        if self.world is None or not any(it.match and it.match.tool for it in self.plan.rules):
            return ""
        named = self.world.tools.operations.items()
        return next((name for name, it in named if it.id == operation.id), "")

    def _arm_rule(self, rule: Rule, operation: Operation) -> Armed:
        trigger = trigger_of(rule, self.plan.severity)
        if isinstance(trigger, Schedule):
            names = sorted({step for step in trigger.steps if step})
            steps = {name: self._one(rule, fault_of(name), trigger, operation) for name in names}
            first = next(iter(steps.values()), None)
            base = first or self._one(rule, fault_of("T01"), trigger, operation)
            return replace(base, steps=steps, arrivals=True)
        if rule.compose:
            parts = [
                self._one(rule, fault_of(part.fault), trigger, operation, part.params)
                for part in rule.compose
            ]
            # What bounds the rule as a whole is what its gravest part calls for.
            gravest = max(parts, key=lambda part: GRAVITY.index(part.fault.kind))
            group = next((part.group for part in parts if part.group is not None), None)
            return replace(gravest, group=group, parts=tuple(parts))
        return self._one(rule, fault_of(rule.fault), trigger, operation, rule.params)

    def _one(
        self,
        rule: Rule,
        fault: Fault,
        trigger: Trigger,
        operation: Operation,
        params: Mapping[str, Any] = MappingProxyType({}),
    ) -> Armed:
        match = rule.match if rule.match is not None and rule.match.of_calls else None
        key = (self.seed, self.label, rule.id)
        draw = Draw(*key, operation.id)
        chance = _chance(trigger, draw, Draw(*key))
        scope = getattr(trigger, "scope", "intent")
        place = {"global": "*", "operation": operation.id}.get(scope, "")
        decide = None if chance is not None else DECIDERS.get(type(trigger))
        brief = place or scope == "intent"
        turns = (trigger.p_gb, trigger.p_bg) if isinstance(trigger, Burst) else (0.0, 0.0)
        return Armed(
            id=rule.id,
            fault=fault,
            trigger=trigger,
            params={**fault.params, **params},
            dialect=rule.dialect or self.plan.dialect,
            group=_group(rule, fault),
            scope=scope,
            max_consecutive=rule.max_consecutive,
            budget=rule.budget,
            draw=draw.child(fault.id) if rule.compose else draw,
            salt=odd(draw, "fire"),
            chance=chance,
            decide=decide,
            brief=decide if brief and not fault.watches and match is None else None,
            match=match,
            place=place,
            note=place and f"{rule.id}\n{place}",
            counts=isinstance(trigger, (FirstN, StateGuard, Adaptive)),
            turns=(limit(turns[0]), limit(turns[1])),
            arrivals=_by_arrival(rule, trigger) and not fault.watches,
        )


def _by_arrival(rule: Rule, trigger: Trigger) -> bool:
    """Whether the trigger names the calls that are hit by their number.

    The catalogue's own "the first time" does not: a wait that was stated then goes on.
    """
    if rule.trigger is None and isinstance(trigger, FirstN):
        return False
    if isinstance(trigger, Window):
        return trigger.from_call is not None or trigger.to_call is not None
    return isinstance(trigger, (FirstN, EveryNth, AtCalls, Schedule))


def _chance(trigger: Trigger, draw: Draw, session: Draw) -> int | None:
    """The share of calls hit, for triggers that look at nothing but the call."""
    if isinstance(trigger, Always):
        return limit(1.0)
    if isinstance(trigger, TwoStage):
        return limit(trigger.p if session.unit("arm") < trigger.p_arm else 0.0)
    if not isinstance(trigger, Iid) or trigger.sticky == "intent":
        return None
    if trigger.sticky == "operation":
        return limit(1.0 if draw.unit("fire") < trigger.p else 0.0)
    return limit(trigger.p)


def trigger_of(rule: Rule, severity: float) -> Trigger:
    if rule.trigger is not None:
        return scale_trigger(rule.trigger, severity)
    default = Rule.model_validate({"fault": rule.fault, "trigger": fault_of(rule.fault).trigger})
    assert default.trigger is not None
    return scale_trigger(default.trigger, severity)


def _group(rule: Rule, fault: Fault) -> str | None:
    """A behaviour that only watches most calls must not close the group for the others."""
    if fault.watches:
        return None
    return fault.group if rule.exclusive == "" else rule.exclusive


def _touches(rule: Rule, operation: Operation, facts: OperationFacts | None, tool: str) -> bool:
    if rule.match is not None and not rule.match.takes(operation, facts, tool):
        return False
    # A filter that the user wrote narrows what the fault suits; it never widens it.
    return all(suits(fault_of(name).suits, operation, facts) for name in rule.names)


def _wire(context: CallContext) -> str:
    request = context.request()
    return f"{request.method} {request.path}"


def _client(context: CallContext) -> str:
    return context.request().header("authorization") or ""


SCOPES: Final[Mapping[str, Callable[[CallContext], Hashable]]] = {
    "client": _client,
    "connection": lambda context: context.session.connection,
    "wire": _wire,
    "intent": lambda context: context.moment.key,
}
"""What a rule counts over, as a key of the call, where the operation does not settle it."""
