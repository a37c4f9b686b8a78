"""How each trigger decides: one function per model over the storm's persistent memory.

A decider answers (fires, wait): wait is the seconds after which the scope is open again, where the
model knows it, else 0. Deciders that count calls advance their counter here; firings are counted
by the storm, and only when the fault really took effect.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.faults import triggers as model

if TYPE_CHECKING:
    from sandbox.faults.program import Armed
    from sandbox.faults.storm import Storm
    from sandbox.world.storm import CallContext

Decision = tuple[bool, float]
NO: Final[Decision] = (False, 0.0)
YES: Final[Decision] = (True, 0.0)


def decide(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    """Whether a rule fires on this call."""
    return _DECIDERS[type(armed.trigger)](storm, armed, context)


def moment(context: CallContext) -> str:
    """The draw name of this very call: the same call again is another moment."""
    return f"fire/{context.intent.hex()}/{context.occurrence}"


def moment_key(context: CallContext) -> bytes:
    """`moment` as the bytes that a draw hashes for it."""
    return b"?fire/%b/%d" % (hexlify(context.intent), context.occurrence)


def _always(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    return YES


def _iid(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    if trigger.sticky == "operation":
        return (armed.draw.unit("fire") < trigger.p, 0.0)
    if trigger.sticky == "intent":
        return (armed.draw.unit("fire/" + context.intent.hex()) < trigger.p, 0.0)
    return (armed.draw.unit(moment(context)) < trigger.p, 0.0)


def _two_stage(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    if armed.session_draw.unit("arm") >= trigger.p_arm:
        return NO
    return (armed.draw.unit(moment(context)) < trigger.p, 0.0)


def _first_n(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    scope = storm.scope(armed, context)
    return (storm.firings(armed.id, scope) < armed.trigger.n, 0.0)


def _every_nth(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    index = storm.step(armed, context) - armed.trigger.offset
    return (index >= 0 and index % armed.trigger.n == 0, 0.0)


def _at_calls(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    index = storm.step(armed, context)
    after = armed.trigger.after
    return (index in armed.trigger.calls or (after is not None and index >= after), 0.0)


def _window(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    now = context.session.clock.now
    if trigger.from_call is not None or trigger.to_call is not None:
        index = storm.step(armed, context)
        if index < (trigger.from_call or 0):
            return NO
        if trigger.to_call is not None and index >= trigger.to_call:
            return NO
    if trigger.from_s is not None and now < trigger.from_s:
        return NO
    if trigger.to_s is None:
        return YES
    return (now < trigger.to_s, max(0.0, trigger.to_s - now))


def _burst(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    scope = storm.scope(armed, context)
    index = storm.step(armed, context)
    name = f"chain\n{armed.id}\n{scope}"
    bad = bool(storm.recall(name))
    flips = armed.draw.unit(f"turn/{scope}/{index}") < (trigger.p_bg if bad else trigger.p_gb)
    bad = bad != flips
    if flips:
        storm.remember(name, bad)
    chance = trigger.h_bad if bad else trigger.h_good
    if chance in (0.0, 1.0):
        return (chance == 1.0, 0.0)
    return (armed.draw.unit(f"fire/{scope}/{index}") < chance, 0.0)


def _token_bucket(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    name = f"bucket\n{armed.id}\n{storm.scope(armed, context)}"
    now = context.session.clock.now
    tokens, since = storm.recall(name) or (float(trigger.capacity), now)
    tokens = min(float(trigger.capacity), tokens + (now - since) * trigger.refill_per_s)
    if tokens >= trigger.cost - 1e-9:
        storm.remember(name, (tokens - trigger.cost, now))
        return NO
    storm.remember(name, (tokens, now))
    return (True, (trigger.cost - tokens) / trigger.refill_per_s)


def _concurrency(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    name = f"flight\n{armed.id}\n{storm.scope(armed, context)}"
    now = context.session.clock.now
    flying = tuple(start for start in storm.recall(name) or () if start > now - trigger.hold_s)
    if len(flying) >= trigger.max_inflight:
        return (True, flying[0] + trigger.hold_s - now)
    storm.remember(name, (*flying, now))
    return NO


def _state_guard(storm: Storm, armed: Armed, context: CallContext) -> Decision:
    trigger = armed.trigger
    limit = trigger.n
    if limit is not None and storm.firings(armed.id, context.intent.hex()) >= limit:
        return NO
    state = context.session.state
    if trigger.written:
        held = list(state.written().get(trigger.collection, {}).values())
    else:
        held = [state.get(trigger.collection, id) for id in state.ids(trigger.collection)]
    fitting = sum(1 for entity in held if entity is not None and _fits(entity, trigger.where))
    return (fitting >= trigger.count, 0.0)


def _fits(entity: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(entity.get(name) == value for name, value in where.items())


Decider = Callable[["Storm", "Armed", "CallContext"], Decision]

_DECIDERS: Final[Mapping[type, Decider]] = {
    model.Always: _always,
    model.Iid: _iid,
    model.TwoStage: _two_stage,
    model.FirstN: _first_n,
    model.EveryNth: _every_nth,
    model.AtCalls: _at_calls,
    model.Window: _window,
    model.Burst: _burst,
    model.TokenBucket: _token_bucket,
    model.Concurrency: _concurrency,
    model.StateGuard: _state_guard,
}
