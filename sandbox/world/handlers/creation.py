"""POST on a collection: new entities, with an id that is free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.operation_model import Collection
from sandbox.conventions.words import entity_noun
from sandbox.draws import Draw
from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entities_given, id_given
from sandbox.world.handlers.bulk_replies import Outcome, bulk_reply, tells_failures
from sandbox.world.handlers.contents import with_file_facts
from sandbox.world.handlers.entity_replies import entities_reply, entity_reply
from sandbox.world.handlers.jobs import first_stage, lifecycle, start, with_retry_after
from sandbox.world.handlers.parents import unknown_reference, with_parents
from sandbox.world.handlers.uniqueness import taken_field
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import compose, stamp
from sandbox.world.state.ids import typed_id

_ID_TRIES: Final = 512
_ID_CROWDED: Final = 16
"""Ids drawn until a free one is found: few are ever needed, except where few ids exist."""


_CONFLICTS: Final = (409, 422)
"""What says that there is such an entity already, most telling first."""


def create(turn: Turn) -> Response:
    """POST on a collection: all that the body gives is made, or nothing.

    Where the reply of a bulk create tells what failed, the others are made all the same.
    """
    path, sent = turn.path(), entities_given(turn)
    if len(sent) == 1 and not turn.meaning.bulk:
        one = _create_one(turn, path, 0, sent[0])
        if one.status:
            return turn.refuse(one.status, one.text)
        return with_retry_after(turn, entity_reply(turn, path, one.id, one.entity))
    before, committed, made = turn.state.overlay, len(turn.effects), list[Outcome]()
    for index, given in enumerate(sent):
        faults = turn.faulty.get(index) if turn.faulty else None
        outcome = (
            Outcome(given, status=422, problems=faults)
            if faults
            else _create_one(turn, path, index, given)
        )
        if outcome.status and not tells_failures(turn):
            turn.state.overlay = before
            del turn.effects[committed:]
            return turn.refuse(outcome.status, outcome.text)
        made.append(outcome)
    if turn.meaning.bulk:
        return with_retry_after(turn, bulk_reply(turn, path, made))
    return with_retry_after(turn, entities_reply(turn, path, [(o.id, o.entity) for o in made]))


def _create_one(turn: Turn, path: str, index: int, given: Mapping[str, Any]) -> Outcome:
    """Make one entity; what became of it."""
    collection = turn.meaning.collection
    assert collection is not None
    life, draw = lifecycle(turn, collection), turn.draw("create").child(index)
    id = id_given(turn, collection, given)
    if id is not None and turn.state.exists(path, id):
        text = f"{entity_noun(collection.noun)} {id!r} exists already."
        return Outcome(given, status=turn.declared_status(_CONFLICTS), text=text)
    unknown = unknown_reference(turn, given)
    if unknown:
        return Outcome(given, status=404, text=unknown)
    name = taken_field(turn, collection, path, given)
    if name is not None:
        text = f"Another of the {collection.noun} has this {name}."
        return Outcome(given, status=turn.declared_status(_CONFLICTS), text=text)
    id = id if id is not None else _free_id(turn, path, collection, draw)
    if id is None:
        text = f"There is no room for another of the {collection.noun}."
        return Outcome(given, status=turn.declared_status(_CONFLICTS), text=text)
    entity = compose(turn.world, collection, path, id, given, draw, turn.population)
    entity = stamp(turn.world, collection, entity, turn.now, created=True, given=given)
    if life is not None:
        entity = first_stage(turn, collection, entity)
    filed = with_file_facts(turn, collection, entity, given)
    shown = turn.write("create", path, id, None, with_parents(turn, path, filed))
    if life is not None:
        start(turn, path, id, entity)
    return Outcome(given, id, shown or filed)


def _free_id(turn: Turn, path: str, collection: Collection, draw: Draw) -> str | None:
    """An id that nothing here bears; None when none is left."""
    for attempt in range(_ID_TRIES):
        id = turn.population.new_id(collection, draw.child("id", attempt))
        if id is None or attempt == _ID_CROWDED:
            id = _longer_id(turn, collection, draw) or id
        if id is None or not turn.state.exists(path, id):
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
