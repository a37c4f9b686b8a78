"""POST on a collection: new entities, with an id that is free."""

from __future__ import annotations

from typing import Final

from sandbox.conventions.operation_model import Collection
from sandbox.draws import Draw
from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entities_given, id_given
from sandbox.world.handlers.contents import with_file_facts
from sandbox.world.handlers.entity_replies import entities_reply
from sandbox.world.handlers.jobs import first_stage, lifecycle, start, with_retry_after
from sandbox.world.handlers.parents import unknown_reference, with_parents
from sandbox.world.handlers.uniqueness import taken_field
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import compose, stamp
from sandbox.world.state.ids import typed_id
from sandbox.world.state.state import Entity

_ID_TRIES: Final = 512
_ID_CROWDED: Final = 16
"""Ids drawn until a free one is found: few are ever needed, except where few ids exist."""


def create(turn: Turn) -> Response:
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    life = lifecycle(turn, collection)
    made: list[tuple[str, Entity]] = []
    for index, given in enumerate(entities_given(turn)):
        draw = turn.draw("create").child(index)
        id = id_given(turn, collection, given)
        if id is not None and turn.state.get(path, id) is not None:
            return turn.refuse(409, f"{collection.noun} {id!r} exists already.")
        refused = unknown_reference(turn, given)
        if refused is not None:
            return refused
        name = taken_field(turn, collection, path, given)
        if name is not None:
            return turn.refuse(409, f"Another of the {collection.noun} has this {name}.")
        id = id if id is not None else _free_id(turn, path, collection, draw)
        if id is None:
            return turn.refuse(409, f"There is no room for another of the {collection.noun}.")
        entity = compose(turn.world, collection, path, id, given, draw, turn.population)
        entity = stamp(turn.world, collection, entity, turn.now, created=True, given=given)
        if life is not None:
            entity = first_stage(turn, collection, entity)
        filed = with_file_facts(turn, collection, entity, given)
        shown = turn.write("create", path, id, None, with_parents(turn, path, filed))
        if life is not None:
            start(turn, path, id, entity)
        made.append((id, shown or filed))
    return with_retry_after(turn, entities_reply(turn, path, made))


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
