"""Create-then-read, list-contains, update-then-read, delete-then-404, over every path pair."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox import Response, World
from sandbox.document import Operation, encode
from sandbox.errors import SandboxError
from sandbox.messages import ABSENT
from tests.bench.explorer import Explorer, candidate_ids, located, read_json, walk

CHECKS = ("create-then-read", "list-contains", "update-then-read", "delete-then-404")


@dataclass(slots=True)
class Counted:
    """What held, out of what could be tried."""

    passed: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        tried = sum(self.tried.values())
        return 100 * sum(self.passed.values()) / tried if tried else 100.0

    def note(self, check: str, place: str, held: bool, why: str) -> None:
        self.tried[check] += 1
        self.passed[check] += held
        if not held:
            self.failures.append(f"{check} {place}: {why}")


def count(world: World, *, seed: int = 1) -> Counted:
    """Try every collection/item path pair of a document that has a POST and a GET of the item."""
    found = Counted()
    operations = Explorer(world, world.session(seed=seed)).operations
    for (method, path), creator in operations.items():
        if method != "POST" or creator.defect is not None:
            continue
        items = [p for (m, p) in operations if m == "GET" and _is_item(path, p)]
        for item in items:
            if operations["GET", item].defect is None:
                _pair(world, seed, found, path, item, operations)
    return found


def _is_item(collection: str, item: str) -> bool:
    base = collection.removesuffix(".json")
    rest = item.removesuffix(".json").removeprefix(base + "/")
    return "/" not in rest and rest.startswith("{") and rest.endswith("}")


def _pair(
    world: World,
    seed: int,
    found: Counted,
    path: str,
    item: str,
    operations: dict[tuple[str, str], Operation],
) -> None:
    explorer = Explorer(world, world.session(seed=seed))
    creator, reader = operations["POST", path], operations["GET", item]
    name = item.rpartition("{")[2].partition("}")[0]
    try:
        values = explorer.path_values(path)
        if values is None:
            return
        body = explorer.arguments(creator, values, ABSENT, 0).body
        created = explorer.call(creator, values, body)
        if created.status == 501:
            return
        made = read_json(created)
        if created.status >= 300:
            found.note("create-then-read", path, False, f"create answered {created.status}")
            return
        told = located(created)
        id = _new_id(explorer, reader, values, name, made, body, told)
        if id is None:
            if made is None and ("GET", path) not in operations and not told:
                return  # nothing on the wire could ever tell the id
            found.note("create-then-read", item, False, "no value of the reply reads back")
            return
        here = {**values, name: id}
        response = explorer.call(reader, here)
        shown = read_json(response)
        wrong = disagreement(body, shown) if shows(reader) else None
        held = wrong is None and response.status < 300
        found.note("create-then-read", item, held, wrong or "")
        _listed(explorer, found, operations, path, values, name, id)
        _updated(explorer, found, operations, item, here, shown)
        _deleted(explorer, found, operations, item, here, reader)
    except SandboxError as error:
        found.note("create-then-read", item, False, f"{type(error).__name__}: {error}")


def _new_id(
    explorer: Explorer,
    reader: Operation,
    values: dict[str, str],
    name: str,
    made: Any,
    body: Any,
    told: list[str],
) -> str | None:
    found = [*told, *candidate_ids(made, name), *candidate_ids(body, name)]
    candidates = list(dict.fromkeys(found))
    for id in candidates[:12]:
        if explorer.call(reader, {**values, name: id}).status < 300:
            return id
    return None


def _listed(
    explorer: Explorer,
    found: Counted,
    operations: Any,
    path: str,
    values: dict[str, str],
    name: str,
    id: str,
) -> None:
    listing = operations.get(("GET", path))
    if listing is None or listing.defect is not None or not shows(listing):
        return
    seen: set[str] = set()
    query: dict[str, Any] = {}
    for _ in range(12):
        reply = read_json(_paged(explorer, listing, values, query))
        if reply is None or id in (seen := seen | set(candidate_ids(reply, name))):
            break
        query = _next_page(listing, query)
        if not query:
            break
    found.note("list-contains", path, id in seen, f"{id} is not among {len(seen)} values")


def _paged(
    explorer: Explorer, listing: Operation, values: dict[str, str], query: dict[str, Any]
) -> Response:
    arguments = explorer.arguments(listing, values, ABSENT, 0)
    arguments = replace(arguments, query={**arguments.query, **query})
    request = encode(listing, arguments, explorer.world.document.base_path)
    return explorer.session.handle(explorer.signed(listing, request))


def _next_page(listing: Operation, query: dict[str, Any]) -> dict[str, Any]:
    declared = {p.name.lower(): p for p in listing.parameters if p.location == "query"}
    for key in ("page", "page_number", "pagenumber"):
        if key in declared:
            name = declared[key].name
            return {**query, name: query.get(name, 1) + 1}
    for key in ("offset", "skip", "start"):
        if key in declared:
            name = declared[key].name
            return {**query, name: query.get(name, 0) + 10}
    return {}


def _updated(
    explorer: Explorer,
    found: Counted,
    operations: Any,
    item: str,
    here: dict[str, str],
    before: Any,
) -> None:
    for method in ("PATCH", "PUT"):
        changer = operations.get((method, item))
        if changer is None or changer.defect is not None or changer.body is None:
            continue
        body = explorer.arguments(changer, here, ABSENT, 7).body
        body = _renaming_nothing(body, before, set(here.values()))
        reply = explorer.call(changer, here, body)
        if reply.status in (501, 415) or not shows(operations["GET", item]):
            return
        shown = read_json(explorer.call(operations["GET", item], here))
        wrong = (
            f"{method} answered {reply.status}"
            if reply.status >= 300
            else disagreement(body, shown)
        )
        found.note("update-then-read", item, wrong is None, wrong or "")
        return


def _renaming_nothing(body: Any, before: Any, ids: set[str]) -> Any:
    """A body whose fields that hold an id of the path say what they said: it is no renaming."""
    if not isinstance(body, dict):
        return body
    kept = {
        key: item[key]
        for item in walk(before)
        for key in body
        if _plain(item.get(key)) and str(item[key]) in ids
    }
    if not kept and len(body) == 1 and isinstance(inner := next(iter(body.values())), dict):
        return {next(iter(body)): _renaming_nothing(inner, before, ids)}
    return {**body, **kept}


def _deleted(
    explorer: Explorer,
    found: Counted,
    operations: Any,
    item: str,
    here: dict[str, str],
    reader: Operation,
) -> None:
    remover = operations.get(("DELETE", item))
    if remover is None or remover.defect is not None:
        return
    reply = explorer.call(remover, here)
    if reply.status == 501:
        return
    status = explorer.call(reader, here).status
    held = reply.status < 300 and status == 404
    found.note("delete-then-404", item, held, f"delete {reply.status}, then read {status}")


def shows(reader: Operation) -> bool:
    """Whether the document says that a read has a JSON body; without one there is only a status."""
    media = reader.success[1].media if reader.success is not None else {}
    return any("json" in name or name == "*/*" for name in media)


def disagreement(sent: Any, shown: Any) -> str | None:
    """Why a read reply does not show what was sent; None when every shared scalar agrees.

    A field that the reply does not have at all is no disagreement; one with another value is.
    """
    if shown is None:
        return "the read had no JSON"
    if not isinstance(sent, dict):
        return None
    best: str | None = "no object of the reply shares a field"
    flat = sent
    if len(sent) == 1 and isinstance(next(iter(sent.values())), dict):
        flat = next(iter(sent.values()))
    if not flat:
        return None
    for item in walk(shown):
        # A reference that is shown as an object of its own says the same in another way.
        shared = [
            k for k in flat if k in item and _plain(flat[k]) and not isinstance(item[k], dict)
        ]
        if not shared:
            continue
        wrong = [key for key in shared if str(item[key]) != str(flat[key])]
        if not wrong:
            return None
        best = f"{wrong[0]}: sent {flat[wrong[0]]!r}, read {item[wrong[0]]!r}"
    if best == "no object of the reply shares a field":
        return None
    return best


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)
