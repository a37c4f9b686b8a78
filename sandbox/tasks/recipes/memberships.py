"""Recipes for tasks that add something to a parent that refers to it, or take it out."""

from __future__ import annotations

from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.writing import body, change_words, finish_task
from sandbox.tasks.sayable import Rejected, first
from sandbox.tasks.subjects import Scene, Spot, called_by_id, stated_key
from sandbox.world.state.ids import typed_id


def membership(scene: Scene, draw: Draw) -> Made:
    """An entity that exists is added to a parent, or one that is there is taken out."""
    acts = ("remove", "add") if draw.chance(0.4, "remove") else ("add", "remove")
    spots = scene.places(acts, draw, "no tool adds anything to a parent")
    spot = first((s for s in spots if s.parents), "no parent to speak of")
    meaning = spot.ability.meaning
    id, values = spot.id, _values_given(scene, spot, draw)
    if meaning.reference is not None:
        id, named = _reference(scene, spot, draw)
        values |= named
    if id is None:
        raise Rejected("nothing to add")
    *above, (noun, owner) = spot.parents
    said = {name: value for name, value in values.items() if name != _name(spot)}
    place = called_by_id(noun, owner)
    place += "".join(f" of {called_by_id(kind, key)}" for kind, key in reversed(above))
    shown = id if meaning.item is None else stated_key(spot.values, meaning.item)
    entity = called_by_id(spot.ability.noun, shown)
    words = {
        "entity": entity,
        "Entity": phrases.capital(entity),
        "place": place,
        "Place": phrases.capital(place),
        "tool": spot.ability.name,
        **change_words(said),
    }
    kind = f"{meaning.act}_member"
    person = noun in phrases.word_set("people")
    purpose = {"add": "add_to_person", "remove": "remove_from_person"}[meaning.act]
    purpose = purpose if person and not said else kind
    draft = Draft(scene)
    thought = phrases.say("thoughts", kind, draw, **words)
    draft.call(spot.ability, spot.arguments(body=values), thought)
    draft.must_change()
    answer = phrases.say("answers", kind, draw, **words)
    return finish_task(
        "act", purpose, draft, draw, words, [spot.stated_values, shown, said], answer
    )


def _name(spot: Spot) -> str:
    reference = spot.ability.meaning.reference
    return reference.name if reference is not None else ""


def _values_given(scene: Scene, spot: Spot, draw: Draw) -> dict[str, Any]:
    """What else the body has to say: a role, a permission."""
    made = body(scene, spot.ability, draw, but=(_name(spot),))
    due = scene.graph.body_shape(spot.ability)
    return {name: value for name, value in made.items() if due and name in due.required}


def _reference(scene: Scene, spot: Spot, draw: Draw) -> tuple[str, dict[str, Any]]:
    """Somebody who is not there yet, and the body that says so. Raises Rejected."""
    reference, shape = spot.ability.meaning.reference, scene.graph.body_shape(spot.ability)
    outside = scene.outside(spot.path)
    if reference is None or shape is None or not reference.name or not outside:
        raise Rejected("nobody to add")
    if spot.ability.operation.method == "PUT":
        raise Rejected("what is put replaces the others")
    id = draw.choice(outside, "member")
    schema = shape.properties[reference.name]
    inner = scene.world.resources.shape(schema).items if reference.many else schema
    value = typed_id(scene.world.document.schemas, inner, id)
    if value is None:
        raise Rejected("id does not fit the body")
    return id, {reference.name: [value] if reference.many else value}
