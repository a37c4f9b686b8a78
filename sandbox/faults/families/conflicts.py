"""H10–H13, H16–H18: the resource is not there, not yet, no more, or not as you last saw it."""

from __future__ import annotations

from typing import Any

from sandbox.conventions.words import entity_noun
from sandbox.faults.context import FaultContext, Proceed, is_success, whole, with_headers
from sandbox.faults.oracles import (
    ALT,
    BUDGET,
    CHANGED,
    DISCLOSED,
    KEPTKEY,
    NODUP,
    READBACK,
    REPAIRED,
    STOPPED,
    SUCCEEDED,
    WAITED,
)
from sandbox.faults.registry import fault
from sandbox.faults.targets import place, readable
from sandbox.messages import Response
from sandbox.world.rendering.rendering import etag


@fault(
    "H10",
    "404 that masks",
    kind="permanent",
    oracle=CHANGED & BUDGET(3),
    params={"reason": "forbidden"},
    choices={"reason": ("forbidden", "absent")},
    suits="item",
    trigger={"model": "iid", "p": 0.3, "sticky": "intent"},
    solvable=False,
)
def deny_existing(context: FaultContext, proceed: Proceed) -> Response:
    """An entity that exists is denied: not found, for good. `reason` is for the record only."""
    context.record_firing()
    path, id = place(context)
    noun = entity_noun(path.rpartition("/")[2]) or "resource"
    return context.fail(404, "not_found", f"There is no {noun} {id!r}.")


@fault(
    "H11",
    "404 right after 201",
    oracle=SUCCEEDED & NODUP,
    params={"lag_s": 5.0, "lag_reads": 1},
    watches=True,
    trigger={"model": "first_n", "n": 1},
)
def not_found_yet(context: FaultContext, proceed: Proceed) -> Response:
    """A new entity cannot be read for `lag_reads` reads or `lag_s` seconds, whichever is less."""
    path, id = place(context)
    if context.operation.method not in ("GET", "HEAD"):
        before = len(context.call.effects)
        response = proceed()
        for effect in context.call.effects[before:]:
            if effect.kind == "create" and is_success(response) and context.fires():
                until = context.now + context.params["lag_s"]
                reads = int(context.params["lag_reads"])
                context.remember(f"{effect.collection}/{effect.id}", (until, reads))
        return response
    until, left = context.recall(f"{path}/{id}") or (0.0, 0)
    if id is None or left <= 0 or context.now >= until:
        return proceed()
    context.remember(f"{path}/{id}", (until, left - 1))
    context.record_firing()
    noun = entity_noun(path.rpartition("/")[2]) or "resource"
    return context.fail(404, "not_found", f"There is no {noun} {id!r}.")


@fault(
    "H12",
    "409 state conflict",
    oracle=READBACK & SUCCEEDED,
    watches=True,
    trigger={"model": "first_n", "n": 1},
)
def conflict(context: FaultContext, proceed: Proceed) -> Response:
    """Refused until the entity was read again."""
    return _until_read(
        context,
        proceed,
        409,
        "conflict",
        "The resource was changed by somebody else. Read it again before you change it.",
    )


@fault(
    "H13",
    "409 request in flight",
    oracle=KEPTKEY & WAITED & NODUP,
    params={"busy_s": 5.0},
    suits="write",
)
def in_flight(context: FaultContext, proceed: Proceed) -> Response:
    """An identical request is still being processed for `busy_s`."""
    wait = context.wait if context.held else context.params["busy_s"]
    if not context.held:
        context.hold(wait)
    context.record_firing()
    keyed = context.session.world.conventions.of(context.operation).idempotency
    arguments = context.call.arguments
    sent = keyed is not None and arguments is not None and keyed.key(arguments) is not None
    advice = "Retry it unchanged, with the same key." if sent else "Retry it unchanged."
    return context.fail(
        409,
        "request_in_progress",
        f"The same request is already being processed. {advice}",
        headers=(("retry-after", str(whole(wait))),),
    )


@fault(
    "H16",
    "412 precondition failed",
    oracle=READBACK & SUCCEEDED,
    watches=True,
    trigger={"model": "first_n", "n": 1},
)
def precondition_failed(context: FaultContext, proceed: Proceed) -> Response:
    """What you hold is stale: refused until the entity was read again."""
    return _until_read(
        context,
        proceed,
        412,
        "precondition_failed",
        "The resource has changed since it was read. Read it again, then resend the change.",
    )


@fault(
    "H17",
    "428 precondition required",
    oracle=READBACK & REPAIRED,
    watches=True,
    trigger={"model": "first_n", "n": 1},
)
def precondition_required(context: FaultContext, proceed: Proceed) -> Response:
    """A change needs If-Match with the current ETag; a caller whose tool has no such header has
    met the condition once it has read the entity."""
    if _header(context, "if-match"):
        return proceed()
    return _until_read(
        context,
        proceed,
        428,
        "precondition_required",
        "Read the resource first and send its ETag as If-Match.",
    )


@fault(
    "H18",
    "410 gone",
    kind="permanent",
    oracle=ALT | (STOPPED & DISCLOSED),
    params={"successor": ""},
    trigger={"model": "always"},
    solvable=False,
)
def operation_gone(context: FaultContext, proceed: Proceed) -> Response:
    """The operation is gone for good; `successor` is a path to link to, if there is one."""
    context.record_firing()
    successor = context.params["successor"]
    link = (("link", f'<{successor}>; rel="successor-version"'),) if successor else ()
    return context.fail(410, "gone", "This operation no longer exists.", headers=link)


def _until_read(
    context: FaultContext, proceed: Proceed, status: int, code: str, detail: str
) -> Response:
    """Refuse changes of an entity from the first firing until the entity was read."""
    path, id = place(context)
    name = f"{path}/{id}"
    method = context.operation.method
    if method in ("GET", "HEAD"):
        response = proceed()
        if is_success(response) and id is not None:
            if context.recall(name):
                context.remember(name, False)
            if response.header("etag") is None:
                response = with_headers(response, ("etag", etag(response.body)))
        return response
    if id is None or method == "POST" or not readable(context):
        return proceed()
    if context.recall(name):
        context.held = True
    elif not context.fires() or not _would_work(context, proceed):
        return proceed()
    context.remember(name, True)
    context.record_firing()
    return context.fail(status, code, detail)


def _would_work(context: FaultContext, proceed: Proceed) -> bool:
    """Whether the undisturbed call succeeds: a call that is wrong anyway gets its own answer."""
    return is_success(context.perform_and_undo(proceed))


def _header(context: FaultContext, name: str) -> Any:
    arguments = context.call.arguments
    if arguments is not None:
        for given, value in arguments.header.items():
            if given.lower() == name:
                return value
    return context.call.request().header(name)
