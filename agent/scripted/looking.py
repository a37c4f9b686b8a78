"""Looking before trying again: did a write happen although nobody said so?

Which tool reads what another writes follows from the operations' methods and paths: an item is read
where it is written, a new entity is found in the list it was added to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.moves import Call, Seen
from agent.scripted.scene import body_of

_PAGE_SIZES: Final = ("limit", "per_page", "perpage", "page_size", "pagesize", "size", "count")

Found = Literal["done", "not_done", "unknown"]


@dataclass(frozen=True, slots=True)
class Look:
    """A read that can tell whether a write happened."""

    call: Call
    kind: Literal["create", "update", "delete"]
    written: Mapping[str, Any]
    """The scalar fields that the write set."""


def look_for(call: Call, known: Mapping[str, Any], why: str) -> Look | None:
    """The read that checks a write, or None when no tool can tell. `known` is name → Tool."""
    tool = known.get(call.tool)
    if tool is None or tool.operation is None or not isinstance(call.arguments, dict):
        return None
    method, path = tool.operation.method, tool.operation.path
    places = {name: _place(tool, name) for name in call.arguments}
    values = {
        place[1]: call.arguments[name] for name, place in places.items() if place[0] == "path"
    }
    written = dict(_scalars(tool, call.arguments))
    if method == "POST" and not path.endswith("}"):
        listing = _reader(known, path)
        if listing is not None:
            arguments = _filled(listing, values)
            return (
                None
                if arguments is None
                else Look(
                    Call(why, listing.name, {**arguments, **_whole_page(listing)}),
                    "create",
                    written,
                )
            )
    item = _reader(known, path) or _reader(known, path.rsplit("/", 1)[0])
    if item is None:
        return None
    arguments = _filled(item, values)
    if arguments is None:
        return None
    return Look(
        Call(why, item.name, arguments), "delete" if method == "DELETE" else "update", written
    )


def judged(look: Look, seen: Seen) -> tuple[Found, Any]:
    """What a look shows, and the entity that was found."""
    body = body_of(seen)
    if look.kind == "delete":
        if seen.status in (404, 410):
            return "done", None
        return ("unknown", None) if seen.error else ("not_done", None)
    if seen.error or body is None:
        return "unknown", None
    if look.kind == "update":
        if not look.written:
            return "unknown", body
        return ("done" if _covers(body, look.written) else "not_done"), body
    for entity in _entities(body):
        if look.written and _covers(entity, look.written):
            return "done", entity
    return "not_done", None


def _place(tool: Any, name: str) -> tuple[str, str]:
    place: tuple[str, str] = tool.arguments.get(name, ("body", name))
    return place


def _scalars(tool: Any, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The body's plain values by the document's names: what a read can show again."""
    for name, value in arguments.items():
        location, field = _place(tool, name)
        if location == "body" and isinstance(value, str | int | float | bool):
            yield field, value


def _reader(known: Mapping[str, Any], path: str) -> Any | None:
    for tool in known.values():
        operation = tool.operation
        if operation is not None and operation.method == "GET" and operation.path == path:
            return tool
    return None


def _filled(tool: Any, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments a read needs, from the path values of the write; None when one is missing."""
    required = tool.parameters.get("required", ())
    arguments = {
        name: values[field]
        for name, (location, field) in tool.arguments.items()
        if location == "path" and field in values
    }
    return arguments if all(name in arguments for name in required) else None


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
