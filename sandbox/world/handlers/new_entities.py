"""One new entity of a collection, with an id that is free; or why there can be none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.words import entity_noun
from sandbox.draws import Draw
from sandbox.world.handlers.bulk_replies import Outcome
from sandbox.world.handlers.contents import with_file_facts
from sandbox.world.handlers.creation_checks import free_id, taken_field, unknown_reference
from sandbox.world.handlers.jobs import first_stage, start
from sandbox.world.handlers.parents import with_parents
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import compose
from sandbox.world.state.timestamps import stamp

_CONFLICTS: Final = (409, 422)
"""What says that there is such an entity already, most telling first."""


def make_entity(
    turn: Turn, path: str, given: Mapping[str, Any], id: str | None, draw: Draw
) -> Outcome:
    """Make an entity of the collection at `path`; what became of it. `id` None: one is drawn."""
    collection = turn.meaning.collection
    assert collection is not None
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
    id = id if id is not None else free_id(turn, path, collection, draw)
    if id is None:
        text = f"There is no room for another of the {collection.noun}."
        return Outcome(given, status=turn.declared_status(_CONFLICTS), text=text)
    entity = compose(turn.world, collection, path, id, given, draw, turn.population)
    about = turn.world.conventions.about(collection)
    entity = stamp(turn.world, about, entity, turn.now, created=True, given=given)
    if about.lifecycle is not None:
        entity = first_stage(turn, collection, entity)
    filed = with_file_facts(turn, collection, entity, given)
    shown = turn.write("create", path, id, None, with_parents(turn, path, filed))
    if about.lifecycle is not None:
        start(turn, path, id, entity)
    return Outcome(given, id, shown or filed)
