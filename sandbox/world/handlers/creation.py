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
    sent = entities_given(turn)
    if len(sent) == 1 and not turn.meaning.bulk:
        id = id_given(turn, collection, sent[0])
        path, draw = turn.path(), turn.draw("create").child(0)
        one = make_entity(turn, path, sent[0], id, draw)
        if one.status:
            return turn.refuse(one.status, one.text)
        return with_retry_after(turn, entity_reply(turn, path, one.id, one.entity))
    path, draw = turn.path(), turn.draw("create")
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
        return with_retry_after(turn, bulk_reply(turn, path, made))
    return with_retry_after(turn, entities_reply(turn, path, [(o.id, o.entity) for o in made]))
