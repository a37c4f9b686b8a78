"""How each trigger decides: one function per model over the injector's persistent memory.

A decider answers (fires, wait): wait is the seconds after which the scope is open again, where the
model knows it, else 0. Deciders that count calls advance their counter here; firings are counted
by the injector, and only when the fault really took effect. What draws from the call alone (always,
iid, two_stage) is no decider: see `sandbox.faults.chances`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.faults import triggers as model
from sandbox.faults.sampling import FACTOR, WORD, after, limit

if TYPE_CHECKING:
    from sandbox.faults.compiled_rules import Armed
    from sandbox.faults.injector import FaultInjector
    from sandbox.world.session import Session

Decision = tuple[bool, float]
NO: Final[Decision] = (False, 0.0)
YES: Final[Decision] = (True, 0.0)

Decider = Callable[["FaultInjector", "Armed", Hashable, float], Decision]
"""(injector, rule, key of the scope, virtual now) → decision."""


def _sticky(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    """Drawn once per intent, so it is the same for every occurrence."""
    assert isinstance(scope, bytes)
    return (injector.digest(scope) * armed.salt & WORD < limit(armed.trigger.p), 0.0)


def _first_n(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    return (injector.firings(armed.id, scope) < armed.trigger.n, 0.0)


def _every_nth(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    index = injector.step(armed, scope) - armed.trigger.offset
    return (index >= 0 and index % armed.trigger.n == 0, 0.0)


def _at_calls(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    index = injector.step(armed, scope)
    after = armed.trigger.after
    return (index in armed.trigger.calls or (after is not None and index >= after), 0.0)


def _window(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    trigger = armed.trigger
    if trigger.from_call is not None or trigger.to_call is not None:
        index = injector.step(armed, scope)
        if index < (trigger.from_call or 0):
            return NO
        if trigger.to_call is not None and index >= trigger.to_call:
            return NO
    if trigger.from_s is not None and now < trigger.from_s:
        return NO
    if trigger.to_s is None:
        return YES
    return (now < trigger.to_s, max(0.0, trigger.to_s - now))


def _burst(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    """One step of the chain; noted are the bits of the last draw and whether the state is bad."""
    trigger = armed.trigger
    name = armed.note or (armed.id, scope)
    bits, bad = injector.notes.get(name) or (armed.draw.child("chain", scope).bits(), False)
    bits = (bits ^ bits >> 32) * FACTOR & WORD
    bad = bad != (bits * armed.salt & WORD < armed.turns[bad])
    chance = trigger.h_bad if bad else trigger.h_good
    if chance not in (0.0, 1.0):
        bits = after(bits)
        chance = bits * armed.salt & WORD < limit(chance)
    injector.notes.put(name, (bits, bad))
    return YES if chance else NO


def _token_bucket(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    trigger = armed.trigger
    name = armed.note or (armed.id, scope)
    tokens, since = injector.notes.get(name) or (float(trigger.capacity), now)
    tokens = min(float(trigger.capacity), tokens + (now - since) * trigger.refill_per_s)
    if tokens >= trigger.cost - 1e-9:
        injector.notes.put(name, (tokens - trigger.cost, now))
        return NO
    injector.notes.put(name, (tokens, now))
    return (True, (trigger.cost - tokens) / trigger.refill_per_s)


def _concurrency(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    trigger = armed.trigger
    name = armed.note or (armed.id, scope)
    flying = tuple(
        start for start in injector.notes.get(name) or () if start > now - trigger.hold_s
    )
    if len(flying) >= trigger.max_inflight:
        return (True, flying[0] + trigger.hold_s - now)
    injector.notes.put(name, (*flying, now))
    return NO


def _adaptive(injector: FaultInjector, armed: Armed, scope: Hashable, now: float) -> Decision:
    """Noted are the probability, the firings that were reacted to, and the bits of the draw."""
    trigger = armed.trigger
    name = armed.note or (armed.id, scope)
    known = injector.notes.get(name)
    p, seen, bits = known or (trigger.p, 0, armed.draw.child("adaptive", scope).bits())
    fired, at = injector.firings(armed.id, scope), injector.notes.get(("last", armed.id, scope))
    if fired > seen:
        hurried = now - at < trigger.within_s
        p = min(1.0, p + trigger.up) if hurried else max(0.0, p - trigger.down)
    bits = after(bits)
    injector.notes.put(name, (p, fired, bits))
    return (bits * armed.salt & WORD < limit(p), 0.0)


def evaluate_guard(
    injector: FaultInjector, armed: Armed, scope: Hashable, session: Session
) -> Decision:
    """A state guard: the one trigger that looks at the session's state."""
    trigger = armed.trigger
    if trigger.n is not None and injector.firings(armed.id, scope) >= trigger.n:
        return NO
    state = session.state
    if trigger.written:
        held = list(state.writes().get(trigger.collection, {}).values())
    else:
        held = [state.get(trigger.collection, id) for id in state.ids(trigger.collection)]
    fitting = sum(1 for entity in held if entity is not None and _fits(entity, trigger.where))
    return (fitting >= trigger.count, 0.0)


def _fits(entity: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(entity.get(name) == value for name, value in where.items())


DECIDERS: Final[Mapping[type, Decider]] = {
    model.Iid: _sticky,
    model.FirstN: _first_n,
    model.EveryNth: _every_nth,
    model.AtCalls: _at_calls,
    model.Window: _window,
    model.Burst: _burst,
    model.TokenBucket: _token_bucket,
    model.Concurrency: _concurrency,
    model.Adaptive: _adaptive,
}
