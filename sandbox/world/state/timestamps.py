"""Timestamps: the times that the server owns, set at each write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.conventions import CollectionFacts
from sandbox.values.moments import EPOCH

if TYPE_CHECKING:
    from sandbox.world.world import World

_NOTHING: Final[Mapping[str, Any]] = {}


def stamp(
    world: World,
    about: CollectionFacts,
    entity: dict[str, Any],
    now: float,
    *,
    created: bool,
    given: Mapping[str, Any] = _NOTHING,
) -> dict[str, Any]:
    """Set the times that the server owns to `now`, seconds since the session began.

    A time that the caller gave, and may give, stays as it was `given`.
    """
    schema, times = about.collection.schema, about.timestamps
    result = entity
    for name in (*times.created, *times.updated) if created else times.updated:
        if name in given and entity.get(name) == given[name]:
            continue
        resolved = world.document.schemas.resolve(times.schemas[name])
        value = instant(resolved, int(now)) if isinstance(resolved, dict) else None
        if value is not None:
            result = {**result, name: value}
    if result is entity:
        return entity
    valid = world.document.schemas.validator(schema, "response").is_valid
    return result if valid(result) else entity


def instant(schema: Mapping[str, Any], second: int) -> Any:
    """A time `second` seconds into the session, as the schema writes times; None if it has none."""
    time = EPOCH + timedelta(seconds=second)
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "string" in kinds and schema.get("format") in ("date-time", None):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
    if "string" in kinds and schema.get("format") == "date":
        return time.strftime("%Y-%m-%d")
    if "integer" in kinds:
        return int(time.timestamp())
    return None
