"""S13–S17, M10: lists that are not told completely, or not told twice the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.conventions.inputs import Pointer, value_at
from sandbox.conventions.paging import Paging
from sandbox.faults.context import (
    FaultContext,
    Proceed,
    is_success,
    json_of,
    with_headers,
    with_json,
)
from sandbox.faults.oracles import BOUNDED, COMPLETE, DISCLOSED
from sandbox.faults.registry import fault
from sandbox.faults.targets import asking, items_of, replace_at, true_entries
from sandbox.messages import Arguments, Response


@fault(
    "S13",
    "page drift",
    oracle=COMPLETE,
    params={"how": "both"},
    choices={"how": ("skip", "repeat", "both")},
    suits="paged",
    silent=True,
)
def shift_items(context: FaultContext, proceed: Proceed) -> Response:
    """On a later page, items moved meanwhile: one is skipped, or one comes again."""
    response = proceed()
    value = json_of(response)
    listed = items_of(context, value) if is_success(response) else None
    if listed is None or len(listed[1]) < 2 or not _later(context):
        return response
    path, items = listed
    how = context.params["how"]
    skip = how == "skip" or (how == "both" and context.draw.chance(0.5, "skip"))
    context.record_firing(_truth(context))
    made = items[1:] if skip else [*_before(context), *items[:-1]]
    return with_json(response, replace_at(value, path, made))


def _before(context: FaultContext) -> list[Any]:
    """The last item of the first page: what a caller has most likely seen already."""
    first = _first_page(context)
    listed = items_of(context, json_of(first)) if is_success(first) else None
    return listed[1][-1:] if listed is not None else []


@fault(
    "S14",
    "cursor expired",
    oracle=COMPLETE,
    params={"status": 400},
    choices={"status": (400, 410)},
    suits="paged",
)
def cursor_expired(context: FaultContext, proceed: Proceed) -> Response:
    """The place to go on from is known no more: start again from the first page."""
    if not _later(context):
        return proceed()
    context.record_firing(_truth(context))
    status = int(context.params["status"])
    return context.fail(
        status, "cursor_expired", "The page position has expired. Start again from the first page."
    )


@fault(
    "S15", "lying total or has_more", oracle=COMPLETE, params={"by": 7}, suits="list", silent=True
)
def lying_total(context: FaultContext, proceed: Proceed) -> Response:
    """The total is off by `by`, and "there is more" says the opposite of the truth."""
    response = proceed()
    value = json_of(response)
    if not is_success(response):
        return response
    paging, made, by = _paging(context), value, int(context.params["by"])
    for pointer in paging.total:
        made = _change_at(made, pointer, lambda old: old + by if type(old) is int else old)
    for pointer in (*paging.more, *paging.last):
        made = _change_at(made, pointer, lambda old: not old if old in (True, False) else old)
    header = (paging.total_header or "").lower()
    total = response.header(header) or ""
    if made == value and not total.isdigit():
        return response
    context.record_firing(_truth(context))
    response = with_json(response, made)
    return with_headers(response, (header, str(int(total) + by))) if total.isdigit() else response


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
def cap_page_size(context: FaultContext, proceed: Proceed) -> Response:
    """Whatever size is asked for, a page holds at most `cap` items; going on works."""
    paging, cap = _paging(context), int(context.params["cap"])
    if paging.size is None or paging.position is None:
        return proceed()
    asked = paging.size.read(paging.size.values_of(_arguments(context)))
    if isinstance(asked, int) and asked <= cap:
        return proceed()
    true = proceed()
    response = context.call.answer(asking(context, paging.size, cap))
    if not is_success(response) or response.body == true.body:
        return true
    context.record_firing(_truth(context))
    return response


@fault("S17", "looping page", oracle=BOUNDED & COMPLETE, suits="paged", silent=True)
def looping(context: FaultContext, proceed: Proceed) -> Response:
    """A later page brings the first one again."""
    response = proceed()
    if not is_success(response) or not _later(context):
        return response
    first = _first_page(context)
    if not is_success(first) or first.body == response.body:
        return response
    context.record_firing(_truth(context))
    return first


@fault(
    "M10",
    "part of a list as the whole",
    oracle=COMPLETE | DISCLOSED,
    params={"kept": 0.3},
    suits="list",
    silent=True,
)
def shorten_list(context: FaultContext, proceed: Proceed) -> Response:
    """Only `kept` of the items come and nothing points further; a total, if any, stays true."""
    response = proceed()
    value = json_of(response)
    listed = items_of(context, value) if is_success(response) else None
    paging = _paging(context)
    # Without a total that stays true nobody could notice.
    total = response.header((paging.total_header or "").lower())
    if total is None:
        total = next(
            (old for each in paging.total if (old := value_at(value, each)) is not None), None
        )
    if listed is None or len(listed[1]) < 2 or total is None:
        return response
    path, items = listed
    count = max(1, int(len(items) * context.params["kept"]))
    made = replace_at(value, path, items[:count])
    for pointer in paging.more:
        made = _change_at(made, pointer, lambda old: False)
    for pointer in paging.last:
        made = _change_at(made, pointer, lambda old: True)
    for each in paging.next:
        made = _change_at(made, each.pointer, lambda old: None)
    context.record_firing(_truth(context))
    response = with_json(response, made)
    hints = {"link", *(each.pointer[0].lower() for each in paging.next if each.header)}
    kept = tuple(pair for pair in response.headers if pair[0] not in hints)
    return Response(response.status, kept, response.body, response.delay)


def _change_at(value: Any, pointer: Pointer, change: Callable[[Any], Any]) -> Any:
    """A reply with what lies at a pointer changed, where something lies there."""
    old = value_at(value, pointer)
    return value if old is None else replace_at(value, pointer, change(old))


def _paging(context: FaultContext) -> Paging:
    return context.facts.paging or Paging("size")


def _arguments(context: FaultContext) -> Arguments:
    return context.call.arguments or Arguments()


def _later(context: FaultContext) -> bool:
    """Whether the call asks for a page after the first."""
    return _paging(context).later(_arguments(context))


def _first_page(context: FaultContext) -> Response:
    """The reply of the same call about the first page."""
    place = _paging(context).position
    assert place is not None
    return context.call.answer(asking(context, place, None))


def _truth(context: FaultContext) -> dict[str, Any]:
    """The entries that the list really has, where that can be said."""
    entries = true_entries(context)
    return {} if entries is None else {"entries": entries}
