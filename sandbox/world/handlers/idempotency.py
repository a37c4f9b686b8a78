"""Idempotency keys: the same key and payload give the first reply again, without a second effect.

The key is a declared header such as `Idempotency-Key`, or a body field of that name. A key that
comes back with another payload, or for another operation, is a 422 (draft-ietf-httpapi-
idempotency-key-header §2.7). Only what succeeded is remembered: a refused call may be mended.
"""

from __future__ import annotations

from sandbox.messages import Response
from sandbox.world.operation_call import Turn


def key_of(turn: Turn) -> str | None:
    """The key that the call carries, or None."""
    fact = turn.world.conventions.of(turn.meaning.operation).idempotency
    return fact.key(turn.arguments) if fact is not None else None


def earlier(turn: Turn, key: str) -> Response | None:
    """The first reply to this key, or the refusal of its second use; None when the key is new."""
    known = turn.state.overlay.answered.get(key)
    if known is None:
        return None
    payload, response = known
    if payload == turn.key:
        return response
    return turn.refuse(422, "This idempotency key was used for another request; use a new one.")
