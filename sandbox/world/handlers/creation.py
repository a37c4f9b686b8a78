"""POST on a collection: new entities, with an id that is free."""

from __future__ import annotations

from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entities_given, id_given
from sandbox.world.handlers.bulk_replies import Outcome, bulk_reply, tells_failures
from sandbox.world.handlers.entity_replies import entities_reply, entity_reply
from sandbox.world.handlers.jobs import with_retry_after
from sandbox.world.handlers.new_entities import make_entity
from sandbox.world.operation_call import Turn


def create(turn: Turn) -> Response:
    """POST on a collection: all that the body gives is made, or nothing.

    Where the reply of a bulk create tells what failed, the others are made all the same.
    """
    collection = turn.meaning.collection
    assert collection is not None
    path, draw, sent = turn.path(), turn.draw("create"), entities_given(turn)
    before, committed, made = turn.state.overlay, len(turn.effects), list[Outcome]()
    for index, given in enumerate(sent):
        faults = turn.faulty.get(index) if turn.faulty else None
        if faults:
            outcome = Outcome(given, status=422, problems=faults)
        else:
            id = id_given(turn, collection, given)
            outcome = make_entity(turn, path, given, id, draw.child(index))
        if outcome.status and not tells_failures(turn):
            turn.state.overlay = before
            del turn.effects[committed:]
            return turn.refuse(outcome.status, outcome.text)
        made.append(outcome)
    if turn.meaning.bulk:
        response = bulk_reply(turn, path, made)
    elif len(made) == 1:
        response = entity_reply(turn, path, made[0].id, made[0].entity)
    else:
        response = entities_reply(turn, path, [(each.id, each.entity) for each in made])
    return with_retry_after(turn, response)
