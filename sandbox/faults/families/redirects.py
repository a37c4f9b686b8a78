"""H19, H20, H23, H24: replies that send the caller elsewhere, later, or only part of the way."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import orjson

from sandbox.faults.context import (
    Occasion,
    Proceed,
    json_of,
    succeeded,
    whole,
    with_headers,
)
from sandbox.faults.oracles import BUDGET, MIGRATED, NODUP, POLLED, RESENT, SUCCEEDED
from sandbox.faults.registry import fault
from sandbox.faults.targets import body, place, put, with_body
from sandbox.messages import Response

_JSON = ("content-type", "application/json")


@fault(
    "H19",
    "redirect",
    oracle=SUCCEEDED & BUDGET(5),
    params={"status": 308, "loop": False},
    choices={"status": (301, 303, 307, 308)},
)
def redirect(occasion: Occasion, proceed: Proceed) -> Response:
    """Sent to the place where the call will work: the same path, asked again.

    303 after a write: it was done, and its outcome is to be read. `loop` never ends.
    """
    status = int(occasion.params["status"])
    request = occasion.context.request()
    location = f"{request.path}?{request.query}" if request.query else request.path
    if status == 303 and occasion.operation.method not in ("GET", "HEAD"):
        response = proceed()
        if not succeeded(response):
            return response
        location = response.header("location") or location
    if occasion.params["loop"] and not occasion.held:
        occasion.hold(3600.0)
    occasion.fired()
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
def deprecated(occasion: Occasion, proceed: Proceed) -> Response:
    """Success with Deprecation (RFC 9745: a structured date) and Sunset (RFC 8594: an HTTP date).

    `since_s` before the session's first call, `sunset_s` after it; `enforce` ends it there: 410.
    """
    clock, params = occasion.session.clock, occasion.params
    if params["enforce"] and clock.now >= params["sunset_s"]:
        occasion.fired()
        return occasion.fail(410, "gone", "This operation was retired.")
    response = proceed()
    if response.transport is not None:
        return response
    occasion.fired({"sunset": params["sunset_s"]})
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
def accepted(occasion: Occasion, proceed: Proceed) -> Response:
    """A create is accepted; its item says "pending" for `n_polls` reads, then it is there."""
    path, id = place(occasion)
    if occasion.operation.method in ("GET", "HEAD"):
        left = occasion.recall(f"{path}/{id}") or 0
        if id is None or left <= 0:
            return proceed()
        occasion.remember(f"{path}/{id}", left - 1)
        occasion.held = True
        occasion.fired()
        return _pending(occasion, path, id)
    if occasion.operation.method != "POST" or not occasion.fires():
        return proceed()
    response, effects = occasion.perform(proceed)
    made = [effect for effect in effects if effect.kind == "create"]
    if not succeeded(response) or len(made) != 1 or not _item_readable(occasion, path):
        return response
    occasion.remember(f"{path}/{made[0].id}", int(occasion.params["n_polls"]))
    occasion.fired()
    return _pending(occasion, path, made[0].id)


def _pending(occasion: Occasion, path: str, id: str) -> Response:
    location = f"{occasion.session.world.document.base_path}{path}/{id}"
    wait = str(whole(occasion.params["every_s"]))
    headers = (_JSON, ("location", location), ("retry-after", wait))
    return Response(202, headers, orjson.dumps({"status": "pending", "id": id, "href": location}))


def _item_readable(occasion: Occasion, path: str) -> bool:
    resources = occasion.session.world.resources
    template = resources.meaning(occasion.operation).place.template
    return "GET" in resources.operations_at(f"{template}/{{}}")


@fault("H24", "207 partial batch", oracle=RESENT & NODUP, params={"fail_idx": -1}, suits="write")
def partial_batch(occasion: Occasion, proceed: Proceed) -> Response:
    """Of a list in the body one item fails (`fail_idx`, -1: drawn), the others are done.

    Calls without a list of two or more pass undisturbed.
    """
    found = _batch(occasion)
    if found is None:
        return proceed()
    path, items = found
    wanted = int(occasion.params["fail_idx"])
    unit = occasion.draw.integer(0, len(items) - 1, "index")
    index = wanted if 0 <= wanted < len(items) else unit
    true = occasion.undone(proceed)
    if not succeeded(true):
        return true
    rest = [item for number, item in enumerate(items) if number != index]
    whole_body = occasion.context.arguments.body if occasion.context.arguments else None
    response = occasion.context.answer(with_body(occasion, put(whole_body, path, rest)))
    if not succeeded(response):
        return proceed()
    occasion.fired({"failed": [items[index]], "done": rest}, index=float(index))
    rows = [
        {"index": number, "status": 503 if number == index else true.status}
        for number in range(len(items))
    ]
    failed = f"Item {index} was not processed; send it again."
    made = {"status": "partial", "results": rows, "detail": failed, "result": json_of(response)}
    return Response(207, (_JSON,), orjson.dumps(made))


def _batch(occasion: Occasion) -> tuple[tuple[str, ...], list[Any]] | None:
    """(where, items) of the list of objects that a body carries, when there is just one."""
    whole_body = occasion.context.arguments.body if occasion.context.arguments else None
    if isinstance(whole_body, list) and len(whole_body) > 1:
        return (), whole_body
    lists = [
        (name, member)
        for name, member in body(occasion).items()
        if isinstance(member, list) and len(member) > 1 and isinstance(member[0], dict)
    ]
    return ((lists[0][0],), lists[0][1]) if len(lists) == 1 else None
