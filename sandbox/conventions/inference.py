"""Inference: from an operation's method, path and schemas to what it means for the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.conventions.envelopes import (
    Envelope,
    body_schema,
    entity_envelope,
    list_envelope,
    success,
)
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import Place
from sandbox.conventions.words import words
from sandbox.document import Operation

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources

_SEARCH = ("search", "find", "query", "filter", "list")
_ON_ITEM = {
    "GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "merge", "DELETE": "delete",
    "POST": "merge",
}  # fmt: skip
_ON_COLLECTION = {
    "GET": "list", "HEAD": "list", "POST": "create", "PUT": "write", "PATCH": "write",
    "DELETE": "clear",
}  # fmt: skip
_ON_SINGLETON = {"GET": "singleton", "HEAD": "singleton", "DELETE": "delete"}


def infer(resources: Resources, operation: Operation) -> Meaning:
    """What an operation means."""
    place = resources.place(operation)
    template = place.template
    if template.endswith("/{}") and template != "/{}" and not keyed(resources, template):
        home = Place(template[: -len("/{}")], place.names[:-1])
        collection = resources.collection(home.template, home.names)
        act = _ON_ITEM.get(operation.method, "compute")
        return meaning_of(resources, operation, act, collection, home, item=place.names[-1])
    if template not in resources.item_templates:
        base = searched(resources, operation)
        if base is not None:
            return meaning_of(resources, operation, "list", base, Place(base.template, place.names))
    if template in resources.item_templates or resources.lists(template):
        collection = resources.collection(template, place.names)
        act = _ON_COLLECTION.get(operation.method, "compute")
        return meaning_of(resources, operation, act, collection, place)
    return _other(resources, operation, place)


def keyed(resources: Resources, template: str) -> bool:
    """Whether a path that ends in a parameter is a collection: `/flags/{project}` beside
    `/flags/{project}/{flag}`, which lists or creates flags of a project."""
    own, items = resources.operations_at(template), resources.operations_at(template + "/{}")
    if not items:
        return False
    home = template[: -len("/{}")]
    alone = "GET" not in resources.operations_at(home)
    if "GET" not in own:
        return alone and "POST" in own and not own.keys() & {"PUT", "PATCH", "DELETE"}
    _, _, schema = success(own["GET"])
    noun = template.replace("/{}", "").rpartition("/")[2]
    if schema is None or not resources.plainly_lists(schema, noun):
        return False
    return alone or ("GET" in items and _lists_those(resources, schema, items["GET"], noun))


def _lists_those(resources: Resources, schema: Any, reader: Operation, noun: str) -> bool:
    """Whether a list shows what an operation reads one by one."""
    listed, (_, _, read) = list_envelope(resources.shape, schema, noun), success(reader)
    if listed is None or read is None:
        return False
    left = set(resources.shape(listed.view).properties)
    right = set(resources.shape(entity_envelope(resources.shape, read, noun).view).properties)
    return bool(left) and len(left & right) >= 0.6 * min(len(left), len(right))


def searched(resources: Resources, operation: Operation) -> Collection | None:
    """The collection that a search or filtered view such as `/pets/findByStatus` shows."""
    place = resources.place(operation)
    head, _, last = place.template.rpartition("/")
    if head not in resources.item_templates or "{}" in last:
        return None
    looking = any(word in _SEARCH for word in words(last))
    if operation.method != "GET" and not (operation.method == "POST" and looking):
        return None
    _, _, schema = success(operation)
    if schema is None:
        return None
    collection = resources.collection(head, place.names)
    found = list_envelope(resources.shape, schema, collection.noun)
    return collection if found is not None and resources.alike(found.view, collection) else None


def _other(resources: Resources, operation: Operation, place: Place) -> Meaning:
    siblings = resources.operations_at(place.template)
    head, _, last = place.template.rpartition("/")
    if "GET" in siblings:
        collection = resources.collection(place.template, place.names)
        act = _ON_SINGLETON.get(operation.method, "write")
        return meaning_of(resources, operation, act, collection, place)
    if head.endswith("/{}") and operation.method in ("POST", "PUT", "PATCH", "DELETE"):
        home = Place(head[: -len("/{}")], place.names[:-1])
        collection = resources.collection(home.template, home.names)
        act = "toggle" if "DELETE" in siblings else "action"
        item = place.names[-1] if place.names else None
        return meaning_of(resources, operation, act, collection, home, item=item, verb=last)
    if operation.method == "POST" and _creates(resources, operation):
        collection = resources.collection(place.template, place.names)
        return meaning_of(resources, operation, "create", collection, place)
    return meaning_of(resources, operation, "compute", None, place)


def _creates(resources: Resources, operation: Operation) -> bool:
    """Whether a lone POST makes something: it takes a body and answers 201 with an object."""
    status, _, schema = success(operation)
    if schema is None or operation.body is None or status != 201:
        return False
    return resources.shape(schema).type == "object"


def meaning_of(
    resources: Resources,
    operation: Operation,
    act: str,
    collection: Collection | None,
    place: Place,
    *,
    item: str | None = None,
    verb: str = "",
) -> Meaning:
    """The meaning, with all that follows from its act and collection."""
    status, media_type, schema = success(operation)
    reply = _reply(resources, act, collection, schema)
    wanted = collection.shape if collection is not None else None
    noun = collection.noun if collection is not None else ""
    body = entity_envelope(resources.shape, body_schema(operation), noun, wanted)
    return Meaning(
        operation=operation,
        act=act,
        collection=collection,
        place=place,
        item=item,
        parents=_parents(resources, place),
        status=status,
        media_type=media_type,
        schema=schema,
        keys=reply.keys,
        view=reply.view,
        many=reply.many,
        body_key=body.keys[0] if body.keys else None,
        body_many=body.many,
        verb=verb,
    )


def _reply(resources: Resources, act: str, collection: Collection | None, schema: Any) -> Envelope:
    if schema is None or collection is None:
        return Envelope((), schema)
    if act == "list":
        return list_envelope(resources.shape, schema, collection.noun) or Envelope((), schema)
    if collection.singleton and resources.shape(schema).type == "array":
        return Envelope((), schema)
    return entity_envelope(resources.shape, schema, collection.noun, collection.shape)


def _parents(resources: Resources, place: Place) -> tuple[tuple[Place, str], ...]:
    found = []
    segments = place.template.strip("/").split("/")
    used = 0
    for index, segment in enumerate(segments):
        if segment == "{}":
            home = "/" + "/".join(segments[:index])
            # `/rates/{base}/{quote}` without `/rates/{base}`: one key in two parts.
            split = segments[index + 1 : index + 2] in ([], ["{}"])
            below = home + "/{}"
            part = split and (not resources.operations_at(below) or keyed(resources, below))
            if home in resources.item_templates and used < len(place.names) and not part:
                found.append((Place(home, place.names[:used]), place.names[used]))
        used += segment.count("{}")
    return tuple(found)
