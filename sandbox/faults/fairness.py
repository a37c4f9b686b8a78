"""Fairness: what a caller cannot see strikes only where some read of the document would reveal it.

Faults ask when they are about to fire, so a call that meets none pays nothing. A plan that is not
`fair` is not asked.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.faults.context import Occasion, Proceed, succeeded
from sandbox.messages import Response
from sandbox.world.ledger import Effect
from sandbox.world.readbacks import is_removable, is_revealed


def reveals(occasion: Occasion, effects: list[Effect], reply: Response | None) -> bool:
    """Whether a read that the caller can make tells these effects from their absence.

    `reply` is what the caller is shown of them, None when that is nothing.
    """
    arguments = occasion.context.arguments
    if _unasked(occasion) or arguments is None:
        return True
    return is_revealed(occasion.session, occasion.operation, arguments, effects, reply)


def findable(occasion: Occasion, effects: list[Effect]) -> bool:
    """Whether what is new can be found again by a caller who was not told its id."""
    return all(each.kind != "create" for each in effects) or reveals(occasion, effects, None)


def reply_lost(occasion: Occasion, proceed: Proceed, instead: Callable[[], Response]) -> Response:
    """The call is carried out and the caller gets `instead()`.

    A call that would fail anyway is left alone, and so is one after which no read tells whether
    it counted.
    """
    response, effects = occasion.perform(proceed)
    if not succeeded(response) or not reveals(occasion, effects, None):
        return response
    occasion.fired()
    return instead()


def reply_damaged(
    occasion: Occasion, proceed: Proceed, damage: Callable[[Response], Response | None]
) -> Response:
    """The call is carried out and its reply damaged; `damage` gives None where it does not fit.

    A caller who cannot find again what the call created gets the reply as it is.
    """
    response, effects = occasion.perform(proceed)
    damaged = damage(response) if succeeded(response) else None
    if damaged is None or not findable(occasion, effects):
        return response
    occasion.fired()
    return damaged


def undoable(occasion: Occasion) -> bool:
    """Whether a caller can take back what the operation has created."""
    return _unasked(occasion) or is_removable(occasion.session, occasion.operation)


def _unasked(occasion: Occasion) -> bool:
    return not occasion.storm.plan.fair or occasion.session.world is None
