"""Memberships: entities that exist are added to a parent, and taken out again."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.conventions.paths import id_text
from sandbox.messages import Response
from sandbox.world.handlers.entity_replies import entities_reply, entity_reply
from sandbox.world.operation_call import Turn


def add(turn: Turn) -> Response:
    """PUT of an entity below its parent, and POST or PUT of ids; PUT of ids replaces the rest."""
    meaning, path = turn.meaning, turn.path()
    assert meaning.collection is not None
    home = turn.state.home(path)
    texts = _ids_given(turn)
    if texts is None:
        return turn.world.renderer.fresh(meaning, turn.draw("add"))
    found = {}
    for text in texts:
        id, entity = turn.locate(home, text, meaning.collection)
        if entity is None:
            return turn.missing(home, text)
        found[id] = entity
    if meaning.reference is not None and meaning.operation.method == "PUT":
        for id in turn.state.ids(path):
            if id not in found:
                turn.leave(path, id)
    for id, entity in found.items():
        turn.join(path, id, entity)
    if not found:
        return turn.world.renderer.fresh(meaning, turn.draw("add"))
    return entities_reply(turn, path, list(found.items()))


def remove(turn: Turn) -> Response:
    """DELETE of an entity below its parent."""
    path, id, entity = turn.target()
    if entity is None or turn.state.get(path, id) is None:
        return turn.missing(path, id)
    turn.leave(path, id)
    return entity_reply(turn, path, id, entity)


def _ids_given(turn: Turn) -> list[str] | None:
    """The ids that the call names; None where it names entities in another way."""
    reference, body = turn.meaning.reference, turn.arguments.body
    if reference is None:
        return [turn.item()]
    if reference.name:
        body = body.get(reference.name) if isinstance(body, Mapping) else None
    given = body if isinstance(body, list) else [body]
    ids = [id_text(each) for each in given if isinstance(each, str | int)]
    return ids if ids or body == [] else None
