"""Looking before trying again: did a write happen although nobody said so?

Which tool reads what another writes follows from the operations' methods and paths: an item is read
where it is written, a new entity by the id that the reply named or in the list it was added to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.policies.actions import Call, Seen
from agent.policies.knowledge import body_of
from agent.policies.reply_reading import (
    covers,
    entity_like,
    id_in,
    listed_objects,
    mentions,
    plain,
    same,
)
from sandbox.conventions.paths import place_of
from sandbox.tasks.list_reading import largest_page
from sandbox.world.readbacks import is_stable_field

Found = Literal["done", "not_done", "absent", "unknown"]
"""`absent`: not in what was seen so far; a further page may have it."""
Kind = Literal["create", "update", "delete"]
_GONE: Final = (404, 410)


@dataclass(frozen=True, slots=True)
class Look:
    """A read that can tell whether a write happened."""

    call: Call
    kind: Kind
    tool: Any
    sent: Mapping[str, Any]
    """The plain fields that the write sent."""
    written: Mapping[str, Any]
    """The fields by which it can be known again."""
    at_item: bool
    """It reads the entity itself, not a list that should have it."""
    id: Any = None
    """The entity's id, where it is known."""
    names: tuple[str, str] = ("id", "")
    """(path parameter, noun): under which name an entity shows its id."""
    due: frozenset[str] = frozenset()
    """Sent fields that the entity must have afterwards, as far as anybody can know."""
    old: frozenset[str] = frozenset()
    """Ids of entities that were there before and look the same."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What a write is about, read off its method and path."""

    kind: Kind
    item: str
    home: str
    values: tuple[Any, ...]
    """Values of the path's parameters down to the collection."""
    id: Any = None
    action: bool = False
    """It is done to an item by a path below it."""


def looks_for(
    call: Call,
    known: Mapping[str, Any],
    why: str,
    *,
    told: Any = None,
    place: str = "",
    old: frozenset[str] = frozenset(),
) -> tuple[Look, ...]:
    """The reads that check a write, the surest first; none where no tool can tell.

    `known` is name → Tool; `told` is the body of the write's own reply, where there was one, and
    `place` its Location; `old` are the ids of what looked the same before.
    """
    tool = known.get(call.tool)
    if tool is None or tool.operation is None or not isinstance(call.arguments, dict):
        return ()
    bound = {
        place: call.arguments[name]
        for name, place in tool.arguments.items()
        if name in call.arguments
    }
    sent = _sent_values(bound)
    target = _target(tool.operation, known, bound)
    if target is None or (target.action and _creates(tool)):
        return ()
    item, lister = _reader(known, target.item), _reader(known, target.home)
    names = _id_names(target, item)
    shown = entity_like(told, sent, target.id, names)
    if target.action and told is not None and not same(id_in(shown, *names), target.id):
        # The reply is about something else: this is no action on the entity, or a silent one.
        return ()
    ids = [target.id]
    if target.kind == "create":
        chosen, named = id_in(sent, *names), id_in(shown, *names) or id_in(told, *names)
        named = named or place.rpartition("/")[2]
        ids = [each for each in (named, chosen) if each] or [None]
        ids = ids[:1] if same(ids[0], ids[-1]) else ids
    written = _expected_values(sent, shown, names, ids[0])
    if target.kind == "create":
        written |= _lists(bound)
    due = frozenset(written) & frozenset(sent) & frozenset(sent if told is None else shown)
    if target.kind != "update" or (told is None and tool.operation.method == "POST"):
        due = frozenset()

    def seeing(reader: Any, id: Any, *, at_item: bool) -> Iterator[Look]:
        values = (*target.values, id) if at_item and target.item != target.home else target.values
        arguments = _arguments(reader, values, bound)
        if arguments is not None:
            more = {} if at_item else largest_page(reader)
            reading = Call(why, reader.name, arguments | more)
            yield Look(
                reading, target.kind, reader, sent, written, at_item, id, names, due, old
            )  # fmt: skip

    items: list[Look] = []
    for id in ids:
        if item is not None and (id is not None or target.item == target.home):
            items += seeing(item, id, at_item=True)
    lists: list[Look] = []
    if lister is not None and lister is not item and (ids[0] is not None or not items):
        lists += seeing(lister, ids[0], at_item=False)
    # A list shows that something is new, and whether it is there twice.
    return (*lists, *items) if target.kind == "create" else (*items, *lists)


