"""Recipes for tasks that change one thing: create, update, delete, act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.server_kept import keeps
from sandbox.conventions.words import singular
from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made, Rejected, first, in_arguments, must_state, speakable
from sandbox.tasks.recipes.reading import completed, entity_in, required_query
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability

_TRIES = 5


def body(
    scene: Scene, ability: Ability, draw: Draw, *, but: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A valid request body whose every value can be said. Raises Rejected."""
    schema = body_schema(ability.operation)
    if schema is None:
        return {}
    key = ability.meaning.body_key
    for attempt in range(_TRIES):
        share = 0.5 if attempt == 0 else 0.25 if attempt < 3 else 0.0
        turn = draw.child("body", ability.name, attempt)
        wanted = scene.world.resources.shape(schema).properties[key] if key is not None else schema
        inner = scene.value(wanted, turn, ability.noun, optional=share)
        if not isinstance(inner, dict):
            raise Rejected("the body is no object")
        due = scene.world.resources.shape(wanted).required
        inner = {
            name: value
            for name, value in inner.items()
            if name not in but and (name in due or _set_by_hand(scene, ability, name))
        }
        linked: dict[str, Any] = scene.linked(inner, turn)
        if not linked or speakable(linked):
            return linked
    raise Rejected("the body is too much for one sentence")


def _set_by_hand(scene: Scene, ability: Ability, name: str) -> bool:
    """Whether somebody would ask for a value of a body field: not for a time that servers keep,
    nor for the parent that the path names."""
    said = (each.path[0] for each in ability.facts.parent_fields if each.location == "body")
    if name in ability.facts.shaping or name in said:
        return False
    home = ability.collection
    if name in home.shape.properties:
        return name not in scene.world.conventions.about(home).timestamps.schemas
    return keeps(name) not in ("created", "updated")


def changes_to(scene: Scene, ability: Ability, shown: Any, draw: Draw) -> dict[str, Any]:
    """New values for one or two fields of an entity, all different from what it has."""
    fresh = body(scene, ability, draw)
    # An entity keeps its id, whatever else is stored anew.
    own = ability.collection.id_field
    shape = scene.graph.body_shape(ability)
    must = shape.required if shape is not None else frozenset()
    if own in fresh and isinstance(shown, Mapping) and own in shown:
        fresh[own] = shown[own]
    elif own in fresh and own not in must:
        del fresh[own]
    if ability.meaning.act == "replace":
        return fresh
    given = dict(shown) if isinstance(shown, dict) else {}
    open_names = [
        name
        for name, value in fresh.items()
        if name not in must and given.get(name) != value and not isinstance(value, list)
    ]
    if not open_names and not must:
        fresh = _some_property(scene, ability, given, draw)
        open_names = list(fresh)
    kept = draw.shuffled(open_names, "changes")[: draw.integer(1, 2, "how many")]
    chosen = {name: value for name, value in fresh.items() if name in must or name in kept}
    if not chosen or all(given.get(name) == value for name, value in chosen.items()):
        raise Rejected("nothing to change")
    return chosen


def must_differ(values: Mapping[str, Any], entity: Mapping[str, Any] | None) -> None:
    """Reject values that the entity has already: nobody could tell that they were stored."""
    if any(entity is not None and entity.get(name) == value for name, value in values.items()):
        raise Rejected("nothing to change")


def _some_property(
    scene: Scene, ability: Ability, given: Mapping[str, Any], draw: Draw
) -> dict[str, Any]:
    """One property of the body, made by itself: for bodies in which everything is optional."""
    shape = scene.graph.body_shape(ability)
    for name in draw.shuffled(sorted(shape.properties if shape is not None else ()), "property"):
        resolved = scene.world.document.schemas.resolve(shape.properties[name]) if shape else {}
        if name == ability.collection.id_field:
            continue
        if isinstance(resolved, dict) and resolved.get("readOnly"):
            continue
        made = scene.value(shape.properties[name], draw.child(name), name) if shape else None
        value = scene.linked({name: made}, draw)[name]
        if given.get(name) != value and not isinstance(value, list) and speakable(value):
            return {name: value}
    return {}


def entity_of(scene: Scene, spot: Spot) -> Any:
    """The entity as the reading tool beside the ability shows it; {} when there is none."""
    reader = next(scene.graph.at(spot.ability.collection, "read"), None)
    if reader is None or reader.meaning.item is None:
        return dict(scene.session.state.get(spot.path, spot.id or "") or {})
    beside = Spot(reader, _for(reader, spot), spot.path, spot.id, spot.parents)
    needed = required_query(scene, reader, Draw("beside", scene.seed))
    return entity_in(scene.look(beside, needed), reader)


def _for(ability: Ability, spot: Spot) -> dict[str, Any]:
    """The same place under another ability's parameter names."""
    mine = (*spot.ability.meaning.place.names, spot.ability.meaning.item)
    theirs = (*ability.meaning.place.names, ability.meaning.item)
    names = dict(zip(mine, theirs, strict=False))
    return {new: value for name, value in spot.values.items() if (new := names.get(name))}


def moved(ability: Ability, spot: Spot) -> Spot:
    """The spot of another ability on the same entity."""
    return Spot(ability, _for(ability, spot), spot.path, spot.id, spot.parents)


