"""A plan compiled for one session: which rule meets which call, and what it remembers.

Everything that changes lives in one persistent map, so that a fork is a reference. Rules are
looked up by operation once and kept; a call that no rule matches pays one dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from rpds import HashTrieMap

from sandbox.draws import Draw
from sandbox.faults.deciders import decide, moment_key
from sandbox.faults.occasion import Occasion
from sandbox.faults.plan import Plan
from sandbox.faults.program import SCOPES, Armed, Program, trigger_of
from sandbox.faults.registry import VOICES, fault_of
from sandbox.faults.tape import Tape
from sandbox.faults.triggers import order_sensitive
from sandbox.wire import Response
from sandbox.world.counts import Counts
from sandbox.world.ledger import Firing

if TYPE_CHECKING:
    from sandbox.openapi.operations import Operation
    from sandbox.world.session import Session
    from sandbox.world.storm import CallContext

Proceed = Callable[[], Response]
Memory: TypeAlias = "HashTrieMap[str, Any]"


class Storm:
    """The faults of one session. `around` is the middleware; `fork` costs nothing."""

    __slots__ = ("_memory", "_program", "_runs", "_steps", "_tape", "_until")

    def __init__(
        self,
        program: Program,
        memory: Memory,
        runs: HashTrieMap[bytes, int],
        steps: Counts,
        until: float = 0.0,
        tape: Tape | None = None,
    ) -> None:
        self._program = program
        self._memory = memory
        self._runs = runs
        self._steps = steps
        # The last instant of any hold: looking for one costs a microsecond, and few are open.
        self._until = until
        self._tape = tape

    @classmethod
    def compile(
        cls, plan: Plan, world: Any, *, seed: int, label: str = "", tape: Tape | None = None
    ) -> Storm:
        """Arm a plan for one session; with a `tape` it decides as that one did."""
        sensitive = any(order_sensitive(trigger_of(rule, 1.0)) for rule in plan.rules)
        rules = plan if plan.severity > 0 else plan.model_copy(update={"rules": ()})
        program = Program(rules, world, seed, label, sensitive, {})
        return cls(program, HashTrieMap(), HashTrieMap(), Counts(), tape=tape)

    @property
    def order_sensitive(self) -> bool:
        """Whether some rule counts arrivals, so that the order of calls matters."""
        return self._program.order_sensitive

    @property
    def plan(self) -> Plan:
        return self._program.plan

    def fork(self) -> Storm:
        """A storm with the same past and a future of its own."""
        steps = self._steps.fork()
        return Storm(self._program, self._memory, self._runs, steps, self._until, self._tape)

    def tape(self, session: Session, *, strict: bool = True) -> Tape:
        """What was decided in the session so far, to be played again by `compile`."""
        return Tape.of(session.ledger, strict=strict)

    def concerns(self, operation: Operation) -> bool:
        """Whether any rule may ever touch calls of an operation."""
        return bool(self._rules(operation))

    def _rules(self, operation: Operation) -> tuple[Armed, ...]:
        found = self._program.armed.get(operation.id)
        return self._program.arm(operation) if found is None else found

    def around(self, context: CallContext, proceed: Proceed) -> Response:
        """Answer a call through the rules that match it."""
        operation = context.operation
        rules = () if operation is None else self._rules(operation)
        if not rules:
            return proceed()
        if self._tape is not None:
            # Every call is counted, or occurrences would not be those of the tape.
            _ = context.occurrence
        first = self._quiet(rules, context)
        if first == len(rules):
            if len(self._runs):
                self._runs = self._runs.discard(context.intent)
            return proceed()
        before = len(context.firings)
        response = self._layer(rules, first, frozenset(), context, proceed)
        if len(context.firings) == before and len(self._runs):
            self._runs = self._runs.discard(context.intent)
        return response

    def _quiet(self, rules: tuple[Armed, ...], context: CallContext) -> int:
        """How many of the first rules certainly stay quiet: the usual ones, decided at once."""
        if not rules[0].quick or self._tape is not None:
            return 0
        if context.session.clock.now < self._until:
            return 0
        name = moment_key(context)
        for index, armed in enumerate(rules):
            if not armed.quick:
                return index
            # `Draw.below`, written out: this is what every call pays for every armed rule.
            hashed = armed.hash()
            hashed.update(name)
            if int.from_bytes(hashed.digest(), "big") >> 11 < armed.limit_53:
                return index
        return len(rules)

    def told(
        self, session: Session, kind: str, text: str, error: bool
    ) -> tuple[str, bool, tuple[Firing, ...]]:
        """What a meta-tool says in this weather: some faults speak through documentation."""
        firings: list[Firing] = []
        for rule in self._program.plan.rules:
            voice = VOICES.get((rule.fault, kind))
            if voice is not None and not error:
                params = {**fault_of(rule.fault).params, **rule.params}
                draw = Draw(self._program.seed, self._program.label, rule.id, kind)
                text, error = voice(session, text, params, draw)
                count = self.firings(rule.id, None)
                self.remember(f"fired\n{rule.id}", count + 1)
                firings.append(Firing(rule.id, rule.fault, count, {}, params))
        return text, error, tuple(firings)

    def report(self) -> list[dict[str, Any]]:
        """One row per rule: armed, fired or expired, and how often it fired."""
        rows = []
        for rule in self._program.plan.rules:
            count = self.firings(rule.id, None)
            over = rule.budget is not None and count >= rule.budget
            state = "expired" if over else "fired" if count else "armed"
            name = rule.fault or "schedule"
            rows.append({"rule": rule.id, "fault": name, "state": state, "firings": count})
        return rows

    # What occasions and deciders ask for.

    def recall(self, name: str) -> Any:
        """What was remembered under a name, or None."""
        return self._memory.get(name)

    def remember(self, name: str, value: Any) -> None:
        self._memory = self._memory.insert(name, value)

    def scope(self, armed: Armed, context: CallContext) -> str:
        """The key of what the rule counts over for this call."""
        return SCOPES[armed.scope](context)

    def step(self, armed: Armed, context: CallContext) -> int:
        """The index of this call in its scope, counted from 0."""
        return self._steps.next((armed.id, self.scope(armed, context)))

    def firings(self, rule: str, scope: str | None) -> int:
        """How often a rule fired in a scope; None: in the whole session."""
        name = f"fired\n{rule}" if scope is None else f"fired\n{rule}\n{scope}"
        count: int = self._memory.get(name) or 0
        return count

    def count(self, occasion: Occasion) -> int:
        """Count a firing and give the number of its instance; a held firing adds to none."""
        total = self.firings(occasion.rule, None)
        if occasion.held:
            return max(0, total - 1)
        self.remember(f"fired\n{occasion.rule}", total + 1)
        here = self.firings(occasion.rule, occasion.scope)
        self.remember(f"fired\n{occasion.rule}\n{occasion.scope}", here + 1)
        if occasion.entry.kind != "benign":
            intent = occasion.context.intent
            self._runs = self._runs.insert(intent, (self._runs.get(intent) or 0) + 1)
        return total

    def hold(self, occasion: Occasion, until: float) -> None:
        """Let the scope meet the fault again until a virtual instant."""
        self._until = max(self._until, until)
        self.remember(f"hold\n{occasion.rule}\n{occasion.scope}", until)

    def _layer(
        self,
        rules: tuple[Armed, ...],
        first: int,
        taken: frozenset[str],
        context: CallContext,
        proceed: Proceed,
    ) -> Response:
        """The first rule from `first` on that wants the call, wrapped around those behind it."""
        name = b""
        usual = self._tape is None and context.session.clock.now >= self._until
        for index in range(first, len(rules)):
            armed = rules[index]
            if armed.quick and usual:
                name = name or moment_key(context)
                if not armed.draw.below(armed.p, name):
                    continue
            if armed.group is not None and armed.group in taken:
                continue
            occasion = self._meet(armed, context)
            if occasion is None:
                continue
            # Bound per layer: a rule that fires closes its group for the rules behind it.
            now_taken = taken if armed.group is None else taken | {armed.group}

            def inner(after: int = index + 1, groups: frozenset[str] = now_taken) -> Response:
                return self._layer(rules, after, groups, context, proceed)

            return occasion.entry.behaviour(occasion, inner)
        return proceed()

    def _meet(self, armed: Armed, context: CallContext) -> Occasion | None:
        """The occasion of a rule on this call, or None when it stays quiet."""
        if armed.steps is not None:
            return self._scheduled(armed, context)
        holding = self._until > context.session.clock.now
        held = self._held(armed, context) if holding else 0.0
        if held > 0:
            return self._occasion(armed, context, wait=held, held=True)
        if armed.fault.watches:
            return self._occasion(armed, context)
        fires, wait = self._decide(armed, context)
        if not fires or self._spent(armed, context):
            return None
        return self._occasion(armed, context, wait=wait)

    def _decide(self, armed: Armed, context: CallContext) -> tuple[bool, float]:
        """Whether a rule fires, by its trigger or by the tape, and the wait it knows of."""
        fires, wait = decide(self, armed, context)
        if self._tape is not None:
            fires = self._tape.fires(armed.id, context, otherwise=fires)
        return fires, wait

    def _occasion(
        self, armed: Armed, context: CallContext, *, wait: float = 0.0, held: bool = False
    ) -> Occasion:
        draw = armed.draw.child(context.intent, context.occurrence)

        def asked() -> bool:
            return self._decide(armed, context)[0] and not self._spent(armed, context)

        return Occasion(
            storm=self,
            context=context,
            rule=armed.id,
            entry=armed.fault,
            scope=self.scope(armed, context),
            params=armed.params,
            draw=draw,
            dialect=armed.dialect,
            decide=asked,
            wait=wait,
            held=held,
        )

    def _scheduled(self, armed: Armed, context: CallContext) -> Occasion | None:
        steps = armed.trigger.steps
        index = self.step(armed, context)
        if index >= len(steps) and not (armed.trigger.last_sticks and steps):
            return None
        name = steps[min(index, len(steps) - 1)]
        assert armed.steps is not None
        return None if name is None else self._occasion(armed.steps[name], context)

    def _held(self, armed: Armed, context: CallContext) -> float:
        """Seconds that an earlier firing of the rule still lasts in this scope."""
        name = f"hold\n{armed.id}\n{self.scope(armed, context)}"
        until: float = self._memory.get(name) or 0.0
        return until - context.session.clock.now

    def _spent(self, armed: Armed, context: CallContext) -> bool:
        """Whether a rail keeps the rule from firing: its budget, or too many in a row."""
        if armed.budget is not None and self.firings(armed.id, None) >= armed.budget:
            return True
        limit = armed.limit or self._program.plan.max_consecutive
        if limit is None or armed.fault.kind != "transient":
            return False
        return (self._runs.get(context.intent) or 0) >= limit
