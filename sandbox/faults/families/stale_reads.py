"""S01–S09: what was written is not what is read: lags, caches, writes that were none."""

from __future__ import annotations

from typing import Any

from sandbox.faults.context import Occasion, Proceed, succeeded, whole, with_headers
from sandbox.faults.fairness import reply_lost, reveals
from sandbox.faults.oracles import (
    COMPLETED,
    DISCLOSED,
    FRESH,
    NODUP,
    READBACK,
    REVALIDATED,
    SUCCEEDED,
)
from sandbox.faults.registry import fault
from sandbox.faults.targets import place, seen_at
from sandbox.messages import Response

_EVERY = {"model": "always"}


@fault(
    "S01",
    "read-after-write lag",
    oracle=FRESH & NODUP,
    params={"lag_s": 5.0, "lag_reads": 1},
    watches=True,
    trigger=_EVERY,
    silent=True,
)
def lagging(occasion: Occasion, proceed: Proceed) -> Response:
    """After a write, reads of the collection show the state before it."""
    return _behind(occasion, proceed, lists_only=False, aged=False)


@fault(
    "S02",
    "lists lag behind",
    oracle=FRESH,
    params={"lag_s": 5.0, "lag_reads": 1},
    watches=True,
    trigger=_EVERY,
    silent=True,
)
def lists_lagging(occasion: Occasion, proceed: Proceed) -> Response:
    """A new entity can be read by its id and is not yet in the list."""
    return _behind(occasion, proceed, lists_only=True, aged=False)


@fault(
    "S03",
    "stale cache",
    oracle=REVALIDATED | DISCLOSED,
    params={"lag_s": 60.0, "lag_reads": 1},
    watches=True,
    trigger=_EVERY,
    silent=True,
)
def cached(occasion: Occasion, proceed: Proceed) -> Response:
    """As S01, out of a cache that says so: Age and Cache-Control tell how old the reply is."""
    return _behind(occasion, proceed, lists_only=False, aged=True)


def _behind(occasion: Occasion, proceed: Proceed, *, lists_only: bool, aged: bool) -> Response:
    path, id = place(occasion)
    if occasion.operation.method not in ("GET", "HEAD"):
        return _written(occasion, proceed)
    held = occasion.recall(path)
    if held is None or (lists_only and id is not None):
        return proceed()
    overlay, since, left = held
    age = occasion.now - since
    if left <= 0 or age >= occasion.params["lag_s"]:
        return proceed()
    true = proceed()
    stale = seen_at(occasion, overlay, proceed)
    if stale.body == true.body and stale.status == true.status:
        return true
    occasion.remember(path, (overlay, since, left - 1))
    occasion.fired()
    if not aged or not succeeded(stale):
        return stale
    shown = str(whole(age + 1))
    return with_headers(stale, ("age", shown), ("cache-control", "max-age=60"))


def _written(occasion: Occasion, proceed: Proceed) -> Response:
    before = occasion.session.state.overlay
    response, effects = occasion.perform(proceed)
    reads = int(occasion.params["lag_reads"])
    for effect in effects:
        if occasion.fires():
            occasion.remember(effect.collection, (before, occasion.now, reads))
    return response


@fault("S06", "silent no-op", oracle=READBACK & (SUCCEEDED | DISCLOSED), suits="write", silent=True)
def nothing_done(occasion: Occasion, proceed: Proceed) -> Response:
    """Success is said, nothing has changed."""
    overlay = occasion.session.state.overlay
    response, effects = occasion.perform(proceed)
    if not succeeded(response) or not effects or not reveals(occasion, effects, response):
        return response
    occasion.session.state.overlay = overlay
    del occasion.context.effects[-len(effects) :]
    occasion.fired()
    return response


@fault("S07", "partial commit", oracle=READBACK & COMPLETED, suits="change", silent=True)
def half_done(occasion: Occasion, proceed: Proceed) -> Response:
    """Of the fields that a change sets only some are stored; the reply shows them all."""
    effects = occasion.context.effects
    known = len(effects)
    response = proceed()
    if not succeeded(response) or len(effects) != known + 1:
        return response
    effect = effects[known]
    given = set(_given(occasion))
    before, after = effect.before or {}, effect.after or {}
    changed = sorted(name for name in given & set(after) if before.get(name) != after[name])
    if effect.kind != "update" or len(changed) < 2:
        return response
    lost = occasion.draw.shuffled(changed, "lost")[: len(changed) // 2]
    kept: dict[str, Any] = {name: value for name, value in after.items() if name not in lost}
    kept |= {name: before[name] for name in lost if name in before}
    if not reveals(occasion, [effect._replace(before=kept)], response):
        return response
    occasion.session.state.put(effect.collection, effect.id, kept)
    effects[known] = effect._replace(after=kept)
    occasion.fired({"asked": {name: after[name] for name in changed}})
    return response


def _given(occasion: Occasion) -> dict[str, Any]:
    body = occasion.context.arguments.body if occasion.context.arguments else None
    if not isinstance(body, dict):
        return {}
    inner = [member for member in body.values() if isinstance(member, dict)]
    return {**body, **(inner[0] if len(body) == 1 and inner else {})}


@fault("S09", "every retry counts", oracle=NODUP, suits="create")
def counted_again(occasion: Occasion, proceed: Proceed) -> Response:
    """The create is done and 503 asks to try again; each further try makes another entity."""
    busy = "The service is busy. Please try again."
    return reply_lost(occasion, proceed, lambda: occasion.fail(503, "busy", busy))
