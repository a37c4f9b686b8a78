"""Points in time, ordered within an entity by what they are called.

An entity is created some days before the fixed epoch and lives until then; each field's name puts
it at a stage of that life, so created <= started < ended <= updated holds by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from sandbox.values.keys import mix, salt
from sandbox.values.lexicon import table, tokens

EPOCH: Final = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
"""The instant at which every session begins: nothing that happened lies after it."""

_TIMED: Final = frozenset(("date", "time", "datetime", "timestamp"))
_ENDINGS: Final = frozenset(
    "at on created updated modified changed started finished ended completed expires"
    " deleted expiration expiry".split()
)
_LIFE: Final = salt("#life")


@lru_cache(maxsize=1)
def _stages() -> tuple[tuple[float, frozenset[str]], ...]:
    """Words of field names by stage, the deciding ones first."""
    return tuple((float(place), frozenset(names)) for place, names in table("stages").items())


def is_moment(name: str) -> bool:
    """Whether a field's name alone says that it holds a point in time."""
    parts = tokens(name)
    if not parts:
        return False
    timed = bool(set(parts) & _TIMED) or parts[-1] in _ENDINGS
    return timed and parts[-1] not in ("zone", "taken", "spent", "limit", "out")


Moment = Callable[[int, int], datetime]
"""(own key, key of the entity) -> point in time."""


def stage(name: str) -> float:
    """Where in a life a field lies: 0 created .. 1 now, 2 the future, -1 a birthday."""
    parts = set(tokens(name))
    if "not" in parts and parts & {"before", "after"}:
        # The two ends of a certificate's validity.
        return 0.0 if "before" in parts else 2.0
    for place, names in _stages():
        if parts & names:
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
        life = 86_400 * 20 + mix(owner ^ _LIFE) % (86_400 * 700)
        along = min(1.0, place + (key % 1000) / 1000 * 0.07)
        return EPOCH - timedelta(seconds=life - int(life * along))

    if place < 0:
        return birth
    return future if place > 1 else past
