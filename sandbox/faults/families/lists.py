"""S13–S17, M10: lists that are not told completely, or not told twice the same way."""

from __future__ import annotations

from typing import Any

from sandbox.faults.context import Occasion, Proceed, json_of, succeeded, with_headers, with_json
from sandbox.faults.oracles import BOUNDED, COMPLETE, DISCLOSED
from sandbox.faults.paging import Pager, later, pager, says_more, says_next, says_total
from sandbox.faults.registry import fault
from sandbox.faults.targets import asking, items_of, put, true_entries
from sandbox.messages import Response


@fault(
    "S13",
    "page drift",
    oracle=COMPLETE,
    params={"how": "both"},
    choices={"how": ("skip", "repeat", "both")},
    suits="paged",
    silent=True,
)
def shifted(occasion: Occasion, proceed: Proceed) -> Response:
    """On a later page, items moved meanwhile: one is skipped, or one comes again."""
    response, found = proceed(), _pager(occasion)
    value = json_of(response)
    listed = items_of(occasion, value) if succeeded(response) else None
    if listed is None or len(listed[1]) < 2 or not later(found, _query(occasion)):
        return response
    path, items = listed
    how = occasion.params["how"]
    skip = how == "skip" or (how == "both" and occasion.draw.chance(0.5, "skip"))
    occasion.fired(_truth(occasion))
    made = items[1:] if skip else [*_before(occasion, found), *items[:-1]]
    return with_json(response, put(value, path, made))


def _before(occasion: Occasion, found: Pager) -> list[Any]:
    """The last item of the first page: what a caller has most likely seen already."""
    first = occasion.context.answer(asking(occasion, **{found.place: None}))
    listed = items_of(occasion, json_of(first)) if succeeded(first) else None
    return listed[1][-1:] if listed is not None else []


@fault(
    "S14",
    "cursor expired",
    oracle=COMPLETE,
    params={"status": 400},
    choices={"status": (400, 410)},
    suits="paged",
)
def cursor_expired(occasion: Occasion, proceed: Proceed) -> Response:
    """The place to go on from is known no more: start again from the first page."""
    if not later(_pager(occasion), _query(occasion)):
        return proceed()
    occasion.fired(_truth(occasion))
    status = int(occasion.params["status"])
    return occasion.fail(
        status, "cursor_expired", "The page position has expired. Start again from the first page."
    )


@fault(
    "S15", "lying total or has_more", oracle=COMPLETE, params={"by": 7}, suits="list", silent=True
)
def lying_total(occasion: Occasion, proceed: Proceed) -> Response:
    """The total is off by `by`, and "there is more" says the opposite of the truth."""
    response = proceed()
    value = json_of(response)
    if not succeeded(response):
        return response
    made, by = value, int(occasion.params["by"])
    if isinstance(value, dict):
        for name, member in value.items():
            if says_total(name) and isinstance(member, int) and not isinstance(member, bool):
                made = {**made, name: member + by}
            elif says_more(name) and isinstance(member, bool):
                made = {**made, name: not member}
    total = response.header("x-total-count")
    lies = total is not None and total.isdigit()
    if made == value and not lies:
        return response
    occasion.fired(_truth(occasion))
    response = with_json(response, made)
    if lies and total is not None:
        return with_headers(response, ("x-total-count", str(int(total) + by)))
    return response


@fault(
    "S16",
    "page size capped",
    kind="permanent",
    oracle=COMPLETE,
    params={"cap": 3},
    suits="paged",
    trigger={"model": "always"},
    silent=True,
)
def capped(occasion: Occasion, proceed: Proceed) -> Response:
    """Whatever size is asked for, a page holds at most `cap` items; going on works."""
    found, cap = _pager(occasion), int(occasion.params["cap"])
    if not found.size or not found.place:
        return proceed()
    asked = _query(occasion).get(found.size)
    if isinstance(asked, int) and asked <= cap:
        return proceed()
    true = proceed()
    response = occasion.context.answer(asking(occasion, **{found.size: cap}))
    if not succeeded(response) or response.body == true.body:
        return true
    occasion.fired(_truth(occasion))
    return response


@fault("S17", "looping page", oracle=BOUNDED & COMPLETE, suits="paged", silent=True)
def looping(occasion: Occasion, proceed: Proceed) -> Response:
    """A later page brings the first one again."""
    found = _pager(occasion)
    response = proceed()
    if not succeeded(response) or not later(found, _query(occasion)):
        return response
    first = occasion.context.answer(asking(occasion, **{found.place: None}))
    if not succeeded(first) or first.body == response.body:
        return response
    occasion.fired(_truth(occasion))
    return first


@fault(
    "M10",
    "part of a list as the whole",
    oracle=COMPLETE | DISCLOSED,
    params={"kept": 0.3},
    suits="list",
    silent=True,
)
def shortened(occasion: Occasion, proceed: Proceed) -> Response:
    """Only `kept` of the items come and nothing points further; a total, if any, stays true."""
    response = proceed()
    value = json_of(response)
    listed = items_of(occasion, value) if succeeded(response) else None
    if listed is None or len(listed[1]) < 2 or not _says_total(value, response):
        return response
    path, items = listed
    count = max(1, int(len(items) * occasion.params["kept"]))
    made = put(value, path, items[:count])
    if isinstance(made, dict):
        for name, member in made.items():
            if says_more(name) and isinstance(member, bool):
                made = {**made, name: False}
            elif says_next(name) and member is not None:
                made = {**made, name: None}
    occasion.fired(_truth(occasion))
    response = with_json(response, made)
    kept = tuple(pair for pair in response.headers if pair[0] != "link")
    return Response(response.status, kept, response.body, response.delay)


def _says_total(value: Any, response: Response) -> bool:
    """Whether the reply gives the truth away: without a total nobody could notice."""
    if response.header("x-total-count") is not None:
        return True
    return isinstance(value, dict) and any(says_total(name) for name in value)


def _pager(occasion: Occasion) -> Pager:
    return pager(occasion.operation) or Pager("", "", "size")


def _query(occasion: Occasion) -> Any:
    return occasion.context.arguments.query if occasion.context.arguments else {}


def _truth(occasion: Occasion) -> dict[str, Any]:
    """The entries that the list really has, where that can be said."""
    entries = true_entries(occasion)
    return {} if entries is None else {"entries": entries}