def words_for(spot: Spot, **more: Any) -> dict[str, Any]:
    noun = spot.ability.noun
    return {
        "entity": spot.entity,
        "Entity": phrases.capital(spot.entity),
        "noun": noun,
        "nouns": phrases.plural(noun),
        "a_noun": phrases.with_article(noun),
        "place": spot.target,
        "tool": spot.ability.name,
        **more,
    }


def finished(
    kind: str,
    purpose: str,
    draft: Draft,
    draw: Draw,
    words: Mapping[str, Any],
    needed: Any,
    answer: str,
    **more: Any,
) -> Made:
    text, template = phrases.instruction(purpose, draw, **words)
    must_state(text, needed)
    return Made(
        kind=kind,
        draft=draft,
        instruction=text,
        template=template,
        answer=answer,
        closing=phrases.say("closings", "done", draw, **words),
        **more,
    )


def create(scene: Scene, draw: Draw) -> Made:
    """A new entity, all of whose values are given."""
    spot = first(scene.places("create", draw, "no tool creates anything"), "nothing to create")
    ability = spot.ability
    needed = required_query(scene, ability, draw)
    values = body(scene, ability, draw)
    words = words_for(spot, values=phrases.spelled({**values, **needed}))
    draft = Draft(scene)
    thought = phrases.say("thoughts", "create", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed, body=values), thought)
    purpose = "create" if values or needed else "create_bare"
    answer = phrases.say("answers", "create", draw, **words)
    return finished("create", purpose, draft, draw, words, [spot.values, needed, values], answer)


def update(scene: Scene, draw: Draw) -> Made:
    """New values for an entity that is named by its id."""
    spot = _either(scene, draw, "merge", "replace", "no tool updates anything")
    ability, act = spot.ability, spot.ability.meaning.act
    needed = required_query(scene, ability, draw)
    values = changes_to(scene, ability, entity_of(scene, spot), draw)
    if not values:
        raise Rejected("nothing to change")
    spelled = phrases.spelled({**values, **needed})
    words = words_for(spot, values=spelled, changes=phrases.changes({**values, **needed}))
    draft = Draft(scene)
    thought = phrases.say("thoughts", "replace" if act == "replace" else "update", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed, body=values), thought)
    answer = phrases.say("answers", "update", draw, **words)
    purpose = "replace" if act == "replace" else "update"
    return finished("update", purpose, draft, draw, words, [spot.values, needed, values], answer)


def delete(scene: Scene, draw: Draw) -> Made:
    """An entity that has to go."""
    found = (s for s in scene.places("delete", draw, "no tool deletes anything") if s.id)
    spot = first(found, "no tool deletes anything")
    ability = spot.ability
    needed = required_query(scene, ability, draw)
    words, draft = words_for(spot), Draft(scene)
    thought = phrases.say("thoughts", "delete", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed), thought)
    answer = phrases.say("answers", "delete", draw, **words)
    return completed(finished("delete", "delete", draft, draw, words, spot.values, answer), needed)


def act(scene: Scene, draw: Draw) -> Made:
    """An action on an entity: cancel, close, assign …"""
    ability = _either(scene, draw, "action", "toggle", "no tool acts on an entity").ability
    for attempt in range(_TRIES):
        try:
            return _act(scene, draw.child(attempt), ability)
        except Rejected as rejected:
            last = rejected
    raise last


def _act(scene: Scene, draw: Draw, ability: Ability) -> Made:
    spot = scene.spot(ability, draw)
    needed = required_query(scene, ability, draw)
    values = body(scene, ability, draw)
    must_differ(values, scene.session.state.get(spot.path, spot.id or ""))
    verb, spoken = deed(ability)
    given = {**values, **needed}
    words = words_for(spot, verb=verb, values=f" with {phrases.spelled(given)}" if given else "")
    draft = Draft(scene)
    thought = phrases.say(
        "thoughts", "act", draw, **{**words, "verb": verb if spoken else "do so for"}
    )
    draft.call(ability, in_arguments(ability, spot.values, query=needed, body=values), thought)
    draft.must_change()
    answer = phrases.say("answers", "act", draw, **words)
    purpose = "act" if spoken else "act_neutral"
    return finished("act", purpose, draft, draw, words, [spot.values, needed, values], answer)


def _either(scene: Scene, draw: Draw, usual: str, other: str, reason: str) -> Spot:
    """A place for the usual act, or one time in four for the other."""
    order = (other, usual) if draw.chance(0.25, other) else (usual, other)
    for act in order:
        try:
            for spot in scene.places(act, draw, reason):
                acting = act in ("action", "toggle")
                if spot.id is not None and (acting or _takes_values(spot.ability)):
                    return spot
        except Rejected as rejected:
            reason = rejected.reason
    raise Rejected(reason)


def _takes_values(ability: Ability) -> bool:
    return body_schema(ability.operation) is not None


def deed(ability: Ability) -> tuple[str, bool]:
    """An action's word, and whether it can be said as a verb."""
    said = phrases.label(f"/{ability.meaning.verb}") or "change"
    # `POST …/refunds` on an entity is said as "refund it".
    verb = next((form for form in (said, singular(said)) if phrases.is_verb(form)), said)
    return verb, phrases.is_verb(verb)
