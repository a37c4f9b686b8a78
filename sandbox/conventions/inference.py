"""Inference: from an operation's method, path and schemas to what it means for the state."""

from __future__ import annotations

from typing import Any

from sandbox.conventions.bulk import bulk_act
from sandbox.conventions.collection_table import CollectionTable
from sandbox.conventions.envelopes import (
    Envelope,
    body_schema,
    entity_envelope,
    list_envelope,
    success,
)
from sandbox.conventions.memberships import body_reference
from sandbox.conventions.operation_model import Collection, Meaning, Reference
from sandbox.conventions.overrides import ON_ITEM, WITHOUT_STATE, Override
from sandbox.conventions.paths import Place, noun_of
from sandbox.conventions.schema_surface import reference
from sandbox.conventions.vocabulary import begins_with_deed, names
from sandbox.conventions.words import singular, words
from sandbox.document import Operation
from sandbox.errors import PlanError, UnknownName

_ON_ITEM = {
    "GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "merge", "DELETE": "delete",
    "POST": "merge",
}  # fmt: skip
_ON_COLLECTION = {
    "GET": "list", "HEAD": "list", "POST": "create", "PUT": "write", "PATCH": "write",
    "DELETE": "clear",
}  # fmt: skip
_BY_REFERENCE = {"replace": "add", "delete": "remove"}
_DOING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ON_SINGLETON = {"GET": "singleton", "HEAD": "singleton", "DELETE": "delete"}


def infer(resources: CollectionTable, operation: Operation) -> Meaning:
    """What an operation means."""
    place = resources.place(operation)
    template = place.template
    several = bulk_act(resources, operation, place)
    if several is not None:
        act, collection, sent = several
        home = Place(collection.template, place.names)
        return meaning_of(resources, operation, act, collection, home, sent=sent)
    base = _made_below(resources, operation, place)
    if base is not None:
        return meaning_of(resources, operation, "create", base, Place(base.template, place.names))
    if (
        template.endswith("/{}")
        and template != "/{}"
        and not resources.is_keyed_collection(template)
    ):
        home = Place(template[: -len("/{}")], place.names[:-1])
        collection = resources.collection(home.template)
        act = _ON_ITEM.get(resources.form(operation).method, "compute")
        act = _BY_REFERENCE.get(act, act) if _refers(resources, home) else act
        return meaning_of(resources, operation, act, collection, home, item=place.names[-1])
    if template not in resources.item_templates:
        base = searched_collection(resources, operation)
        if base is not None:
            return meaning_of(resources, operation, "list", base, Place(base.template, place.names))
        base = _made_collection(resources, operation, place)
        if base is not None:
            return meaning_of(
                resources, operation, "create", base, Place(base.template, place.names)
            )
    collected = template in resources.item_templates or resources.lists(template)
    shown = resources.view(template) or next(resources.views_of(template), None)
    # `GET /users/{id}/profile` beside `/profiles/{id}` shows the one of the user.
    one = shown is not None and resources.operations_at(template).keys() <= {"GET", "HEAD"}
    if collected or (shown is not None and not one):
        collection = resources.collection(template)
        act = _ON_COLLECTION.get(resources.form(operation).method, "compute")
        if act in ("create", "write") and _refers(resources, place):
            act = "add" if body_reference(resources, operation, collection) is not None else act
        if act == "list" and _shows_rows(resources, operation, collection):
            return meaning_of(resources, operation, "compute", None, place)
        return meaning_of(resources, operation, act, collection, place)
    return _other(resources, operation, place)


def _refers(resources: CollectionTable, place: Place) -> bool:
    view = resources.view(place.template)
    return view is not None and view.refers


def _shows_rows(resources: CollectionTable, operation: Operation, collection: Collection) -> bool:
    """Whether a reply holds a list of lists, such as a board's rows, and no entities."""
    _, _, schema = success(operation)
    listed = None if schema is None else list_envelope(resources.shape, schema, collection.noun)
    return listed is not None and resources.shape(listed.view).type == "array"


def searched_collection(resources: CollectionTable, operation: Operation) -> Collection | None:
    """The collection that a search or filtered view such as `/pets/findByStatus` shows."""
    place = resources.place(operation)
    head, _, last = place.template.rpartition("/")
    listed = head in resources.item_templates or (bool(head) and resources.lists(head))
    if not listed or "{}" in last:
        return None
    looking = not names("searches").isdisjoint(words(last))
    if operation.method != "GET" and not (operation.method == "POST" and looking):
        return None
    _, _, schema = success(operation)
    if schema is None:
        return None
    collection = resources.collection(head)
    found = list_envelope(resources.shape, schema, collection.noun)
    return collection if found is not None and resources.alike(found.view, collection) else None


