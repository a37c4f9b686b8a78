"""The reply to a call that made, changed or removed an entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.conventions.operation_model import Collection
from sandbox.messages import Response
from sandbox.world.item_paths import location
from sandbox.world.operation_call import Turn
from sandbox.world.state.state import Entity


def entity_reply(turn: Turn, path: str, id: str, entity: Entity) -> Response:
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
    where = location(turn, path, id) if creating else ""
    if shows and not (creating and meaning.schema is None):
        return turn.world.renderer.entity(meaning, path, id, turn.seed, entity, where)
    # A reply that does not show the entity says at least where it is.
    ids = _ids_of(meaning.collection, id, entity) if creating else {}
    like = {**ids, **entity}
    return turn.world.renderer.fresh(meaning, turn.draw("reply"), location=where, like=like)


def entities_reply(turn: Turn, path: str, entities: Sequence[tuple[str, Entity]]) -> Response:
    """The reply to a call about several entities at once, given as (id, entity)."""
    meaning, project = turn.meaning, turn.world.renderer.projection.project
    if len(entities) == 1 or not meaning.many:
        return entity_reply(turn, path, *entities[0])
    draw = turn.draw("reply")
    shown = [
        project(meaning.collection, meaning.view, entity, draw.child(id), (path, id))
        for id, entity in entities
    ]
    return turn.world.renderer.reply(meaning, shown, draw)


def _ids_of(collection: Collection, id: str, entity: Entity) -> dict[str, Any]:
    """The id of an entity under the names by which a reply may tell it."""
    value: Any = entity
    for name in collection.id_path:
        value = value.get(name) if isinstance(value, Mapping) else None
    names = filter(None, ("id", collection.item_parameter))
    return dict.fromkeys(names, value if collection.id_path and value is not None else id)
