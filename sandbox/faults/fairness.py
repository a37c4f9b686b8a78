"""Fairness: what a caller cannot see strikes only where some read of the document would reveal it.

Faults ask when they are about to fire, so a call that meets none pays nothing. A plan that is not
`fair` is not asked.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.faults.context import FaultContext, Proceed, is_success
from sandbox.faults.selection import suits
from sandbox.messages import Response
from sandbox.world.ledger import Effect
from sandbox.world.readbacks import is_removable, is_revealed


def reveals(context: FaultContext, effects: list[Effect], reply: Response | None) -> bool:
    """Whether a read that the caller can make tells these effects from their absence.

    `reply` is what the caller is shown of them, None when that is nothing.
    """
    arguments = context.call.arguments
    if _needs_no_fairness(context) or arguments is None:
        return True
    return is_revealed(context.session, context.operation, arguments, effects, reply)


def findable(context: FaultContext, effects: list[Effect]) -> bool:
    """Whether what is new can be found again by a caller who was not told its id."""
    known = all(each.kind not in ("create", "call") for each in effects)
    return known or reveals(context, effects, None)


def request_lost(
    context: FaultContext, proceed: Proceed, instead: Callable[[], Response]
) -> Response:
    """Nothing is carried out and the caller gets `instead()`.

    A call of which the caller could not find out whether it was carried out is left alone.
    """
    if not _can_be_found_out(context):
        return proceed()
    context.record_firing()
    return instead()


def reply_lost(
    context: FaultContext, proceed: Proceed, instead: Callable[[], Response]
) -> Response:
    """The call is carried out and the caller gets `instead()`.

    A call that would fail anyway is left alone, and so is one after which no read tells whether
    it counted.
    """
    response, effects = context.perform(proceed)
    if not is_success(response) or not reveals(context, effects, None):
        return response
    context.record_firing()
    return instead()


def reply_damaged(
    context: FaultContext, proceed: Proceed, damage: Callable[[Response], Response | None]
) -> Response:
    """The call is carried out and its reply damaged; `damage` gives None where it does not fit.

    A caller who cannot find again what the call created gets the reply as it is.
    """
    response, effects = context.perform(proceed)
    damaged = damage(response) if is_success(response) else None
    if damaged is None or not findable(context, effects):
        return response
    context.record_firing()
    return damaged


def _can_be_found_out(context: FaultContext) -> bool:
    """Whether a caller without a reply can find out if the call was carried out.

    A read can be repeated, an idempotency key makes a write as safe; else some read must tell.
    """
    if _needs_no_fairness(context):
        return True
    facts = context.session.world.conventions.of(context.operation)
    writes = suits("write", context.operation, facts)
    return not writes or facts.idempotency is not None or bool(facts.readbacks.operations)


def undoable(context: FaultContext) -> bool:
    """Whether a caller can take back what the operation has created."""
    return _needs_no_fairness(context) or is_removable(context.session, context.operation)


def _needs_no_fairness(context: FaultContext) -> bool:
    return not context.injector.plan.fair or context.session.world is None