def _made_collection(
    resources: CollectionTable, operation: Operation, place: Place
) -> Collection | None:
    """The collection in which `POST /files/upload` makes an entity, where nothing else does."""
    home, _, last = place.template.rpartition("/")
    status, _, schema = success(operation)
    if operation.method != "POST" or status != 201 or schema is None or "{}" in last:
        return None
    if home not in resources.item_templates or "POST" in resources.operations_at(home):
        return None
    base = resources.collection(home)
    shown = entity_envelope(resources.shape, schema, base.noun, base.shape)
    listed = list_envelope(resources.shape, schema, base.noun)
    views = [each.view for each in (shown, listed) if each is not None]
    return base if any(resources.alike(view, base) for view in views) else None


def _made_below(
    resources: CollectionTable, operation: Operation, place: Place
) -> Collection | None:
    """The collection below an entity in which POST on the entity makes one: `POST /hooks/{id}`
    answers with what `GET /hooks/{id}/messages/{message}` reads and nothing else makes."""
    if operation.method != "POST" or not place.template.endswith("/{}"):
        return None
    _, _, schema = success(operation)
    shown = reference(entity_envelope(resources.shape, schema, "").view) if schema else ""
    for template in sorted(resources.item_templates) if shown else ():
        if template.rpartition("/")[0] != place.template:
            continue
        own, items = resources.operations_at(template), resources.operations_at(template + "/{}")
        if "GET" in items and "POST" not in own and not resources.lists(template):
            base = resources.collection(template)
            if reference(base.schema) == shown:
                return base
    return None


def _other(resources: CollectionTable, operation: Operation, place: Place) -> Meaning:
    siblings = resources.operations_at(place.template)
    head, _, last = place.template.rpartition("/")
    if "GET" in siblings:
        collection = resources.collection(place.template)
        act = _ON_SINGLETON.get(resources.form(operation).method, "write")
        return meaning_of(resources, operation, act, collection, place)
    if head.endswith("/{}") and operation.method in ("POST", "PUT", "PATCH", "DELETE"):
        home = Place(head[: -len("/{}")], place.names[:-1])
        collection = resources.collection(home.template)
        act = "toggle" if "DELETE" in siblings else "action"
        item = place.names[-1] if place.names else None
        return meaning_of(resources, operation, act, collection, home, item=item, verb=last)
    if operation.method == "POST" and _creates(resources, operation):
        collection = resources.collection(place.template)
        return meaning_of(resources, operation, "create", collection, place)
    return meaning_of(resources, operation, "call" if _acts(operation) else "compute", None, place)


def _acts(operation: Operation) -> bool:
    """Whether a write without state does something all the same: its name is neither that of a
    search or a look (`/getReasons`) nor that of something worked out (`/estimate`)."""
    path = [part for part in operation.path.split("/") if part and "{" not in part]
    named = (*path[-1:], operation.id, operation.summary)
    leading = [word for name in named for word in words(name)[:1]]
    known = (*leading, *(words(path[-1])[-1:] if path else ()))
    idle = names("searches") | names("acts", "read") | names("acts", "list") | names("worked_out")
    return operation.method in _DOING and not any({w, singular(w)} & idle for w in known)


def _creates(resources: CollectionTable, operation: Operation) -> bool:
    """Whether a lone POST makes something: it takes a body and answers 201 with an object.

    `/settleClaimDetails` settles, whatever it answers.
    """
    status, _, schema = success(operation)
    if schema is None or operation.body is None or status != 201:
        return False
    if begins_with_deed(noun_of(resources.place(operation).template)):
        return False
    return resources.shape(schema).type == "object"


