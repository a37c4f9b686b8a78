"""Handlers: what each kind of operation does to the state and says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Response
from sandbox.world.handlers.actions import act
from sandbox.world.handlers.body_entities import entities_in_body
from sandbox.world.handlers.changes import change, write
from sandbox.world.handlers.contents import with_content
from sandbox.world.handlers.creation import create
from sandbox.world.handlers.jobs import advance_all, not_ready
from sandbox.world.handlers.lists import answer_list
from sandbox.world.handlers.memberships import add, remove
from sandbox.world.handlers.parents import contradiction
from sandbox.world.handlers.preconditions import not_modified
from sandbox.world.handlers.reading import call, compute, read_entity, read_singleton
from sandbox.world.handlers.removal import clear, delete
from sandbox.world.operation_call import Turn


def answer(turn: Turn) -> Response:
    """Carry the call out: parents first, then the operation's own act.

    The same idempotency key and payload give the first reply again, without a second effect. A key
    that comes back with another payload, or for another operation, is a 422 (draft-ietf-httpapi-
    idempotency-key-header §2.7). Only what succeeded is remembered: a refused call may be mended.
    """
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
        key = turn.keyed.key(turn.arguments) if turn.keyed is not None else None
        answered = turn.state.overlay.answered.get(key) if key is not None else None
        if answered is not None:
            payload, first = answered
            return first if payload == turn.key else turn.refuse(422, _REUSED)
        response = ACTS[meaning.act](turn)
        if response.status < 300:
            if turn.state.overlay.contents or turn.arguments.media_type not in _PLAIN:
                response = with_content(turn, response)
            if key is not None:
                turn.state.remember(key, turn.key, response)
        if turn.arguments.header and meaning.operation.method == "GET" and response.status == 200:
            return not_modified(turn, response) or response
        return response
    except (NoInstance, DocumentError) as error:
        # Found only now: the reply's schema has no instance, or refers to what is not there.
        return turn.refuse(501, f"This operation cannot be mocked: {error}")


_PLAIN: Final = (None, "application/json")
"""Media types of bodies that are no file's."""
_REUSED: Final = "This idempotency key was used for another request; use a new one."


ACTS: Mapping[str, Callable[[Turn], Response]] = {
    "read": read_entity,
    "list": answer_list,
    "create": create,
    "replace": change,
    "merge": change,
    "delete": delete,
    "clear": clear,
    "write": write,
    "add": add,
    "remove": remove,
    "action": act,
    "toggle": act,
    "singleton": read_singleton,
    "compute": compute,
    "call": call,
}
