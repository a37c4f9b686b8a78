"""Points in time, ordered within an entity by what they are called.

An entity is created some days before the fixed epoch and lives until then; each field's name puts
it at a stage of that life, so created <= started < ended <= updated holds by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.openapi.values.keys import derive, salt
from sandbox.openapi.values.lexicon import tokens

EPOCH: Final = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
"""Now, in every world."""

_STAGES: Final[tuple[tuple[float, frozenset[str]], ...]] = (
    (
        2.0,
        frozenset(
            "expires expire expiry expiration expired due deadline until renewal renews next"
            " future estimated arrival departure checkout checkin trial".split()
        ),
    ),
    (
        0.92,
        frozenset("updated update modified modify changed last pushed edited refreshed seen".split()),
    ),
    (
        0.75,
        frozenset(
            "end ends ended finish finished closed close completed complete merged cancelled canceled"
            " resolved deleted delivered archived stop stopped to returned refunded removed revoked"
            " dismissed max before".split()
        ),
    ),
    (0.55, frozenset("paid payment shipped approved accepted captured fulfilled confirmed".split())),
    (
        0.35,
        frozenset("start starts started begin begins began from effective opens min after".split()),
    ),
    (0.2, frozenset("submitted published released sent ordered registered joined verified".split())),
    (0.0, frozenset("created create creation added inserted opened issued date since".split())),
)
_BIRTH: Final = frozenset("birth birthday birthdate dob born".split())
_ANCHOR: Final = salt("#life")

Moment = Callable[[int, int], datetime]
"""(own key, key of the entity) -> point in time."""


def stage(name: str) -> float:
    """Where in a life a field lies: 0 created .. 1 now, 2 the future, -1 a birthday."""
    parts = set(tokens(name))
    if parts & _BIRTH:
        return -1.0
    for place, names in _STAGES:
        if parts & names and not (place == 0.92 and parts & {"to"}):
            return place
    return 0.1


def moment(name: str) -> Moment:
    """The point in time a field shows."""
    place = stage(name)

    def birth(key: int, owner: int) -> datetime:
        return EPOCH - timedelta(days=20 * 365 + key % (50 * 365))

    def future(key: int, owner: int) -> datetime:
        return EPOCH + timedelta(days=2 + key % 300, seconds=(key >> 20) % 86_400)

    def past(key: int, owner: int) -> datetime:
        life = 86_400 * 20 + derive(owner, "#life") % (86_400 * 700)
        along = place + (key % 1000) / 1000 * 0.07
        return EPOCH - timedelta(seconds=life - int(life * along))

    if place < 0:
        return birth
    return future if place > 1 else past
