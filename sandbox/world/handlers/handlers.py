"""Behaviour: what each kind of operation does to the state and says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import id_text
from sandbox.conventions.representations import represented
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Response
from sandbox.world.handlers.actions import act_on, done_already
from sandbox.world.handlers.idempotency import earlier, key_of
from sandbox.world.handlers.jobs import (
    advance_all,
    begun,
    lifecycle,
    look,
    not_ready,
    start,
    stopping,
    told_when,
)
from sandbox.world.handlers.lists import answer_list
from sandbox.world.handlers.parents import contradiction, with_parents
from sandbox.world.handlers.patches import patched, patches
from sandbox.world.handlers.preconditions import stale, unchanged
from sandbox.world.handlers.removal import marked, stays
from sandbox.world.handlers.uniqueness import taken
from sandbox.world.ledger import canonical_key
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import compose, stamp
from sandbox.world.state.ids import typed_id
from sandbox.world.state.population import SINGLE
from sandbox.world.state.state import Entity

_ID_TRIES: Final = 512
_ID_CROWDED: Final = 16
"""Ids drawn until a free one is found: few are ever needed, except where few ids exist."""


def answer(turn: Turn) -> Response:
    """Carry the call out: parents first, then the operation's own act."""
    meaning = turn.meaning
    if meaning.operation.defect is not None:
        return turn.refuse(501, f"This operation cannot be mocked: {meaning.operation.defect}")
    try:
        if turn.state.overlay.jobs:
            advance_all(turn)
        for place, name in meaning.parents:
            missing = turn.enter(place, name)
            if missing is not None:
                return missing
        refusal = not_ready(turn) if meaning.parents else None
        if refusal is None and meaning.place.names:
            refusal = contradiction(turn, _entities_given(turn))
        if refusal is not None:
            return refusal
        key = key_of(turn)
        if key is None:
            response = ACTS[meaning.act](turn)
            asked = turn.arguments.header and meaning.operation.method == "GET"
            if asked and response.status == 200:
                return unchanged(turn, response) or response
            return response
        known = earlier(turn, key)
        if known is not None:
            return known
        response = ACTS[meaning.act](turn)
        if response.status < 300:
            turn.state.remember(key, turn.key, response)
        return response
    except (NoInstance, DocumentError) as error:
        # Found only now: the reply's schema has no instance, or refers to what is not there.
        return turn.refuse(501, f"This operation cannot be mocked: {error}")


def _read(turn: Turn) -> Response:
    path, id, entity = _target(turn)
    if entity is None:
        return turn.missing(path, id)
    if turn.state.overlay.jobs:
        look(turn, path, id)
        entity = turn.state.get(path, id) or entity
    response = turn.world.views.entity(turn.meaning, path, id, turn.seed, entity)
    if turn.state.overlay.jobs:
        response = told_when(turn, response)
    return (unchanged(turn, response, entity) if turn.arguments.header else None) or response


def _target(turn: Turn) -> tuple[str, str, Entity | None]:
    meaning = turn.meaning
    path = turn.path()
    id = turn.item()
    assert meaning.collection is not None
    return path, *turn.locate(path, id, meaning.collection)


def _create(turn: Turn) -> Response:
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    life = lifecycle(turn, collection)
    made: list[tuple[str, Entity]] = []
    for index, given in enumerate(_all_given(turn)):
        draw = turn.draw("create").child(index)
        id = _given_id(turn, collection, given)
        if id is not None and turn.state.get(path, id) is not None:
            return turn.refuse(409, f"{collection.noun} {id!r} exists already.")
        name = taken(turn, collection, path, given)
        if name is not None:
            return turn.refuse(409, f"Another of the {collection.noun} has this {name}.")
        id = id if id is not None else _free_id(turn, path, collection, draw)
        if id is None:
            return turn.refuse(409, f"There is no room for another of the {collection.noun}.")
        entity = compose(turn.world, collection, path, id, given, draw, turn.population)
        entity = stamp(turn.world, collection, entity, turn.now, created=True, given=given)
        if life is not None:
            entity = begun(turn, collection, entity)
        turn.write("create", path, id, None, with_parents(turn, path, entity))
        if life is not None:
            start(turn, path, id, entity)
        made.append((id, turn.state.get(path, id) or entity))
    if len(made) == 1 or not turn.meaning.many:
        return told_when(turn, _shown(turn, path, *made[0]))
    draw = turn.draw("reply")
    shown = [
        turn.world.views.project(collection, turn.meaning.view, entity, draw.child(id))
        for id, entity in made
    ]
    return turn.world.views.reply(turn.meaning, shown, draw)


def _free_id(turn: Turn, path: str, collection: Collection, draw: Draw) -> str | None:
    """An id that nothing here bears; None when none is left."""
    for attempt in range(_ID_TRIES):
        id = turn.population.new_id(collection, draw.child("id", attempt))
        if id is None or attempt == _ID_CROWDED:
            id = _longer_id(turn, collection, draw) or id
        if id is None or turn.state.get(path, id) is None:
            return id
    return None


