"""API styles: operations that name their act in the path, as the REST operations that they are.

`POST /volumes/create`, `POST /volumes.create` and `POST /createVolume` create in `/volumes`;
`GET /containers/{id}/json` and `POST /containers.info` with the id in the body read one of
`/containers`. What is understood so gets the method and the path that REST would have given it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.paths import Place, place_of
from sandbox.conventions.schema_surface import shape
from sandbox.conventions.vocabulary import kinds, names
from sandbox.conventions.words import singular, singulars, words
from sandbox.document import Document, Operation

_FORMATS: Final = frozenset(("json", "xml"))
"""Suffixes that name a format: one entity below its path, else the list."""
_METHODS: Final = {
    "list": "GET", "create": "POST", "read": "GET", "update": "PATCH", "delete": "DELETE",
}  # fmt: skip
_SENT_BY: Final = {
    "list": ("GET", "POST"), "create": ("POST", "PUT"), "read": ("GET", "POST"),
    "update": ("POST", "PUT", "PATCH"), "delete": ("POST", "DELETE"),
}  # fmt: skip
_JOINING: Final = frozenset(("by", "with", "from", "for", "to", "and", "all", "or", "in", "of"))
_SECRETS: Final = frozenset(("token", "api", "apikey", "key", "secret", "password", "idempotency"))


@dataclass(frozen=True, slots=True)
class RestForm:
    """The method and path that an operation has, or would have in REST."""

    method: str
    place: Place
    evidence: str = ""
    """Why the path was read otherwise than it is written; "" where it is REST already."""
    part: str = ""
    """The path parameter that narrows a list to entities with this first part of their key."""


@dataclass(frozen=True, slots=True)
class _Reading:
    operation: Operation
    home: str
    """Template of the collection."""
    act: str
    """list, create, read, update, delete, or the verb of an action."""
    names: tuple[str, ...]
    in_path: bool
    """Whether the path itself picks the entity."""
    named: bool
    """Whether the act stands in the name of the resource (`users.list`, `createUser`)."""


def rest_forms(document: Document) -> dict[str, RestForm]:
    """The REST form of every operation, by operation id."""
    found = {o.id: RestForm(o.method, place_of(o.path)) for o in document.operations.values()}
    written = {(form.place.template, form.method) for form in found.values()}
    homes = {template for template, _ in written} | {
        template.rpartition("/{}")[0] for template, _ in written if "/{}" in template
    }
    groups: dict[tuple[str, ...], list[_Reading]] = {}
    for operation in document.operations.values():
        for reading in _readings(operation, found[operation.id].place):
            key = (*reading.home.split("/")[:-1], singular(reading.home.rpartition("/")[2]))
            groups.setdefault(key, []).append(reading)
    for group in groups.values():
        home = next((r.home for r in group if r.act == "list"), group[0].home)
        known = {reading.act for reading in group} & _METHODS.keys()
        if len(known) < 2 and home not in homes:
            continue
        if not (known & {"list", "create"}) and home not in homes:
            continue
        rpc = any(reading.named for reading in group) or home not in homes
        for reading in group:
            form = _form(document, reading, home, rpc)
            if found[reading.operation.id].evidence:
                continue
            if form is not None and (form.place.template, form.method) not in written:
                written.add((form.place.template, form.method))
                found[reading.operation.id] = form
    return found


def _readings(operation: Operation, place: Place) -> Iterator[_Reading]:
    head, _, last = place.template.rpartition("/")
    if not last or (not head and not place.names and "." not in last and len(words(last)) < 2):
        return
    if last == "{}":
        above, _, named = head.rpartition("/")
        split = _verb_first(named)
        if split is not None and split[0] in ("read", "update", "delete"):
            yield _Reading(operation, f"{above}/{split[1]}", split[0], place.names, True, True)
        return
    if "{}" in last:
        return
    noun, dot, verb = last.rpartition(".")
    if dot and noun and verb.isidentifier():
        split = None if act_of(verb) else _verb_first(verb)
        if split is not None:  # `vault.getSecret`, `vault.listSecrets`
            yield _Reading(
                operation, f"{head}/{noun}.{split[1]}", split[0], place.names, False, True
            )
        act = act_of(verb) or verb
        yield _Reading(operation, f"{head}/{noun}", act, place.names, False, True)
        return
    split = _verb_first(last)
    if split is not None:
        yield _Reading(operation, f"{head}/{split[1]}", split[0], place.names, False, True)
        return
    verb, in_path = last.lower(), head.endswith("/{}")
    home = head.removesuffix("/{}")
    if verb in _FORMATS and operation.method == "GET":
        act = "read" if in_path else "list"
    else:
        act = act_of(verb) or ("" if in_path else verb)
    if home.strip("/{}") and act and (in_path == (act not in ("list", "create")) or not in_path):
        yield _Reading(operation, home, act, place.names, in_path, False)


def names_its_act(path: str) -> bool:
    """Whether a path ends in a verb: `/users.list`, `/createUser`, `/volumes/create`."""
    last = path.rstrip("/").rpartition("/")[2]
    verb = last.rpartition(".")[2].lower()
    return bool(act_of(verb)) or verb in names("searches") or _verb_first(last) is not None


@cache
def act_of(verb: str) -> str:
    """What a path's verb does: list, create, read, update or delete; "" for any other word."""
    return next((act for act in kinds("acts") if verb.lower() in names("acts", act)), "")


