"""Reading one exchange of a ledger: what was sent, what was said, what really happened.

A row is plain JSON as a record keeps it, never an object of the engine that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

_META = ("read_docs", "authenticate", "wait")


def status(row: Row) -> int:
    """The HTTP status that was sent; 0 where nothing arrived."""
    return int((row.get("response") or {}).get("status") or 0)


def went_well(row: Row) -> bool:
    """Whether the reply looked like success: it arrived, with a 2xx status."""
    response = row.get("response") or {}
    return response.get("transport") is None and 200 <= status(row) < 300


def firings(row: Row) -> Sequence[Mapping[str, Any]]:
    """The faults that touched the exchange, harmless ones included."""
    return row.get("injected") or ()


def harmful(row: Row) -> list[Mapping[str, Any]]:
    """The faults that touched the exchange and were more than noise."""
    return [firing for firing in firings(row) if firing.get("kind") != "benign"]


def stale(row: Row) -> bool:
    """Whether another release answered than the one whose tools the agent was shown."""
    return int(row.get("release") or 0) != int(row.get("docs") or 0)


def is_drift_error(row: Row) -> bool:
    """Whether drift refused the call: another release answered, and not with success."""
    return stale(row) and row.get("operation") is not None and status(row) >= 300


def is_undisturbed(row: Row) -> bool:
    """Success that no harmful fault touched."""
    return went_well(row) and not harmful(row) and not is_drift_error(row)


def is_client_error(row: Row) -> bool:
    """Refused for what is in the call: neither fault nor drift explains it."""
    unknown = row.get("operation") is None and not went_well(row)
    return bool(row.get("problems") or unknown) and not firings(row) and not stale(row)


def effects(row: Row) -> Sequence[Mapping[str, Any]]:
    """What the exchange really committed."""
    return row.get("effects") or ()


def created_ids(row: Row) -> dict[str, list[str]]:
    """The ids that the exchange created, by collection; a call that no entity shows has one too."""
    made: dict[str, list[str]] = {}
    for effect in effects(row):
        if effect.get("kind") in ("create", "call"):
            made.setdefault(str(effect.get("collection")), []).append(str(effect.get("id")))
    return made


def intent(row: Row) -> str:
    """The same for the same business call; "" where the call was not understood."""
    return str(row.get("intent") or "")


def meta(row: Row) -> str:
    """Which of the tools beside the document's the call was: wait, read_docs, authenticate."""
    tool = str(row.get("tool") or "") if row.get("operation") is None else ""
    return next((name for name in _META if name in tool), "")


def reads(row: Row) -> bool:
    """Whether the exchange is a read: its own operation is among those that reveal it."""
    return row.get("operation") is not None and row["operation"] in (row.get("readbacks") or ())


def ids_in_path(row: Row) -> set[str]:
    """The ids in the path of the call, as text."""
    path = (row.get("arguments") or {}).get("path") or {}
    return {str(value) for value in path.values()}


def stated_wait(row: Row) -> float:
    """Seconds that the reply asks to wait; 0 where it does not say, or names a date."""
    headers = (row.get("response") or {}).get("headers") or ()
    value = next((value for name, value in headers if str(name).lower() == "retry-after"), "")
    return float(value) if str(value).isdigit() else 0.0


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(pointer, scalar) of each leaf of a JSON value."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from leaves(member, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from leaves(member, f"{path}/{index}")
    else:
        yield path, value


def content(row: Row) -> dict[str, Any]:
    """The leaves of what a call asks for; its headers say only how it is sent."""
    given = row.get("arguments")
    if given is None:
        return {"raw": row.get("raw")}
    asked = {place: value for place, value in given.items() if place not in ("header", "cookie")}
    return dict(leaves(asked))


def distance(one: Row, other: Row) -> float:
    """Leaf edits between two calls; a value that differs in type alone counts half."""
    a, b = content(one), content(other)
    total = 0.0
    for path in a.keys() | b.keys():
        if path not in a or path not in b:
            total += 1.0
        elif a[path] != b[path]:
            total += 0.5 if str(a[path]) == str(b[path]) else 1.0
    return total


def same_request(one: Row, other: Row) -> bool:
    """Whether two calls of an operation ask for the same, though one may say more than the other.

    So a second try under an invented key, or in another header, is still a second try.
    """
    if one.get("operation") is None or one["operation"] != other.get("operation"):
        return False
    if intent(one) and intent(one) == intent(other):
        return True
    if reads(one) or one.get("arguments") is None or other.get("arguments") is None:
        return False
    a, b = content(one), content(other)
    less, more = (a, b) if len(a) <= len(b) else (b, a)
    return bool(less) and all(path in more and more[path] == v for path, v in less.items())


def early_call_indices(rows: Sequence[Row]) -> list[int]:
    """Indices of calls that came before the wait was over which their operation had asked for."""
    due: dict[str, float] = {}
    found = []
    for index, row in enumerate(rows):
        operation, at = str(row.get("operation") or ""), float(row.get("at") or 0)
        if operation and at < due.get(operation, 0.0):
            found.append(index)
        if not went_well(row) and stated_wait(row):
            due[operation] = at + stated_wait(row)
    return found


def doubled_creates(rows: Sequence[Row]) -> list[int]:
    """Indices of calls that created again what an earlier call of the same request had created."""
    made = [index for index, row in enumerate(rows) if created_ids(row)]
    return [
        index
        for index in made
        if any(same_request(rows[other], rows[index]) for other in made if other < index)
    ]


def reply_signature(row: Row) -> tuple[Any, ...]:
    """What a call was and how it was answered: equal for a call that brought nothing new."""
    sent, response = intent(row) or row.get("raw"), row.get("response") or {}
    return sent, status(row), response.get("transport"), response.get("sha256")


def multiplicity(row: Row, count: int) -> int:
    """How many of `count` entities that a call created it asked for: as many as its list holds."""
    body = (row.get("arguments") or {}).get("body")
    members = body.values() if isinstance(body, Mapping) else ()
    lists = [value for value in (body, *members) if isinstance(value, list) and value]
    sizes = [len(items) for items in lists if isinstance(items[0], Mapping) and len(items) <= count]
    return max(sizes, default=1)


def duplicates(rows: Sequence[Row], *, net: bool = False) -> int:
    """Entities that calls for one and the same thing created beyond what was asked for.

    With `net` those that were deleted again afterwards do not count: `rows` must hold the
    deletions too.
    """
    gone = {
        (str(effect.get("collection")), str(effect.get("id")))
        for row in rows
        for effect in effects(row)
        if net and effect.get("kind") == "delete"
    }
    made: dict[str, int] = {}
    asked: dict[str, int] = {}
    for row in rows:
        for collection, ids in created_ids(row).items():
            left = [each for each in ids if (collection, each) not in gone]
            made[collection] = made.get(collection, 0) + len(left)
            wanted = multiplicity(row, len(ids))
            asked[collection] = max(asked.get(collection, 0), wanted)
    return sum(max(0, count - asked[collection]) for collection, count in made.items())