def judge_look(look: Look, seen: Seen) -> tuple[Found, Any]:
    """What a look shows, and the entity that was found."""
    body = body_of(seen)
    if look.at_item:
        return _at_item(look, seen, body)
    if seen.error or body is None:
        return "unknown", None
    shown = list(listed_objects(body))
    if look.id is not None:
        ids = [id_in(each, *look.names) for each in shown]
        named = [e for e, id in zip(shown, ids, strict=True) if same(id, look.id)]
        # Where no entry shows an id of its own, it may stand anywhere in it.
        others = [] if any(ids) else [e for e in shown if mentions(e, look.id)]
        entity = next(iter([*named, *others]), None)
        if entity is not None:
            return _judged_entity(look, entity), entity
        if look.kind != "create" and (any(ids) or not shown):
            return "absent", None
    if look.kind != "create":
        return "unknown", None
    # Not every reply to a create names the id that the new entity really has.
    return _recognise_new(look, shown)


def _recognise_new(look: Look, shown: list[Mapping[str, Any]]) -> tuple[Found, Any]:
    """The new entity in a list, by what was sent for it."""
    telling = {n: v for n, v in look.written.items() if not isinstance(v, bool)}
    there = frozenset[str]().union(*map(plain, shown))
    if not telling.keys() & there:
        there = frozenset[str]().union(*map(_names, shown))
    names_id = any(id_in(each, *look.names) is not None for each in shown)
    if shown and not telling.keys() & there and not (look.id is not None and names_id):
        # A list of summaries that have nothing of what was written cannot tell.
        return "unknown", None
    for entity in shown:
        whole = telling.keys() & there <= _names(entity)
        if telling and whole and covers(entity, look.written) and not _was_there(look, entity):
            return "done", entity
    return "absent", None


def alike(look: Look, shown: list[Mapping[str, Any]]) -> frozenset[str]:
    """Ids of the entities in a list that cannot be told from what a write is about to make."""
    found = [id_in(each, *look.names) for each in shown if covers(each, look.sent)]
    return frozenset(str(id) for id in found if id is not None)


def _was_there(look: Look, entity: Mapping[str, Any]) -> bool:
    return bool(look.old) and str(id_in(entity, *look.names)) in look.old


def _at_item(look: Look, seen: Seen, body: Any) -> tuple[Found, Any]:
    if seen.status in _GONE:
        return ("done" if look.kind == "delete" else "not_done"), None
    if seen.error or not isinstance(body, Mapping | list):
        return "unknown", None
    entity = entity_like(body, look.written, look.id, look.names)
    shown = id_in(entity, *look.names)
    if look.id is not None and shown is not None:
        # Another entity than the one that was asked for says nothing about it.
        if not same(shown, look.id) and not mentions(entity, look.id, deep=1):
            return "unknown", None
    if look.kind == "create" and shown is None and not look.written.keys() & _names(entity):
        return "unknown", None
    return _judged_entity(look, entity), entity


def _judged_entity(look: Look, entity: Mapping[str, Any]) -> Found:
    """What an entity shows about a write, when it is surely the one that was meant."""
    if look.kind == "delete":
        return "not_done"
    if look.kind == "create":
        return "done"
    if not (look.written.keys() & _names(entity) or look.due):
        return "unknown"
    return "done" if covers(entity, look.written) and look.due <= _names(entity) else "not_done"


def extras(look: Look, shown: list[Mapping[str, Any]], mine: Any) -> list[Any]:
    """Ids of entities in a list that a create made beyond the one it spoke of (`mine`)."""
    if look.kind != "create" or look.at_item or mine is None or not look.sent:
        return []
    ids = [id_in(each, *look.names) for each in shown if look.sent.items() <= plain(each).items()]
    return [id for id in ids if id is not None and not same(id, mine) and str(id) not in look.old]


def removal(call: Call, known: Mapping[str, Any], id: Any) -> Call | None:
    """The call that deletes an entity from the collection that a create added to."""
    made = known.get(call.tool)
    if made is None or made.operation is None or not isinstance(call.arguments, dict):
        return None
    bound = {p: call.arguments[n] for n, p in made.arguments.items() if n in call.arguments}
    home = place_of(made.operation.path)
    values = tuple(bound.get(("path", name)) for name in home.names)
    tool = _reader(known, f"{home.template}/{{}}", "DELETE")
    arguments = None if tool is None else _arguments(tool, (*values, id), bound)
    if tool is None or arguments is None:
        return None
    return Call("It was done twice. I take back the second one.", tool.name, arguments)