def _longer_id(turn: Turn, collection: Collection, draw: Draw) -> str | None:
    """An id out of a space that never fills up, where the document allows such ids."""
    schemas = turn.world.document.schemas
    wanted = [it for it in (collection.own_id_schema, collection.id_schema) if it is not None]
    for text in (draw.hex(12, "id"), str(draw.integer(10**5, 2**31 - 1, "id"))):
        if all(typed_id(schemas, schema, text) is not None for schema in wanted):
            return text
    return None


def _all_given(turn: Turn) -> list[Mapping[str, Any]]:
    """The entities' fields as the caller gave them, out of the body's envelope."""
    body = turn.arguments.body
    key = turn.meaning.body_key
    if key is not None and isinstance(body, Mapping):
        body = body.get(key, body)
    if isinstance(body, list):
        return [item for item in body if isinstance(item, Mapping)] or [{}]
    return [body if isinstance(body, Mapping) else {}]


def _entities_given(turn: Turn) -> Iterator[tuple[str, Any]]:
    """The JSON pointer and fields of each entity in the body."""
    body, key = turn.arguments.body, turn.meaning.body_key
    where = f"/{key}" if key is not None and isinstance(body, Mapping) and key in body else ""
    if isinstance(body, list) or (where and isinstance(body[key], list)):
        for index, item in enumerate(_all_given(turn)):
            yield f"{where}/{index}", item
    else:
        yield where, _given(turn)


def _given(turn: Turn) -> Mapping[str, Any]:
    """The fields of the one entity that the call is about."""
    return _all_given(turn)[0]


def _given_id(turn: Turn, collection: Collection, given: Mapping[str, Any]) -> str | None:
    """An id that the caller chose, where the document lets him."""
    value: Any = given
    for key in collection.id_path:
        value = value.get(key) if isinstance(value, Mapping) else None
    usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    if not usable or not collection.id_path:
        return None
    resolved = turn.world.document.schemas.resolve(collection.own_id_schema)
    if isinstance(resolved, dict) and resolved.get("readOnly"):
        return None
    return id_text(value)


def _change(turn: Turn) -> Response:
    """PUT, PATCH and POST on one entity."""
    path, id, before = _target(turn)
    collection = turn.meaning.collection
    assert collection is not None
    if before is None and not _creates(turn):
        return turn.missing(path, id)
    refusal = stale(turn, path, id, before)
    if refusal is not None:
        return refusal
    draw = turn.draw("change")
    given = _given(turn)
    if before is not None and patches(turn):
        changed = patched(turn, before)
        if isinstance(changed, Response):
            return changed
        entity, given = changed, changed
    else:
        entity = compose(
            turn.world,
            collection,
            path,
            id,
            given,
            draw,
            turn.population,
            before=before,
            replacing=turn.meaning.act == "replace",
        )
    given = {name: value for name, value in given.items() if (before or {}).get(name) != value}
    entity = stamp(turn.world, collection, entity, turn.now, created=before is None, given=given)
    if turn.meaning.act == "replace":
        entity = dict(with_parents(turn, path, entity))
    turn.write("update" if before is not None else "create", path, id, before, entity)
    turn.meaning = _outcome(turn, created=before is None)
    return _shown(turn, path, id, entity)


def _creates(turn: Turn) -> bool:
    """Whether PUT makes an entity that is not there: where 201 is declared, or no POST does it."""
    if turn.meaning.act != "replace":
        return False
    template = turn.meaning.place.template
    posts = "POST" in turn.world.resources.operations_at(template)
    return not posts or "201" in turn.meaning.operation.replies


def _outcome(turn: Turn, *, created: bool) -> Meaning:
    """The meaning with the declared reply that says whether something was created."""
    meaning, declared = turn.meaning, turn.meaning.operation.replies
    if meaning.act != "replace" or "201" not in declared:
        return meaning
    others = sorted(int(code) for code in declared if code[0] == "2" and code.isdecimal())
    wanted = 201 if created else next((code for code in others if code != 201), 201)
    if wanted == meaning.status:
        return meaning
    return represented(turn.world.resources, meaning, wanted)


def _delete(turn: Turn) -> Response:
    path, id, before = _target(turn)
    if before is None:
        return turn.missing(path, id)
    refusal = stale(turn, path, id, before)
    if refusal is not None:
        return refusal
    after = marked(turn, before)
    if after is not None and stays(turn):
        turn.write("update", path, id, before, after)
    else:
        turn.write("delete", path, id, before, None)
    return _shown(turn, path, id, before if after is None else after)


