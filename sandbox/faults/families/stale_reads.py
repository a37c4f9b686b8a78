"""S01–S09, S18: what was written is not what is read: lags, caches, writes that were none."""

from __future__ import annotations

from typing import Any

from sandbox.faults.context import FaultContext, Proceed, is_success, whole, with_headers
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
def lagging(context: FaultContext, proceed: Proceed) -> Response:
    """After a write, reads of the collection show the state before it."""
    return _behind(context, proceed, lists_only=False, aged=False)


@fault(
    "S02",
    "lists lag behind",
    oracle=FRESH,
    params={"lag_s": 5.0, "lag_reads": 1},
    watches=True,
    trigger=_EVERY,
    silent=True,
)
def lists_lagging(context: FaultContext, proceed: Proceed) -> Response:
    """A new entity can be read by its id and is not yet in the list."""
    return _behind(context, proceed, lists_only=True, aged=False)


@fault(
    "S03",
    "stale cache",
    oracle=REVALIDATED | DISCLOSED,
    params={"lag_s": 60.0, "lag_reads": 1},
    watches=True,
    trigger=_EVERY,
    silent=True,
)
def cached_reply(context: FaultContext, proceed: Proceed) -> Response:
    """As S01, out of a cache that says so: Age and Cache-Control tell how old the reply is."""
    return _behind(context, proceed, lists_only=False, aged=True)


def _behind(context: FaultContext, proceed: Proceed, *, lists_only: bool, aged: bool) -> Response:
    path, id = place(context)
    if context.operation.method not in ("GET", "HEAD"):
        return _remember_write(context, proceed)
    held = context.recall(path)
    if held is None or (lists_only and id is not None):
        return proceed()
    overlay, since, left = held
    age = context.now - since
    if left <= 0 or age >= context.params["lag_s"]:
        return proceed()
    true = proceed()
    stale = seen_at(context, overlay, proceed)
    if stale.body == true.body and stale.status == true.status:
        return true
    context.remember(path, (overlay, since, left - 1))
    context.record_firing()
    if not aged or not is_success(stale):
        return stale
    shown = str(whole(age + 1))
    return with_headers(stale, ("age", shown), ("cache-control", "max-age=60"))


def _remember_write(context: FaultContext, proceed: Proceed) -> Response:
    before = context.session.state.overlay
    response, effects = context.perform(proceed)
    reads = int(context.params["lag_reads"])
    for effect in effects:
        if context.fires():
            context.remember(effect.collection, (before, context.now, reads))
    return response


@fault("S06", "silent no-op", oracle=READBACK & (SUCCEEDED | DISCLOSED), suits="write", silent=True)
def nothing_done(context: FaultContext, proceed: Proceed) -> Response:
    """Success is said, nothing has changed."""
    overlay = context.session.state.overlay
    response, effects = context.perform(proceed)
    if not is_success(response) or not effects or not reveals(context, effects, response):
        return response
    context.session.state.overlay = overlay
    del context.call.effects[-len(effects) :]
    context.record_firing()
    return response


@fault("S07", "partial commit", oracle=READBACK & COMPLETED, suits="change", silent=True)
def half_done(context: FaultContext, proceed: Proceed) -> Response:
    """Of the fields that a change sets only some are stored; the reply shows them all."""
    effects = context.call.effects
    known = len(effects)
    response = proceed()
    if not is_success(response) or len(effects) != known + 1:
        return response
    effect = effects[known]
    given = set(_sent_fields(context))
    before, after = effect.before or {}, effect.after or {}
    changed = sorted(name for name in given & set(after) if before.get(name) != after[name])
    if effect.kind != "update" or len(changed) < 2:
        return response
    lost = context.draw.shuffled(changed, "lost")[: len(changed) // 2]
    kept: dict[str, Any] = {name: value for name, value in after.items() if name not in lost}
    kept |= {name: before[name] for name in lost if name in before}
    if not reveals(context, [effect._replace(before=kept)], response):
        return response
    context.session.state.put(effect.collection, effect.id, kept)
    effects[known] = effect._replace(after=kept)
    context.record_firing({"asked": {name: after[name] for name in changed}})
    return response


def _sent_fields(context: FaultContext) -> dict[str, Any]:
    body = context.call.arguments.body if context.call.arguments else None
    if not isinstance(body, dict):
        return {}
    inner = [member for member in body.values() if isinstance(member, dict)]
    return {**body, **(inner[0] if len(body) == 1 and inner else {})}


@fault("S09", "every retry counts", oracle=NODUP, suits="create")
def counted_again(context: FaultContext, proceed: Proceed) -> Response:
    """The create is done and 503 asks to try again; each further try makes another entity."""
    busy = "The service is busy. Please try again."
    return reply_lost(context, proceed, lambda: context.fail(503, "busy", busy))


@fault(
    "S18",
    "the job fails midway",
    oracle=SUCCEEDED | DISCLOSED,
    params={"share": 0.5},
    watches=True,
    silent=True,
)
def failing_midway(context: FaultContext, proceed: Proceed) -> Response:
    """What takes time is accepted and fails after a `share` of its work; reading it shows that.

    Calls that begin no job of the document pass undisturbed.
    """
    session = context.session
    collection = session.world.resources.meaning(context.operation).collection
    about = session.world.conventions.about(collection) if collection is not None else None
    life = about.lifecycle if about is not None else None
    if context.operation.method in ("GET", "HEAD") or life is None or life.failed is None:
        return proceed()
    running = session.state.overlay.jobs
    response = proceed()
    begun = [key for key in session.state.overlay.jobs if key not in running]
    if not is_success(response) or not begun or not context.fires():
        return response
    for key in begun:
        job = session.state.overlay.jobs[key]
        session.state.run(*key, job._replace(fails_at=float(context.params["share"])))
    context.record_firing({"jobs": [list(key) for key in begun]})
    return response
