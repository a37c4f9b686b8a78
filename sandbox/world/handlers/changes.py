"""PUT, PATCH and POST on what is there, or may come to be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.representations import in_media_type
from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entities_given, entity_given, id_given
from sandbox.world.handlers.bulk_replies import Outcome, bulk_reply
from sandbox.world.handlers.contents import with_file_facts
from sandbox.world.handlers.entity_replies import entities_reply, entity_reply
from sandbox.world.handlers.parents import is_moved, with_parents
from sandbox.world.handlers.patches import apply_patch, patches
from sandbox.world.handlers.preconditions import stale
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import compose
from sandbox.world.state.population import SINGLE
from sandbox.world.state.state import Entity
from sandbox.world.state.timestamps import stamp


def change(turn: Turn) -> Response:
    """PUT, PATCH and POST on one entity."""
    path, id, before = turn.target()
    if before is None and (not _creates(turn) or turn.state.exists(path, id)):
        return turn.missing(path, id)
    response = _write_entity(turn, path, id, before, entity_given(turn), "change")
    if isinstance(response, Response):
        return response
    turn.meaning = _outcome(turn, created=before is None)
    return entity_reply(turn, path, id, response)


def write(turn: Turn) -> Response:
    """PUT or PATCH on a collection (the body names the entities) or on a singleton."""
    collection = turn.meaning.collection
    assert collection is not None
    path, entities = turn.path(), entities_given(turn)
    found: list[tuple[str, Entity | None, Mapping[str, Any]]] = []
    for given in entities if turn.meaning.many else entities[:1]:
        single = collection.singleton
        id = SINGLE if single else id_given(turn, collection, given, exists=True)
        if id is None:
            return turn.world.renderer.fresh(turn.meaning, turn.draw("bulk"))
        before = turn.find(path, id, collection)
        if before is None and not collection.singleton and turn.meaning.operation.method != "PUT":
            return turn.missing(path, id)
        found.append((id, before, given))
    written = []
    for id, before, given in found:
        entity = _write_entity(turn, path, id, before, given, "write")
        if isinstance(entity, Response):
            return entity
        written.append((id, entity))
    if turn.meaning.bulk:
        made = zip(found, written, strict=True)
        return bulk_reply(turn, path, [Outcome(given, *done) for (_, _, given), done in made])
    return entities_reply(turn, path, written)


def _write_entity(
    turn: Turn, path: str, id: str, before: Entity | None, given: Mapping[str, Any], draw: str
) -> Entity | Response:
    """The entity as written, or the refusal to write it."""
    meaning, collection = turn.meaning, turn.meaning.collection
    assert collection is not None
    single = meaning.act == "write"
    sent = given
    replacing = meaning.operation.method == "PUT" if single else meaning.act == "replace"
    refusal = (
        stale(turn, path, "" if id == SINGLE else id, before) if before or not single else None
    )
    if refusal is not None:
        return refusal
    entity: Entity
    if before is not None and patches(turn):
        changed = apply_patch(turn, before)
        if isinstance(changed, Response):
            return changed
        entity = given = changed
    else:
        entity = compose(
            turn.world, collection, path, id, given, turn.draw(draw), turn.population,
            before=before, replacing=replacing,
        )  # fmt: skip
    if not single:
        given = {name: value for name, value in given.items() if (before or {}).get(name) != value}
        new = before is None
        about = turn.world.conventions.about(collection)
        entity = stamp(turn.world, about, entity, turn.now, created=new, given=given)
    entity = with_file_facts(turn, collection, entity, sent)
    if is_moved(turn, sent):
        path = turn.state.home(path)
    elif meaning.act == "replace":
        entity = dict(with_parents(turn, path, entity))
    turn.write("update" if before is not None else "create", path, id, before, entity)
    return entity


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
    return in_media_type(turn.world.resources, meaning, wanted)
