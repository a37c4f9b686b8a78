"""Actions: what `POST /tickets/{id}/close` does to a ticket, read off the verb and the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.conventions.actions import WAYS_BACK, counts_action, states_set
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import entity_noun, words
from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entity_given
from sandbox.world.handlers.entity_replies import entity_reply
from sandbox.world.handlers.jobs import start, stopping, with_retry_after
from sandbox.world.handlers.removal import restoring_values
from sandbox.world.operation_call import Turn
from sandbox.world.state.state import Entity
from sandbox.world.state.timestamps import stamp

if TYPE_CHECKING:
    from sandbox.world.world import World


def act(turn: Turn) -> Response:
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
    if "409" in meaning.operation.replies and _done_already(*about, undone=undone):
        return turn.refuse(409, f"{entity_noun(collection.noun)} {id!r} is in that state already.")
    entity = _act_on(*about, undone=undone)
    if entity != before:
        facts = turn.world.conventions.about(collection)
        entity = stamp(turn.world, facts, dict(entity), turn.now, created=False)
        turn.write("update", path, id, before, entity)
        start(turn, path, id, entity)
    elif not (_says(*about[:4], undone) or (given and given.items() <= before.items())):
        turn.commit_call()
    return with_retry_after(turn, entity_reply(turn, path, id, entity))


def _act_on(
    world: World,
    collection: Collection,
    before: Entity,
    verb: str,
    given: Mapping[str, Any],
    *,
    undone: bool = False,
) -> dict[str, Any]:
    """The entity after the action; equal to `before` when nothing about it can be guessed."""
    entity = dict(before)
    valid = world.document.schemas.validator(collection.schema, "response").is_valid
    declared = collection.shape.properties
    for name, value in given.items():
        trial = {**entity, name: value}
        if name in declared and (name,) != collection.id_path and valid(trial):
            entity = trial
    for name, value in _moves(world, collection, entity, verb, undone):
        trial = {**entity, name: value}
        if valid(trial):
            entity = trial
            break
    if entity != before or not _says(world, collection, before, verb, undone):
        entity |= _changed_counts(collection, entity, verb, undone)
    return entity if valid(entity) else dict(before)


def _done_already(
    world: World,
    collection: Collection,
    entity: Entity,
    verb: str,
    given: Mapping[str, Any],
    *,
    undone: bool = False,
) -> bool:
    """Whether an entity says of itself that the action happened before, with the same others."""
    others = (name for name in given.keys() & entity.keys() if stem(name) != words(name))
    if collection.schema is None or any(given[name] != entity[name] for name in others):
        return False
    return _says(world, collection, entity, verb, undone)


def _says(world: World, collection: Collection, entity: Entity, verb: str, undone: bool) -> bool:
    moves = _moves(world, collection, entity, verb, undone)
    return any(name in entity and entity[name] == value for name, value in moves)


def _changed_counts(
    collection: Collection, entity: Entity, verb: str, undone: bool
) -> dict[str, Any]:
    """The counts that an action moves: `favorite` adds one to `favoritesCount`."""
    word = next(iter(words(verb)), "")
    step = -1 if undone or (word.startswith("un") and len(word) > 4) else 1
    return {
        name: max(0, value + step)
        for name, value in entity.items()
        if isinstance(value, int) and counts_action(name, verb)
    }


def _moves(
    world: World, collection: Collection, entity: Entity, verb: str, undone: bool
) -> list[tuple[str, Any]]:
    known = states_set(world.resources, collection, verb, undone=undone)
    if words(verb)[:1] not in [(each,) for each in WAYS_BACK]:
        return [*known.items()]
    found: list[tuple[str, Any]] = []
    for name in collection.shape.properties:
        found += [(name, value) for value in restoring_values(name, entity.get(name))]
        found += [(name, known[name])] if name in known else []
    return found
