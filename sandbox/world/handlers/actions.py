"""Actions: what `POST /tickets/{id}/close` does to a ticket, read off the verb and the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.conventions.counts import counted_noun
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import entity_noun, words
from sandbox.messages import Response
from sandbox.world.handlers.body_entities import entity_given
from sandbox.world.handlers.entity_replies import entity_reply
from sandbox.world.handlers.jobs import start, stopping, with_retry_after
from sandbox.world.handlers.removal import WAYS_BACK, restoring_values
from sandbox.world.operation_call import Turn
from sandbox.world.state.state import Entity
from sandbox.world.state.timestamps import stamp

if TYPE_CHECKING:
    from sandbox.world.world import World

# Verb → the values by which a status may say that it happened.
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "reopen": ("reopened", "open"),
    "cancel": ("canceled", "cancelled"),
    "pay": ("paid", "completed", "succeeded"),
    "capture": ("captured", "succeeded", "completed", "paid"),
    "ship": ("shipped", "in_transit", "fulfilled"),
    "send": ("sent",),
    "start": ("started", "running", "in_progress", "active"),
    "stop": ("stopped", "inactive"),
    "resume": ("active", "running", "open", "in_progress"),
    "unpause": ("active", "running"),
    "activate": ("active", "enabled"),
    "deactivate": ("inactive", "disabled", "deactivated"),
    "enable": ("enabled", "active"),
    "disable": ("disabled", "inactive"),
    "suspend": ("suspended",),
    "finish": ("finished", "done", "completed"),
    "complete": ("completed", "complete", "done"),
    "resolve": ("resolved", "closed", "solved"),
    "close": ("closed",),
    "void": ("void", "voided"),
    "finalize": ("finalized", "open"),
    "restore": ("active", "restored", "open"),
    "withdraw": ("withdrawn",),
    "unarchive": ("active",),
    "unpublish": ("draft", "unpublished"),
    "freeze": ("frozen",),
    "unfreeze": ("active",),
    "return": ("returned",),
    "decline": ("declined", "rejected"),
    "reject": ("rejected", "declined"),
}
_STATUS_FIELDS = ("status", "state", "phase", "stage")


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
    if collection.schema is None:
        return entity
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
        if isinstance(value, int) and (noun := counted_noun(name)) and _past(word, noun[-1])
    }


def _moves(
    world: World, collection: Collection, entity: Entity, verb: str, undone: bool
) -> list[tuple[str, Any]]:
    parts = words(verb)
    word = parts[0] if parts else ""
    found: list[tuple[str, Any]] = []
    for name, schema in collection.shape.properties.items():
        if word in WAYS_BACK:
            found += [(name, value) for value in restoring_values(name, entity.get(name))]
        resolved = world.document.schemas.resolve(schema)
        if not isinstance(resolved, dict):
            continue
        if words(name)[-1:] and words(name)[-1] in _STATUS_FIELDS:
            value = fitting(resolved.get("enum"), word)
            if value is not None and not undone:
                found.append((name, value))
        elif resolved.get("type") == "boolean" and _past(
            word, words(name)[-1] if words(name) else ""
        ):
            found.append((name, not (undone or word.startswith("un"))))
    return found


def fitting(options: Any, verb: str) -> Any:
    """The enum value that says the verb happened, or None."""
    if not isinstance(options, list) or not verb:
        return None
    texts = {option: "_".join(words(option)) for option in options if isinstance(option, str)}
    for outcome in _OUTCOMES.get(verb, ()):
        for option, text in texts.items():
            if text == outcome:
                return option
    root = verb[:-1] if verb.endswith(("e", "y")) else verb
    return next((option for option, text in texts.items() if text.startswith(root)), None)


def _past(verb: str, field: str) -> bool:
    """Whether a flag's name is the verb's participle: favorite → favorited, follow → following."""
    bare = verb.removeprefix("un") if len(verb) > 4 else verb
    root = bare[:-1] if bare.endswith(("e", "y")) else bare
    return len(root) > 2 and field.startswith(root)
