"""Replies: of an entity, a singleton, or of a call that no state stands behind."""

from __future__ import annotations

from sandbox.draws import Draw
from sandbox.messages import Response
from sandbox.world.call_keys import canonical_key
from sandbox.world.handlers.jobs import look, with_retry_after
from sandbox.world.handlers.preconditions import not_modified
from sandbox.world.operation_call import Turn
from sandbox.world.state.population import SINGLE


def read_entity(turn: Turn) -> Response:
    path, id, entity = turn.target()
    if entity is None:
        return turn.missing(path, id)
    if id in turn.world.renderer.illustrated_ids(turn.meaning):
        return compute(turn)
    jobs = turn.state.overlay.jobs
    if jobs:
        look(turn, path, id)
        entity = turn.state.get(path, id) or entity
    response = turn.world.renderer.entity(turn.meaning, path, id, turn.seed, entity)
    if jobs:
        response = with_retry_after(turn, response)
    return (not_modified(turn, response, entity) if turn.arguments.header else None) or response


def read_singleton(turn: Turn) -> Response:
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    if turn.world.renderer.has_illustration(turn.meaning):
        return compute(turn)
    if not collection.singleton:  # the one entity of a parent, which a path of its own reads
        id = next(iter(turn.state.ids(path)), "")
        one = turn.state.get(path, id)
        if one is None:
            return turn.missing(path, "")
        return turn.world.renderer.entity(turn.meaning, path, id, turn.seed, one)
    entity = turn.find(path, SINGLE, collection)
    if entity is None:
        if (path, SINGLE) in turn.state.overlay.items:
            return turn.missing(path, "")
        return turn.world.renderer.fresh(turn.meaning, Draw(turn.seed, "single", path))
    return turn.world.renderer.entity(turn.meaning, path, SINGLE, turn.seed, entity)


def compute(turn: Turn) -> Response:
    """An operation without state: a valid reply, the same for the same call and state."""
    # Reads are not keyed beforehand: most never need it.
    key = turn.key or canonical_key(turn.meaning.operation.id, turn.arguments)
    draw = Draw(turn.seed, "compute", turn.meaning.operation.id, key)
    return turn.world.renderer.fresh(turn.meaning, draw, arguments=turn.arguments)


def call(turn: Turn) -> Response:
    """A deed that no read shows: it answers as `compute` does, and the ledger keeps the call."""
    response = compute(turn)
    if response.status < 300:
        turn.commit_call()
    return response
