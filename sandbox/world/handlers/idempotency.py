"""Idempotency keys: the same key and payload give the first reply again, without a second effect.

The key is a declared header such as `Idempotency-Key`, or a body field of that name. A key that
comes back with another payload, or for another operation, is a 422 (draft-ietf-httpapi-
idempotency-key-header §2.7). Only what succeeded is remembered: a refused call may be mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.conventions.words import words
from sandbox.document import Operation
from sandbox.messages import Response
from sandbox.world.operation_call import Turn

_FIELDS: Final = ("idempotency_key", "idempotencyKey")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def key_of(turn: Turn) -> str | None:
    """The key that the call carries, or None."""
    operation = turn.meaning.operation
    if operation.method in _SAFE:
        return None
    value: Any = None
    if turn.arguments.header:
        name = key_header(operation)
        value = turn.arguments.header.get(name) if name is not None else None
    body = turn.arguments.body
    if value is None and isinstance(body, Mapping):
        for name in _FIELDS:
            if name in body:
                value = body[name]
                break
    return str(value) if isinstance(value, str | int) and value != "" else None


def earlier(turn: Turn, key: str) -> Response | None:
    """The first reply to this key, or the refusal of its second use; None when the key is new."""
    known = turn.state.overlay.answered.get(key)
    if known is None:
        return None
    payload, response = known
    if payload == turn.key:
        return response
    return turn.refuse(422, "This idempotency key was used for another request; use a new one.")


def key_header(operation: Operation) -> str | None:
    """The name of the header parameter that identifies a try, read off name and description."""
    if "idempotency" not in operation.memo:
        headers = (p for p in operation.parameters if p.location == "header")
        fitting = (p.name for p in headers if identifies(p.name, p.description))
        operation.memo["idempotency"] = next(fitting, None)
    found: str | None = operation.memo["idempotency"]
    return found


def identifies(name: str, description: str) -> bool:
    """Whether a parameter's name and description say that it tells one try from another."""
    if "idempoten" in name.lower():
        return True
    told = description.lower()
    return words(name)[-2:] == ("request", "id") and ("idempoten" in told or "stores keys" in told)
