"""The entities that the body of a call gives, out of its envelope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.conventions.operation_model import Collection
from sandbox.conventions.paths import JOINED, id_text, key_parts
from sandbox.draws import Draw
from sandbox.world.operation_call import Turn


def entities_given(turn: Turn) -> list[Mapping[str, Any]]:
    """The entities' fields as the caller gave them, out of the body's envelope.

    None only where the call makes several at once and its list is empty.
    """
    body = turn.arguments.body
    key = turn.meaning.body_key
    if key is not None and isinstance(body, Mapping):
        body = body.get(key, body)
    if isinstance(body, list):
        if not body and turn.meaning.many:
            return []
        return [item for item in body if isinstance(item, Mapping)] or [{}]
    return [body if isinstance(body, Mapping) else {}]


def entities_in_body(turn: Turn) -> Iterator[tuple[str, Any]]:
    """The JSON pointer and fields of each entity in the body."""
    body, key = turn.arguments.body, turn.meaning.body_key
    where = f"/{key}" if key is not None and isinstance(body, Mapping) and key in body else ""
    if isinstance(body, list) or (where and isinstance(body[key], list)):
        for index, item in enumerate(entities_given(turn)):
            yield f"{where}/{index}", item
    else:
        yield where, entity_given(turn)


def entity_given(turn: Turn) -> Mapping[str, Any]:
    """The fields of the one entity that the call is about."""
    return next(iter(entities_given(turn)), {})


def id_given(
    turn: Turn, collection: Collection, given: Mapping[str, Any], *, exists: bool = False
) -> str | None:
    """The id that a body says: of an entity that `exists`, or chosen where the document lets."""
    if collection.key:
        return _key_given(turn, collection, given, exists=exists)
    return _given_at(turn, collection.id_path, collection.own_id_schema, given, exists=exists)


def _key_given(
    turn: Turn, collection: Collection, given: Mapping[str, Any], *, exists: bool
) -> str | None:
    """The composite key of which the body says a part.

    The rest is the caller's own, the same in every call: a name cannot be given to two entities.
    """
    chosen = {
        part.parameter: _given_at(turn, part.path, part.own_schema, given, exists=exists)
        for part in collection.key
    }
    if not any(chosen.values()) or (exists and not all(chosen.values())):
        return None
    own = Draw(turn.seed, "own key", collection.template)
    drawn = turn.population.new_id(collection, own)
    if drawn is None or collection.item_parameter is None:
        return None
    parts = key_parts(collection.item_parameter, drawn)
    return JOINED.join(chosen[name] or text for name, text in parts.items())


def _given_at(
    turn: Turn, path: tuple[str, ...], schema: Any, given: Mapping[str, Any], *, exists: bool
) -> str | None:
    value: Any = given
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    if not usable or not path:
        return None
    resolved = turn.world.document.schemas.resolve(schema)
    if not exists and isinstance(resolved, dict) and resolved.get("readOnly"):
        return None
    return id_text(value)