def _expected_values(
    sent: Mapping[str, Any], shown: Mapping[str, Any], names: tuple[str, str], id: Any
) -> dict[str, Any]:
    """What a read should show: what was sent, or else what the reply shows of the same entity.

    A reply about something else shows at least which of the fields mean something else there.
    """
    given = {name: value for name, value in sent.items() if name != names[0]}
    if id is not None and same(id_in(shown, *names), id):
        return given or {n: v for n, v in plain(shown).items() if is_stable_field(n)}
    return {n: v for n, v in given.items() if same(shown.get(n, v), v)}


def _target(
    operation: Any, known: Mapping[str, Any], bound: Mapping[tuple[str, str], Any]
) -> _Target | None:
    place = place_of(operation.path)
    values = tuple(bound.get(("path", name)) for name in place.names)
    template, method = place.template, operation.method
    head, _, last = template.rpartition("/")
    kind: Kind = "delete" if method == "DELETE" else "update"
    if last == "{}":
        return _Target(kind, template, head, values[:-1], values[-1])
    below = f"{template}/{{}}"
    if method == "POST" and (_reader(known, template) or _reader(known, below)):
        return _Target("create", below, template, values)
    if method in ("PUT", "PATCH") and (item := _reader(known, below)):
        parameter = place_of(item.operation.path).names[-1]
        id = id_in(_sent_values(bound), parameter, template.rpartition("/")[2])
        return _Target(kind, below, template, values, id) if id is not None else None
    if _reader(known, template):
        return _Target(kind, template, template, values)
    if head.endswith("/{}"):
        # An action (`/orders/{id}/cancel`) shows in the item it acts on.
        return _Target("update", head, head.removesuffix("/{}"), values[:-1], values[-1], True)
    return None


def _id_names(target: _Target, item: Any | None) -> tuple[str, str]:
    names = place_of(item.operation.path).names if item is not None else ()
    noun = target.home.rstrip("/").rpartition("/")[2]
    return (names[-1] if names and target.item != target.home else "id"), noun


def _arguments(
    tool: Any, values: tuple[Any, ...], bound: Mapping[tuple[str, str], Any]
) -> dict[str, Any] | None:
    """The arguments of a read at a place; None when it needs one that the write does not tell."""
    names = place_of(tool.operation.path).names
    at = dict(zip(names, values, strict=False))
    made: dict[str, Any] = {}
    required = tool.parameters.get("required", ())
    for name, (location, field) in tool.arguments.items():
        value = at.get(field) if location == "path" else bound.get((location, field))
        if value is not None and (location == "path" or name in required):
            texts = tool.parameters.get("properties", {}).get(name, {}).get("type") == "string"
            made[name] = str(value) if texts and not isinstance(value, bool) else value
    return made if all(name in made for name in required) else None


def _sent_values(bound: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """The body's plain values by the document's names: what a read can show again."""
    return plain(_body(bound))


def _lists(bound: Mapping[tuple[str, str], Any]) -> dict[str, list[Any]]:
    """The body's lists: how many things are in them can be seen again."""
    return {name: value for name, value in _body(bound).items() if isinstance(value, list)}


def _body(bound: Mapping[tuple[str, str], Any]) -> Mapping[str, Any]:
    body = {field: value for (location, field), value in bound.items() if location == "body"}
    only = next(iter(body.values()), None) if len(body) == 1 else None
    return only if isinstance(only, Mapping) else body


def _creates(tool: Any) -> bool:
    """Whether a tool is known to make something, below an item whose parts no tool reads."""
    return tool.facts is not None and tool.facts.meaning.act == "create"


def _reader(known: Mapping[str, Any], template: str, method: str = "GET") -> Any | None:
    for tool in known.values():
        operation = tool.operation
        if operation is not None and operation.method == method:
            if place_of(operation.path).template == template:
                return tool
    return None


def _names(entity: Any) -> frozenset[str]:
    """The names that an entity has, or one inside it."""
    if not isinstance(entity, Mapping):
        return frozenset()
    inner = (_names(value) for value in entity.values() if isinstance(value, Mapping))
    return frozenset(entity).union(*inner)
