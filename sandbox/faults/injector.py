"""A plan compiled for one session: which rule meets which call, and what it remembers.

Everything that changes lives in layered notes, so that a fork is a reference. Rules are looked up
by operation once and kept; `meet` is what every call pays, the rest only calls that are hit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial, reduce
from math import inf
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.faults.compiled_rules import SCOPES, Armed, Program
from sandbox.faults.context import FaultContext
from sandbox.faults.plan import Plan
from sandbox.faults.recording import Tape
from sandbox.faults.registry import VOICES, fault_of
from sandbox.faults.sampling import FACTOR, WORD, after, call_key
from sandbox.faults.trigger_evaluation import NO, YES, Decision, evaluate_guard
from sandbox.messages import Arguments, Response, compact
from sandbox.world.hooks import Moment
from sandbox.world.ledger import Firing
from sandbox.world.state.layered_counts import Counts

if TYPE_CHECKING:
    from sandbox.document.operations import Operation
    from sandbox.world.hooks import CallContext
    from sandbox.world.session import Session

Proceed = Callable[[], Response]
_NONE: Final[frozenset[str]] = frozenset()


class FaultInjector:
    """The faults of one session. `around` is the middleware; `fork` costs nothing."""

    __slots__ = ("_calls", "_tape", "_until", "_watches", "notes", "program")

    def __init__(
        self,
        program: Program,
        calls: Counts,
        notes: Counts,
        until: float = 0.0,
        tape: Tape | None = None,
    ) -> None:
        self.program = program
        # Key of a call → (bits of its next occurrence, how many before, disturbed in a row).
        self._calls = calls
        self.notes = notes
        """What rules remember: firings by their id, all else by tuples or by a trigger's note."""
        # The last instant of any hold: looking for one costs a microsecond, and few are open.
        # With a tape nothing is decided before it was asked: as if a hold were always open.
        self._until = until if tape is None else inf
        self._tape = tape
        self._watches = program.watches

    @classmethod
    def compile(
        cls, plan: Plan, world: Any, *, seed: int, label: str = "", tape: Tape | None = None
    ) -> FaultInjector:
        """Arm a plan for one session; with a `tape` it decides as that one did."""
        return cls(Program.of(plan, world, seed, label), Counts(), Counts(), tape=tape)

    @property
    def order_sensitive(self) -> bool:
        """Whether some rule counts arrivals, so that the order of calls matters."""
        return self.program.order_sensitive

    @property
    def plan(self) -> Plan:
        return self.program.plan

    def fork(self) -> FaultInjector:
        """An injector with the same past and a future of its own."""
        calls, notes = self._calls.fork(), self.notes.fork()
        return FaultInjector(self.program, calls, notes, self._until, self._tape)

    def call_counts(self) -> list[list[Any]]:
        """How often each call was met, as plain JSON values."""
        return sorted([key.hex(), known[1]] for key, known in self._calls.items())

    def resume(self, kept: Sequence[Sequence[Any]]) -> None:
        """Go on counting calls from what `call_counts` gave; what rules remember begins anew."""
        for text, occurrence in kept:
            key = bytes.fromhex(text)
            bits = reduce(lambda bits, _: after(bits), range(occurrence), self.digest(key))
            self._calls.put(key, (bits, occurrence, 0))

    def tape(self, session: Session, *, strict: bool = True) -> Tape:
        """What was decided in the session so far, to be played again by `compile`."""
        return Tape.of(session.ledger, strict=strict)

    def meet(self, operation: Operation, arguments: Arguments | None, now: float) -> Moment | None:
        """Count a call; None when every rule stays quiet, so that nothing is to be done."""
        watch = self._watches.get(operation.id) or self.program.arm(operation)
        if not watch.rules:
            return None
        key = call_key(operation.id, arguments)
        calls = self._calls.own
        known = calls.get(key) or self._calls.get(key)
        if known is None:
            key = compact(key)
            known = (self.digest(key), 0, 0)
        bits, occurrence, run = known
        # `chances.after`, written out: this is what every call pays.
        later = (bits ^ bits >> 32) * FACTOR & WORD
        rules, decision = watch.rules, None
        if now >= self._until:
            for salt, chance, left in watch.chances:
                if bits * salt & WORD < chance:
                    rules, decision = left
                    break
            else:
                others = watch.others
                for index, armed in enumerate(others) if others else ():
                    if armed.brief is None:
                        rules, decision = others[index:], None
                        break
                    decision = armed.brief(self, armed, armed.place or key, now)
                    if decision[0]:
                        rules = others[index:]
                        break
                else:
                    calls[key] = (later, occurrence + 1, 0)
                    return None
        calls[key] = (later, occurrence + 1, run)
        return Moment(key, occurrence, bits, run, rules, decision)

    def around(self, call: CallContext, proceed: Proceed) -> Response:
        """Answer a call that was met through the rules that are left."""
        moment = call.moment = self._count_arrival(call)
        response = self._layer(moment.rules, 0, _NONE, call, proceed, moment.decision)
        if not call.firings:
            bits, occurrence, run = self._calls.get(moment.key)
            if run:
                self._calls.put(moment.key, (bits, occurrence, 0))
        return response

    def _count_arrival(self, call: CallContext) -> Moment:
        """The call, counted by every rule that counts, whatever the others make of it."""
        moment = call.moment
        first = 0 if moment.decision is None else 1
        counting = [
            armed
            for armed in moment.rules[first:]
            if armed.arrivals and (armed.match is None or armed.match.admits(call))
        ]
        if not counting:
            return moment
        counted = {
            armed.id: self.step(armed, self.scope(armed, call))
            if armed.steps is not None
            else self._decide(armed, call)
            for armed in counting
        }
        return moment._replace(counted=counted)

    def meta_reply(
        self, session: Session, kind: str, text: str, error: bool
    ) -> tuple[str, bool, tuple[Firing, ...]]:
        """What a meta-tool says under these faults: some faults speak through documentation."""
        firings: list[Firing] = []
        for rule in self.program.plan.rules:
            voice = VOICES.get((rule.fault, kind))
            if voice is not None and not error:
                params = {**fault_of(rule.fault).params, **rule.params}
                draw = Draw(self.program.seed, self.program.label, rule.id, kind)
                text, error = voice(session, text, params, draw)
                count = self.firings(rule.id)
                self.notes.put(rule.id, count + 1)
                firings.append(
                    self.program.firing(rule.id, fault_of(rule.fault), count, {}, params)
                )
        return text, error, tuple(firings)

    def report(self) -> list[dict[str, Any]]:
        """One row per rule: armed, fired or expired, and how often it fired."""
        rows = []
        for rule in self.program.plan.rules:
            count = self.firings(rule.id)
            over = rule.budget is not None and count >= rule.budget
            state = "expired" if over else "fired" if count else "armed"
            rows.append(
                {"rule": rule.id, "fault": rule.fault_names, "state": state, "firings": count}
            )
        return rows

    # What a fault context and the triggers ask for.

    def digest(self, key: bytes) -> int:
        """The 64 bits that stand for a call in this session."""
        return self.program.draw.child(key).bits()

    def scope(self, armed: Armed, call: CallContext) -> Hashable:
        """The key of what the rule counts over for this call."""
        return armed.place or SCOPES[armed.scope](call)

    def step(self, armed: Armed, scope: Hashable) -> int:
        """The index of this call in its scope, counted from 0."""
        return self.notes.next(armed.note or (armed.id, scope))

    def firings(self, rule: str, scope: Hashable | None = None) -> int:
        """How often a rule fired in a scope; None: in the whole session."""
        count: int = self.notes.get(rule if scope is None else ("fired", rule, scope)) or 0
        return count

    def count(self, context: FaultContext) -> int:
        """Count a firing and give the number of its instance; a held firing adds to none."""
        armed, call = context.armed, context.call
        total = self.firings(armed.id)
        if context.held:
            return max(0, total - 1)
        if armed.fault.kind != "benign":
            moment = call.moment
            bits, occurrence, _ = self._calls.get(moment.key)
            self._calls.own[moment.key] = (bits, occurrence, moment.run + 1)
        if any(each.rule == armed.id for each in call.firings):
            return total - 1
        self.notes.own[armed.id] = total + 1
        if armed.counts:
            self.notes.next(("fired", armed.id, context.scope))
            self.notes.put(("last", armed.id, context.scope), context.now)
        return total

    def hold(self, context: FaultContext, until: float) -> None:
        """Let the scope meet the fault again until a virtual instant."""
        self._until = max(self._until, until)
        self.notes.put(("hold", context.rule, context.scope), until)

    def fires(self, armed: Armed, call: CallContext) -> bool:
        """Whether a rule may fire now: what a behaviour that watches every call asks."""
        return self._decide(armed, call)[0] and not self._is_spent(armed, call)

    def _layer(
        self,
        rules: tuple[Armed, ...],
        first: int,
        taken: frozenset[str],
        call: CallContext,
        proceed: Proceed,
        decision: Decision | None = None,
    ) -> Response:
        """The first rule from `first` on that wants the call, wrapped around those behind it."""
        for index in range(first, len(rules)):
            armed = rules[index]
            if armed.group is not None and armed.group in taken:
                continue
            context = self._meet(armed, call, decision)
            decision = None
            if context is None:
                continue
            inner = partial(self._behind, armed, rules, index + 1, taken, call, proceed)
            return self._apply_fault(context, inner)
        return proceed()

    def _behind(
        self,
        armed: Armed,
        rules: tuple[Armed, ...],
        first: int,
        taken: frozenset[str],
        call: CallContext,
        proceed: Proceed,
    ) -> Response:
        """What the rules behind one that fires make of the call; its group is closed to them."""
        if armed.group is not None:
            taken |= {armed.group}
        return self._layer(rules, first, taken, call, proceed)

    def _apply_fault(self, context: FaultContext, inner: Proceed) -> Response:
        """What the fault makes of the call; composed ones, the first around the next."""
        armed = context.armed
        if not armed.parts:
            return armed.fault.behaviour(context, inner)
        for part in reversed(armed.parts):
            here = FaultContext(self, context.call, part, wait=context.wait, held=context.held)
            inner = partial(part.fault.behaviour, here, inner)
        return inner()

    def _meet(
        self, armed: Armed, call: CallContext, decision: Decision | None
    ) -> FaultContext | None:
        """The context for a rule to fire on this call; None when it stays quiet."""
        if armed.match is not None and not armed.match.admits(call):
            return None
        if armed.steps is not None:
            return self._next_of_schedule(armed, call)
        if self._until > call.session.clock.now and not armed.arrivals:
            held = self._hold_left(armed, call)
            if held > 0:
                return FaultContext(self, call, armed, wait=held, held=True)
        if armed.fault.watches:
            return FaultContext(self, call, armed)
        decision = decision or call.moment.counted.get(armed.id)
        fires, wait = decision or self._decide(armed, call)
        if not fires or self._is_spent(armed, call):
            return None
        return FaultContext(self, call, armed, wait=wait)

    def _decide(self, armed: Armed, call: CallContext) -> Decision:
        """Whether a rule fires, by its trigger or by the tape, and the wait it knows of."""
        if armed.chance is not None:
            decision = YES if call.moment.bits * armed.salt & WORD < armed.chance else NO
        elif armed.decide is not None:
            scope, now = self.scope(armed, call), call.session.clock.now
            decision = armed.decide(self, armed, scope, now)
        else:
            decision = evaluate_guard(self, armed, self.scope(armed, call), call.session)
        if self._tape is None:
            return decision
        fires, wait = decision
        return self._tape.fires(armed.id, call, otherwise=fires), wait

    def _next_of_schedule(self, armed: Armed, call: CallContext) -> FaultContext | None:
        steps = armed.trigger.steps
        index = call.moment.counted[armed.id]
        if index >= len(steps) and not (armed.trigger.last_sticks and steps):
            return None
        name = steps[min(index, len(steps) - 1)]
        assert armed.steps is not None
        return None if name is None else FaultContext(self, call, armed.steps[name], due=True)

    def _hold_left(self, armed: Armed, call: CallContext) -> float:
        """Seconds that an earlier firing of the rule still lasts in this scope."""
        until: float = self.notes.get(("hold", armed.id, self.scope(armed, call))) or 0.0
        return until - call.session.clock.now

    def _is_spent(self, armed: Armed, call: CallContext) -> bool:
        """Whether a rail keeps the rule from firing: its budget, or too many in a row."""
        if armed.budget is not None and self.firings(armed.id) >= armed.budget:
            return True
        most = armed.max_consecutive
        if most is None and not armed.arrivals:
            most = self.program.plan.max_consecutive
        if most is None or armed.fault.kind != "transient":
            return False
        run: int = self._calls.get(call.moment.key)[2]
        return run >= most
