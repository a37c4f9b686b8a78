"""Looking before trying again: did a write happen although nobody said so?

Which tool reads what another writes follows from the operations' methods and paths: an item is read
where it is written, a new entity is found in the list it was added to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.moves import Call, Seen
from agent.scripted.scene import body_of

_PAGE_SIZES: Final = ("limit", "per_page", "perpage", "page_size", "pagesize", "size", "count")

_CLOCKED: Final = re.compile("updated|modified|changed|version|revision|etag")

Found = Literal["done", "not_done", "unknown"]
Kind = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Look:
    """A read that can tell whether a write happened."""

    call: Call
    kind: Kind
    sent: Mapping[str, Any]
    """The plain fields that the write sent."""
    written: Mapping[str, Any]
    """Those, and what its reply said."""
    id: Any = None
    """The entity to find, when only the list can be read."""
    due: frozenset[str] = frozenset()
    """Sent fields that the entity must have afterwards, as far as anybody can know."""


def look_for(call: Call, known: Mapping[str, Any], why: str, *, told: Any = None) -> Look | None:
    """The read that checks a write, or None when no tool can tell.

    `known` is name → Tool; `told` is the body of the write's own reply, where there was one: what
    it shows must then be found.
    """
    tool = known.get(call.tool)
    if tool is None or tool.operation is None or not isinstance(call.arguments, dict):
        return None
    method, path = tool.operation.method, tool.operation.path
    values = {
        field: call.arguments[name]
        for name, (location, field) in tool.arguments.items()
        if location == "path" and name in call.arguments
    }
    sent = dict(_scalars(tool, call.arguments))
    shown = told.items() if isinstance(told, Mapping) else ()
    written = sent | {name: value for name, value in shown if _lasting(name, value)}
    collection, _, last = path.rpartition("/")
    if method == "POST" and not last.startswith("{") and (listing := _reader(known, path)):
        return _look("create", listing, values, (sent, written), why)
    kind: Kind = "delete" if method == "DELETE" else "update"
    due = frozenset(sent) & frozenset(sent if told is None else dict(shown))
    due = due if method in ("PUT", "PATCH") else frozenset()
    # An action (`/orders/{id}/cancel`) shows in the item it acts on.
    if item := _reader(known, path) or _reader(known, collection):
        if item.operation.path.endswith("}"):
            return _look(kind, item, values, (sent, written), why, due=due)
        if last.startswith("{"):
            return _look(kind, item, values, (sent, written), why, id=values.get(last.strip("{}")))
    return None


def _look(
    kind: Kind,
    tool: Any,
    values: Mapping[str, Any],
    fields: tuple[Mapping[str, Any], Mapping[str, Any]],
    why: str,
    id: Any = None,
    due: frozenset[str] = frozenset(),
) -> Look | None:
    """The look, or None when the read needs an argument that the write does not tell."""
    arguments = {
        name: values[field]
        for name, (location, field) in tool.arguments.items()
        if location == "path" and field in values
    }
    if not all(name in arguments for name in tool.parameters.get("required", ())):
        return None
    if not tool.operation.path.endswith("}"):
        arguments.update(_whole_page(tool))
    return Look(Call(why, tool.name, arguments), kind, *fields, id, due)


def judged(look: Look, seen: Seen) -> tuple[Found, Any]:
    """What a look shows, and the entity that was found."""
    body = body_of(seen)
    if look.kind == "delete" and look.id is None:
        if seen.status in (404, 410):
            return "done", None
        return ("unknown", None) if seen.error else ("not_done", None)
    if seen.error or body is None:
        return "unknown", None
    if look.id is not None:
        entity = next((each for each in _entities(body) if look.id in each.values()), None)
        if look.kind == "delete":
            return ("done" if entity is None else "not_done"), None
        body = entity
    if look.kind == "update":
        if not look.written or body is None:
            return "unknown", body
        done = _covers(body, look.written) and _has(body, look.due)
        return ("done" if done else "not_done"), body
    for entity in _entities(body):
        if look.written and _covers(entity, look.written):
            return "done", entity
    shown = {name for entity in _entities(body) for name in entity}
    if shown and not shown & look.written.keys():
        # A list of summaries that have nothing of what was written cannot tell.
        return "unknown", None
    return "not_done", None


def extras(look: Look, seen: Seen) -> list[Any]:
    """Ids of entities that a create made beyond the one it spoke of."""
    mine = look.written.get("id")
    if look.kind != "create" or seen.error or mine is None or not look.sent:
        return []
    found = [e for e in _entities(body_of(seen)) if look.sent.items() <= _plain(e).items()]
    return [entity["id"] for entity in found if entity.get("id") not in (None, mine)]


def removal(call: Call, known: Mapping[str, Any], id: Any) -> Call | None:
    """The call that deletes an entity from the collection that a create added to."""
    made = known.get(call.tool)
    if made is None or made.operation is None or not isinstance(call.arguments, dict):
        return None
    for tool in known.values():
        operation = tool.operation
        if operation is None or operation.method != "DELETE":
            continue
        collection, _, last = operation.path.rpartition("/")
        if collection != made.operation.path or not last.startswith("{"):
            continue
        arguments = {
            name: id if field == last.strip("{}") else call.arguments.get(name)
            for name, (location, field) in tool.arguments.items()
            if location == "path"
        }
        return Call("It was done twice. I take back the second one.", tool.name, arguments)
    return None


def _lasting(name: str, value: Any) -> bool:
    """Whether a field of a reply should read the same later: plain, and not kept by the clock."""
    if not isinstance(value, str | int | float | bool) or name.startswith("_"):
        # What a leading underscore marks (as in HAL) is about the reply, not about the entity.
        return False
    return not (_CLOCKED.search(name.lower()) or name.endswith(("_at", "At", "_on", "On")))


def _has(entity: Any, names: frozenset[str]) -> bool:
    """Whether an entity, or one inside an envelope, has all of these fields."""
    if not isinstance(entity, Mapping):
        return False
    return names <= entity.keys() or any(_has(value, names) for value in entity.values())


def _plain(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in entity.items() if isinstance(v, str | int | float | bool)}


def _place(tool: Any, name: str) -> tuple[str, str]:
    place: tuple[str, str] = tool.arguments.get(name, ("body", name))
    return place


def _scalars(tool: Any, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The body's plain values by the document's names: what a read can show again."""
    body = {
        field: value
        for name, value in arguments.items()
        for location, field in (_place(tool, name),)
        if location == "body"
    }
    envelope = next(iter(body.values()), None) if len(body) == 1 else None
    for field, value in (envelope if isinstance(envelope, Mapping) else body).items():
        if isinstance(value, str | int | float | bool):
            yield field, value


def _reader(known: Mapping[str, Any], path: str) -> Any | None:
    for tool in known.values():
        operation = tool.operation
        if operation is not None and operation.method == "GET" and operation.path == path:
            return tool
    return None


def _whole_page(tool: Any) -> dict[str, Any]:
    """The largest page the list allows, so that a new entity is on it."""
    for name, schema in tool.parameters.get("properties", {}).items():
        if name.lower() in _PAGE_SIZES and isinstance(schema, dict) and "maximum" in schema:
            return {name: schema["maximum"]}
    return {}


def _entities(body: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, whatever envelope it comes in."""
    if isinstance(body, list):
        yield from (item for item in body if isinstance(item, Mapping))
    elif isinstance(body, Mapping):
        for value in body.values():
            if isinstance(value, list):
                yield from _entities(value)


def _covers(entity: Any, written: Mapping[str, Any]) -> bool:
    """Whether every written value that the entity shows at all is shown as written."""
    if not isinstance(entity, Mapping):
        return False
    shared = [name for name in written if name in entity]
    if not shared:
        inner = [value for value in entity.values() if isinstance(value, Mapping)]
        return any(_covers(value, written) for value in inner)
    return all(entity[name] == written[name] for name in shared)
