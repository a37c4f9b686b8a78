"""Fairness: what a caller cannot see strikes only where some read of the document would reveal it.

Faults ask when they are about to fire, so a call that meets none pays nothing. A plan that is not
`fair` is not asked.
"""

from __future__ import annotations

from sandbox.faults.context import Occasion
from sandbox.messages import Response
from sandbox.world.ledger import Effect
from sandbox.world.readbacks import removable, revealed


def reveals(occasion: Occasion, effects: list[Effect], reply: Response | None) -> bool:
    """Whether a read that the caller can make tells these effects from their absence.

    `reply` is what the caller is shown of them, None when that is nothing.
    """
    arguments = occasion.context.arguments
    if _unasked(occasion) or arguments is None:
        return True
    return revealed(occasion.session, occasion.operation, arguments, effects, reply)


def findable(occasion: Occasion, effects: list[Effect]) -> bool:
    """Whether what is new can be found again by a caller who was not told its id."""
    return all(each.kind != "create" for each in effects) or reveals(occasion, effects, None)


def undoable(occasion: Occasion) -> bool:
    """Whether a caller can take back what the operation has created."""
    return _unasked(occasion) or removable(occasion.session, occasion.operation)


def _unasked(occasion: Occasion) -> bool:
    return not occasion.storm.plan.fair or occasion.session.world is None