def meaning_of(
    resources: CollectionTable,
    operation: Operation,
    act: str,
    collection: Collection | None,
    place: Place,
    *,
    item: str | None = None,
    verb: str = "",
    sent: Envelope | None = None,
) -> Meaning:
    """The meaning, with all that follows from its act and collection.

    `sent` is where the entities lie in the body of a bulk operation.
    """
    status, media_type, schema = success(operation)
    reply = _reply(resources, act, collection, schema)
    body = sent or _entity(resources, collection, body_schema(operation))
    writing = act in ("create", "write") and body.many
    if schema is not None and collection is not None:
        writing = writing or (act == "create" and not resources.alike(reply.view, collection))
    if schema is not None and collection is not None and writing:
        # Several are made or changed at once and shown as a list, under whatever name; or one is.
        listed = list_envelope(resources.shape, schema, collection.noun)
        if listed is not None and resources.alike(listed.view, collection):
            reply = Envelope(listed.keys, listed.view, many=True)
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
        verb=verb,
        reference=_reference(resources, operation, act, collection, item),
        part=resources.form(operation).part,
        bulk=sent is not None,
    )


def _reference(
    resources: CollectionTable,
    operation: Operation,
    act: str,
    collection: Collection | None,
    item: str | None,
) -> Reference | None:
    if act != "add" or collection is None or item is not None:
        return None
    return body_reference(resources, operation, collection)


def _reply(
    resources: CollectionTable, act: str, collection: Collection | None, schema: Any
) -> Envelope:
    if schema is None or collection is None:
        return Envelope((), schema)
    if act == "list":
        return list_envelope(resources.shape, schema, collection.noun) or Envelope((), schema)
    if collection.singleton and resources.shape(schema).type == "array":
        return Envelope((), schema)
    return _entity(resources, collection, schema)


def _entity(resources: CollectionTable, collection: Collection | None, schema: Any) -> Envelope:
    if collection is None:
        return entity_envelope(resources.shape, schema, "")
    component = reference(collection.schema)
    return entity_envelope(resources.shape, schema, collection.noun, collection.shape, component)


def _parents(resources: CollectionTable, place: Place) -> tuple[tuple[Place, str], ...]:
    found = []
    segments = place.template.strip("/").split("/")
    used = 0
    for index, segment in enumerate(segments):
        if segment == "{}":
            home = "/" + "/".join(segments[:index])
            # `/rates/{base}/{quote}` without `/rates/{base}`: one key in two parts.
            split = segments[index + 1 : index + 2] in ([], ["{}"])
            below = home + "/{}"
            part = split and (
                not resources.operations_at(below) or resources.is_keyed_collection(below)
            )
            if home in resources.item_templates and used < len(place.names) and not part:
                found.append((Place(home, place.names[:used]), place.names[used]))
        used += segment.count("{}")
    return tuple(found)


def apply_override(resources: CollectionTable, operation: Operation, said: Override) -> Meaning:
    """The meaning of an operation with what was said about it.

    Raises PlanError where the words do not go together, UnknownName for an unknown `item`.
    """
    guessed = infer(resources, operation)
    act = said.act or guessed.act
    place = guessed.place
    if said.template is not None:
        names = resources.place(operation).names[: said.template.count("{}")]
        place = Place(said.template, names)
    if len(place.names) < place.template.count("{}"):
        raise PlanError(
            f"operation {operation.id}",
            f"its path has too few parameters for the collection {place.template}",
        )
    if said.template is None and guessed.collection is None and act not in WITHOUT_STATE:
        raise PlanError(f"operation {operation.id}", f"the act {act!r} needs a collection")
    item = said.item or (guessed.item if said.template is None else _spare(resources, operation))
    if act in ON_ITEM:
        item = _require_known(operation, item or _spare(resources, operation), act)
    collection = None
    if act not in WITHOUT_STATE:
        collection = resources.collection(place.template)
    verb = operation.path.rpartition("/")[2] if act in ("action", "toggle") else ""
    return meaning_of(
        resources, operation, act, collection, place, item=item, verb=guessed.verb or verb
    )


def _spare(resources: CollectionTable, operation: Operation) -> str | None:
    """The last parameter of the path, which mostly picks the entity."""
    names = resources.place(operation).names
    return names[-1] if names else None


def _require_known(operation: Operation, item: str | None, act: str) -> str:
    valid = {p.name for p in operation.parameters if p.location in ("path", "query")}
    for media in operation.body.media.values() if operation.body is not None else ():
        schema = operation.schemas.resolve(media.schema if media.schema is not None else True)
        valid |= set(schema.get("properties", ())) if isinstance(schema, dict) else set()
    if item is None:
        listed = ", ".join(sorted(valid)) or "none"
        raise PlanError(
            f"operation {operation.id}", f"the act {act!r} needs an item; there are {listed}"
        )
    if item not in valid:
        raise UnknownName(f"item for {operation.id}", item, valid)
    return item