def _verb_first(segment: str) -> tuple[str, str] | None:
    """`createUser` → ("create", "User"); None where a segment does not begin with a known verb."""
    parts = words(segment)
    act = act_of(parts[0]) if len(parts) > 1 else ""
    if not act or parts[1] in _JOINING:
        return None
    return act, segment[len(parts[0]) :].lstrip("_-")


def _form(document: Document, reading: _Reading, home: str, rpc: bool) -> RestForm | None:
    operation, act = reading.operation, reading.act
    if operation.method not in _SENT_BY.get(act, ("POST",)):
        return None
    why = f"{operation.method} {operation.path} names the act {act!r}"
    if act in ("list", "create"):
        return RestForm(_METHODS[act], Place(home, reading.names), why)
    if reading.in_path:
        return RestForm(_METHODS[act], Place(f"{home}/{{}}", reading.names), why)
    item = _item(document, operation, home.rpartition("/")[2]) if rpc else None
    if item is None:
        return None
    names = (*reading.names, item)
    why += f", and {item!r} picks the entity"
    if act in _METHODS:
        return RestForm(_METHODS[act], Place(f"{home}/{{}}", names), why)
    return RestForm("POST", Place(f"{home}/{{}}/{act}", names), why)


def _item(document: Document, operation: Operation, noun: str) -> str | None:
    """The query parameter or body field that picks one entity: by its name, or as the only one."""
    required = [p.name for p in operation.parameters if p.location == "query" and p.required]
    named = [p.name for p in operation.parameters if p.location == "query"]
    schema = body_schema(operation)
    if schema is not None:
        surface = shape(document.schemas, schema)
        plain = [n for n, s in surface.properties.items() if _plain(document, s)]
        named += plain
        required += [name for name in plain if name in surface.required]
    one = singulars(noun)[-1:]
    wanted = [(*one, "id"), ("id",), (*one, "key"), (*one, "uuid"), ("uuid",), one, (*one, "name")]
    spelt = {words(name): name for name in reversed(named)}
    found = next((spelt[each] for each in wanted if each in spelt), None)
    open_ones = [name for name in required if not _SECRETS & set(words(name))]
    return found or (open_ones[0] if len(open_ones) == 1 else None)


def _plain(document: Document, schema: Any) -> bool:
    return shape(document.schemas, schema).type in ("string", "integer", "")
