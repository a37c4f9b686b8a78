"""H19, H20, H23, H24: replies that send the caller elsewhere, later, or only part of the way."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import orjson

from sandbox.faults.context import (
    FaultContext,
    Proceed,
    is_success,
    json_of,
    whole,
    with_headers,
)
from sandbox.faults.oracles import BUDGET, MIGRATED, NODUP, POLLED, RESENT, SUCCEEDED
from sandbox.faults.registry import fault
from sandbox.faults.targets import body, place, replace_at, with_body
from sandbox.messages import Response

_JSON = ("content-type", "application/json")


@fault(
    "H19",
    "redirect",
    oracle=SUCCEEDED & BUDGET(5),
    params={"status": 308, "loop": False},
    choices={"status": (301, 303, 307, 308)},
)
def redirect(context: FaultContext, proceed: Proceed) -> Response:
    """Sent to the place where the call will work: the same path, asked again.

    303 after a write: it was done, and its outcome is to be read. `loop` never ends.
    """
    status = int(context.params["status"])
    request = context.call.request()
    location = f"{request.path}?{request.query}" if request.query else request.path
    if status == 303 and context.operation.method not in ("GET", "HEAD"):
        response = proceed()
        if not is_success(response):
            return response
        location = response.header("location") or location
    if context.params["loop"] and not context.held:
        context.hold(3600.0)
    context.record_firing()
    return Response(status, (("location", location),))


@fault(
    "H20",
    "deprecation notice",
    kind="benign",
    oracle=MIGRATED,
    params={"since_s": 86400.0, "sunset_s": 600.0, "enforce": False},
    trigger={"model": "always"},
    group=None,
)
def deprecation_headers(context: FaultContext, proceed: Proceed) -> Response:
    """Success with Deprecation (RFC 9745: a structured date) and Sunset (RFC 8594: an HTTP date).

    `since_s` before the session's first call, `sunset_s` after it; `enforce` ends it there: 410.
    """
    clock, params = context.session.clock, context.params
    if params["enforce"] and clock.now >= params["sunset_s"]:
        context.record_firing()
        return context.fail(410, "gone", "This operation was retired.")
    response = proceed()
    if response.transport is not None:
        return response
    context.record_firing({"sunset": params["sunset_s"]})
    since = int(clock.instant(-clock.now - params["since_s"]).timestamp())
    sunset = format_datetime(clock.instant(params["sunset_s"] - clock.now), usegmt=True)
    return with_headers(
        response,
        ("deprecation", f"@{since}"),
        ("sunset", sunset),
        ("link", '</deprecations>; rel="deprecation"'),
    )


@fault(
    "H23",
    "202, then poll",
    oracle=POLLED & SUCCEEDED,
    params={"n_polls": 2, "every_s": 2.0},
    watches=True,
    trigger={"model": "first_n", "n": 1},
)
def accepted_create(context: FaultContext, proceed: Proceed) -> Response:
    """A create is accepted; its item says "pending" for `n_polls` reads, then it is there."""
    path, id = place(context)
    if context.operation.method in ("GET", "HEAD"):
        left = context.recall(f"{path}/{id}") or 0
        if id is None or left <= 0:
            return proceed()
        context.remember(f"{path}/{id}", left - 1)
        context.held = True
        context.record_firing()
        return _pending(context, path, id)
    if context.operation.method != "POST" or not context.fires():
        return proceed()
    response, effects = context.perform(proceed)
    made = [effect for effect in effects if effect.kind == "create"]
    if not is_success(response) or len(made) != 1 or not _item_readable(context, path):
        return response
    context.remember(f"{path}/{made[0].id}", int(context.params["n_polls"]))
    context.record_firing()
    return _pending(context, path, made[0].id)


def _pending(context: FaultContext, path: str, id: str) -> Response:
    location = f"{context.session.world.document.base_path}{path}/{id}"
    wait = str(whole(context.params["every_s"]))
    headers = (_JSON, ("location", location), ("retry-after", wait))
    return Response(202, headers, orjson.dumps({"status": "pending", "id": id, "href": location}))


def _item_readable(context: FaultContext, path: str) -> bool:
    resources = context.session.world.resources
    template = resources.meaning(context.operation).place.template
    return "GET" in resources.operations_at(f"{template}/{{}}")


@fault("H24", "207 partial batch", oracle=RESENT & NODUP, params={"fail_idx": -1}, suits="write")
def partial_batch(context: FaultContext, proceed: Proceed) -> Response:
    """Of a list in the body one item fails (`fail_idx`, -1: drawn), the others are done.

    Calls without a list of two or more pass undisturbed.
    """
    found = _batch(context)
    if found is None:
        return proceed()
    path, items = found
    wanted = int(context.params["fail_idx"])
    unit = context.draw.integer(0, len(items) - 1, "index")
    index = wanted if 0 <= wanted < len(items) else unit
    true = context.perform_and_undo(proceed)
    if not is_success(true):
        return true
    rest = [item for number, item in enumerate(items) if number != index]
    whole_body = context.call.arguments.body if context.call.arguments else None
    response = context.call.answer(with_body(context, replace_at(whole_body, path, rest)))
    if not is_success(response):
        return proceed()
    context.record_firing({"failed": [items[index]], "done": rest}, index=float(index))
    rows = [
        {"index": number, "status": 503 if number == index else true.status}
        for number in range(len(items))
    ]
    failed = f"Item {index} was not processed; send it again."
    made = {"status": "partial", "results": rows, "detail": failed, "result": json_of(response)}
    return Response(207, (_JSON,), orjson.dumps(made))


def _batch(context: FaultContext) -> tuple[tuple[str, ...], list[Any]] | None:
    """(where, items) of the list of objects that a body carries, when there is just one."""
    whole_body = context.call.arguments.body if context.call.arguments else None
    if isinstance(whole_body, list) and len(whole_body) > 1:
        return (), whole_body
    lists = [
        (name, member)
        for name, member in body(context).items()
        if isinstance(member, list) and len(member) > 1 and isinstance(member[0], dict)
    ]
    return ((lists[0][0],), lists[0][1]) if len(lists) == 1 else None