def _clear(turn: Turn) -> Response:
    path = turn.path()
    for id in turn.state.ids(path):
        turn.write("delete", path, id, turn.state.get(path, id), None)
    return turn.world.views.fresh(turn.meaning, turn.draw("clear"))


def _write(turn: Turn) -> Response:
    """PUT or PATCH on a collection (the body names the entity) or on a singleton."""
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    given = _given(turn)
    id = SINGLE if collection.singleton else _given_id(turn, collection, given)
    if id is None:
        return turn.world.views.fresh(turn.meaning, turn.draw("bulk"))
    before = turn.find(path, id, collection)
    if before is None and not collection.singleton and turn.meaning.operation.method == "PATCH":
        return turn.missing(path, id)
    draw = turn.draw("write")
    refusal = stale(turn, path, "" if id == SINGLE else id, before) if before else None
    if refusal is not None:
        return refusal
    if before is not None and patches(turn):
        changed = patched(turn, before)
        if isinstance(changed, Response):
            return changed
        turn.write("update", path, id, before, changed)
        return _shown(turn, path, id, changed)
    entity = compose(
        turn.world,
        collection,
        path,
        id,
        given,
        draw,
        turn.population,
        before=before,
        replacing=turn.meaning.operation.method == "PUT",
    )
    turn.write("update" if before is not None else "create", path, id, before, entity)
    return _shown(turn, path, id, entity)


def _act(turn: Turn) -> Response:
    """`POST /tickets/{id}/close` and its like."""
    path, id, before = _target(turn)
    collection = turn.meaning.collection
    assert collection is not None
    if before is None:
        return turn.missing(path, id)
    refusal = stopping(turn, collection, before)
    if refusal is not None:
        return refusal
    undone = turn.meaning.operation.method == "DELETE"
    verb = turn.meaning.verb
    declared = "409" in turn.meaning.operation.replies
    if declared and done_already(turn.world, collection, before, verb, _given(turn), undone=undone):
        return turn.refuse(409, f"{collection.noun} {id!r} is in that state already.")
    entity = act_on(turn.world, collection, before, verb, _given(turn), undone=undone)
    if entity != before:
        entity = stamp(turn.world, collection, dict(entity), turn.now, created=False)
        turn.write("update", path, id, before, entity)
        start(turn, path, id, entity)
    return told_when(turn, _shown(turn, path, id, entity))


def _shown(turn: Turn, path: str, id: str, entity: Entity) -> Response:
    """The entity in the reply when the reply shows entities of this kind; else a fresh reply."""
    meaning = turn.meaning
    assert meaning.collection is not None
    shows: bool | None = meaning.memo.get("shows")
    if shows is None:
        shows = meaning.schema is None or turn.world.resources.alike(
            meaning.view, meaning.collection
        )
        meaning.memo["shows"] = shows
    creating = meaning.act == "create"
    where = turn.location(path, id) if creating else ""
    if shows and not (creating and meaning.schema is None):
        return turn.world.views.entity(meaning, path, id, turn.seed, entity, where)
    # A reply that does not show the entity says at least where it is.
    told = _ids_of(meaning.collection, id, entity) if creating else {}
    like = {**told, **entity}
    return turn.world.views.fresh(meaning, turn.draw("reply"), location=where, like=like)


def _ids_of(collection: Collection, id: str, entity: Entity) -> dict[str, Any]:
    """The id of an entity under the names by which a reply may tell it."""
    value: Any = entity
    for name in collection.id_path:
        value = value.get(name) if isinstance(value, Mapping) else None
    names = filter(None, ("id", collection.item_parameter))
    return dict.fromkeys(names, value if collection.id_path and value is not None else id)


def _singleton(turn: Turn) -> Response:
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    if turn.world.views.illustrated(turn.meaning):
        return _compute(turn)
    entity = turn.find(path, SINGLE, collection)
    if entity is None:
        if (path, SINGLE) in turn.state.overlay.items:
            return turn.missing(path, "")
        return turn.world.views.fresh(turn.meaning, Draw(turn.seed, "single", path))
    return turn.world.views.entity(turn.meaning, path, SINGLE, turn.seed, entity)


def _compute(turn: Turn) -> Response:
    """An operation without state: a valid reply, the same for the same call and state."""
    # Reads are not keyed beforehand: most never need it.
    key = turn.key or canonical_key(turn.meaning.operation.id, turn.arguments)
    draw = Draw(turn.seed, "compute", turn.meaning.operation.id, key)
    return turn.world.views.fresh(turn.meaning, draw, arguments=turn.arguments)


ACTS: Mapping[str, Callable[[Turn], Response]] = {
    "read": _read,
    "list": answer_list,
    "create": _create,
    "replace": _change,
    "merge": _change,
    "delete": _delete,
    "clear": _clear,
    "write": _write,
    "action": _act,
    "toggle": _act,
    "singleton": _singleton,
    "compute": _compute,
}
