"""Behaviour: what each kind of operation does to the state and says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Response
from sandbox.world.handlers.actions import act_on, done_already
from sandbox.world.handlers.body_entities import entities_in_body, entity_given
from sandbox.world.handlers.changes import change, write
from sandbox.world.handlers.creation import create
from sandbox.world.handlers.entity_replies import entity_reply
from sandbox.world.handlers.idempotency import earlier, key_of
from sandbox.world.handlers.jobs import (
    advance_all,
    look,
    not_ready,
    start,
    stopping,
    told_when,
)
from sandbox.world.handlers.lists import answer_list
from sandbox.world.handlers.parents import contradiction
from sandbox.world.handlers.preconditions import not_modified, stale
from sandbox.world.handlers.removal import mark_deleted, remove_children, stays
from sandbox.world.ledger import canonical_key
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import stamp
from sandbox.world.state.population import SINGLE


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
            refusal = contradiction(turn, entities_in_body(turn))
        if refusal is not None:
            return refusal
        key = key_of(turn)
        if key is None:
            response = ACTS[meaning.act](turn)
            asked = turn.arguments.header and meaning.operation.method == "GET"
            if asked and response.status == 200:
                return not_modified(turn, response) or response
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


def _read_entity(turn: Turn) -> Response:
    path, id, entity = turn.target()
    if entity is None:
        return turn.missing(path, id)
    if turn.state.overlay.jobs:
        look(turn, path, id)
        entity = turn.state.get(path, id) or entity
    response = turn.world.renderer.entity(turn.meaning, path, id, turn.seed, entity)
    if turn.state.overlay.jobs:
        response = told_when(turn, response)
    return (not_modified(turn, response, entity) if turn.arguments.header else None) or response


def _delete(turn: Turn) -> Response:
    path, id, before = turn.target()
    if before is None:
        return turn.missing(path, id)
    refusal = stale(turn, path, id, before)
    if refusal is not None:
        return refusal
    after = mark_deleted(turn, before)
    if after is not None and stays(turn):
        turn.write("update", path, id, before, after)
    else:
        turn.write("delete", path, id, before, None)
        remove_children(turn, turn.state.home(path), id)
    return entity_reply(turn, path, id, before if after is None else after)


def _clear(turn: Turn) -> Response:
    path = turn.path()
    for id in turn.state.ids(path):
        turn.write("delete", path, id, turn.state.get(path, id), None)
    return turn.world.renderer.fresh(turn.meaning, turn.draw("clear"))


def _act(turn: Turn) -> Response:
    """`POST /tickets/{id}/close` and its like."""
    path, id, before = turn.target()
    meaning, collection = turn.meaning, turn.meaning.collection
    assert collection is not None
    if before is None:
        return turn.missing(path, id)
    refusal = stopping(turn, collection, before)
    if refusal is not None:
        return refusal
    undone, given = meaning.operation.method == "DELETE", entity_given(turn)
    about = (turn.world, collection, before, meaning.verb, given)
    if "409" in meaning.operation.replies and done_already(*about, undone=undone):
        return turn.refuse(409, f"{collection.noun} {id!r} is in that state already.")
    entity = act_on(*about, undone=undone)
    if entity != before:
        entity = stamp(turn.world, collection, dict(entity), turn.now, created=False)
        turn.write("update", path, id, before, entity)
        start(turn, path, id, entity)
    return told_when(turn, entity_reply(turn, path, id, entity))


def _singleton(turn: Turn) -> Response:
    collection = turn.meaning.collection
    assert collection is not None
    path = turn.path()
    if turn.world.renderer.illustrated(turn.meaning):
        return _compute(turn)
    entity = turn.find(path, SINGLE, collection)
    if entity is None:
        if (path, SINGLE) in turn.state.overlay.items:
            return turn.missing(path, "")
        return turn.world.renderer.fresh(turn.meaning, Draw(turn.seed, "single", path))
    return turn.world.renderer.entity(turn.meaning, path, SINGLE, turn.seed, entity)


def _compute(turn: Turn) -> Response:
    """An operation without state: a valid reply, the same for the same call and state."""
    # Reads are not keyed beforehand: most never need it.
    key = turn.key or canonical_key(turn.meaning.operation.id, turn.arguments)
    draw = Draw(turn.seed, "compute", turn.meaning.operation.id, key)
    return turn.world.renderer.fresh(turn.meaning, draw, arguments=turn.arguments)


ACTS: Mapping[str, Callable[[Turn], Response]] = {
    "read": _read_entity,
    "list": answer_list,
    "create": create,
    "replace": change,
    "merge": change,
    "delete": _delete,
    "clear": _clear,
    "write": write,
    "action": _act,
    "toggle": _act,
    "singleton": _singleton,
    "compute": _compute,
}
