"""Recipes for tasks that change one thing: create, update, delete, act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.server_kept import keeps
from sandbox.conventions.words import singular
from sandbox.conventions.words import words as words_in
from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.reading import entity_in
from sandbox.tasks.sayable import EASY, Rejected, easily_said, first, must_state, speakable
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Collection

_TRIES = 5
_BYTES = ("binary", "byte", "base64")
"""Formats of what nobody reads out."""


def body(
    scene: Scene, ability: Ability, draw: Draw, *, but: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A valid request body whose every value can be said. Raises Rejected."""
    schema = body_schema(ability.operation)
    if schema is None:
        return {}
    key = ability.meaning.body_key
    wanted = scene.world.resources.shape(schema).properties[key] if key is not None else schema
    due = scene.world.resources.shape(wanted).required
    own = ability.meaning.collection and ability.collection.id_field
    for attempt in range(_TRIES):
        share = 0.5 if attempt == 0 else 0.25 if attempt < 3 else 0.0
        turn = draw.child("body", ability.name, attempt)
        inner = scene.value(wanted, turn, ability.noun, optional=share)
        if not isinstance(inner, dict):
            raise Rejected("the body is no object")
        inner = {
            name: value
            for name, value in inner.items()
            if name not in but
            and not is_credential(name)
            and (
                name in due
                or (name != own and easily_said(name, value) and _set_by_hand(scene, ability, name))
            )
        }
        for name in [name for name in reversed(inner) if name not in due]:
            if len(value_phrases.leaves(inner)) > EASY:
                del inner[name]
        linked: dict[str, Any] = scene.link(inner, turn)
        if not linked or speakable(linked):
            return linked
    raise Rejected("the body is too much for one sentence")


def _set_by_hand(scene: Scene, ability: Ability, name: str) -> bool:
    """Whether somebody would ask for a value of a body field: not for a time that servers keep,
    nor for the parent that the path names."""
    said = (each.path[0] for each in ability.facts.parent_fields if each.location == "body")
    if name in ability.facts.shaping or name in said:
        return False
    home = ability.meaning.collection
    if home is not None and name in _moving_fields(scene, home):
        return False
    shape = scene.graph.body_shape(ability)
    schema = scene.world.document.schemas.resolve(shape.properties.get(name)) if shape else None
    if isinstance(schema, dict) and schema.get("format") in _BYTES:
        return False
    if home is not None and name in home.shape.properties:
        return name not in scene.world.conventions.about(home).timestamps.schemas
    return keeps(name) not in ("created", "updated")


def _moving_fields(scene: Scene, home: Collection) -> tuple[str | None, ...]:
    """The fields of a job that change by themselves as time goes by."""
    lifecycle = scene.world.conventions.about(home).lifecycle
    return (lifecycle.status, lifecycle.progress, lifecycle.finished) if lifecycle else ()


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
        value = scene.link({name: made}, draw)[name]
        if given.get(name) != value and not isinstance(value, list) and speakable(value):
            return {name: value}
    return {}


def entity_of(scene: Scene, spot: Spot) -> Any:
    """The entity as the reading tool beside the ability shows it; {} when there is none."""
    reader = next(scene.graph.at(spot.ability.collection, "read"), None)
    if reader is None or reader.meaning.item is None or reader.must_be_told:
        return dict(scene.session.state.get(spot.path, spot.id or "") or {})
    return entity_in(scene.look(same_entity_for(reader, spot)), reader)


def same_entity_for(ability: Ability, spot: Spot) -> Spot:
    """The spot of another ability on the same entity."""
    names = dict(zip(spot.ability.meaning.parameters, ability.meaning.parameters, strict=False))
    values = {new: value for name, value in spot.values.items() if (new := names.get(name))}
    return Spot(ability, values, spot.path, spot.id, spot.parents)


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


def change_words(values: Mapping[str, Any], noun: str = "") -> dict[str, str]:
    """The values of a request, in the forms that sentences need."""
    return {
        "values": value_phrases.with_values(values),
        "described": value_phrases.description_of(values, noun),
        "spelled": value_phrases.values_with_names(values),
        "clauses": value_phrases.as_clauses(values),
        "wish": value_phrases.as_wish(values),
        "changes": value_phrases.changes(values),
    }


def finish_task(
    kind: str,
    purpose: str | tuple[str, str],
    draft: Draft,
    draw: Draw,
    words: Mapping[str, Any],
    needed: Any,
    answer: str,
    required: tuple[Any, ...] = (),
    *,
    closing: str = "",
) -> Made:
    """The task of a draft; `purpose` names an instruction, or is one with its template."""
    asked = phrases.instruction(purpose, draw, **words) if isinstance(purpose, str) else purpose
    must_state(asked[0], needed)
    return Made(
        kind=kind,
        draft=draft,
        instruction=asked[0],
        template=asked[1],
        answer=answer,
        closing=phrases.say("closings", closing or ("read" if required else "done"), draw, **words),
        required=required,
    )


def create(scene: Scene, draw: Draw) -> Made:
    """A new entity, all of whose values are given."""
    spot = first(scene.places("create", draw, "no tool creates anything"), "nothing to create")
    return _write_once(scene, draw, spot, "create", "create", body(scene, spot.ability, draw))


def update(scene: Scene, draw: Draw) -> Made:
    """New values for an entity that is named by its id."""
    spots = scene.places(_either(draw, "merge", "replace"), draw, "no tool updates anything")
    spot = first((s for s in spots if s.id and body_schema(s.ability.operation)), "no update")
    values = changes_to(scene, spot.ability, entity_of(scene, spot), draw)
    if not values:
        raise Rejected("nothing to change")
    name, value = next(iter(values.items()))
    label = phrases.label(f"/{name}")
    if len(values) == 1 and isinstance(value, bool) and phrases.is_adjective(label):
        state = label if value else f"not {label}"
        being = value_phrases.being(values)[0]
        return _write_once(scene, draw, spot, "update", "mark", values, state=state, being=being)
    purpose = "replace" if spot.ability.meaning.act == "replace" else "update"
    return _write_once(scene, draw, spot, "update", purpose, values)


def delete(scene: Scene, draw: Draw) -> Made:
    """An entity that has to go."""
    found = (s for s in scene.places("delete", draw, "no tool deletes anything") if s.id)
    spot = first(found, "no tool deletes anything")
    return _write_once(scene, draw, spot, "delete", delete_purpose(spot.ability.noun), None)


def delete_purpose(noun: str) -> str:
    """People leave; things are removed."""
    return "delete_person" if noun in phrases.word_set("people") else "delete"


def act(scene: Scene, draw: Draw) -> Made:
    """An action on an entity: cancel, close, assign …"""
    spots = scene.places(_either(draw, "action", "toggle"), draw, "no tool acts on an entity")
    spot = first((s for s in spots if s.id and verb_of(s.ability)), "no action can be said")
    for attempt in range(_TRIES):
        turn = draw.child(attempt)
        spot = scene.spot(spot.ability, turn)
        values = body(scene, spot.ability, turn)
        try:
            must_differ(values, scene.session.state.get(spot.path, spot.id or ""))
            return _write_once(scene, turn, spot, "act", "act", values, verb=verb_of(spot.ability))
        except Rejected as rejected:
            last = rejected
    raise last


def _write_once(
    scene: Scene,
    draw: Draw,
    spot: Spot,
    kind: str,
    purpose: str,
    values: dict[str, Any] | None,
    **more: Any,
) -> Made:
    """One writing call, with what is said about it."""
    noun = words_in(spot.ability.noun)
    # `@type: ProductOffering` is the wire's own name of the thing, which nobody wishes for.
    said = {n: v for n, v in (values or {}).items() if n[:1] != "@" or words_in(str(v)) != noun}
    words = words_for(spot, **change_words(said, spot.ability.noun), **more)
    draft = Draft(scene)
    thoughts = phrases.grammar()["thoughts"]
    thought = phrases.say("thoughts", purpose if purpose in thoughts else kind, draw, **words)
    draft.call(spot.ability, spot.arguments(body=values), thought)
    draft.must_change()
    answer = phrases.say("answers", kind, draw, **words)
    return finish_task(kind, purpose, draft, draw, words, [spot.stated_values, said], answer)


def _either(draw: Draw, usual: str, other: str) -> tuple[str, str]:
    """The usual act first, or one time in four the other."""
    return (other, usual) if draw.chance(0.25, other) else (usual, other)


def doers_for(scene: Scene, collection: Collection) -> list[Ability]:
    """Tools that change an entity of the collection by its id alone."""
    found = [a for a in scene.graph.actions(collection) if verb_of(a)]
    found += list(scene.graph.at(collection, "merge", "delete"))
    return [a for a in found if a.meaning.item and not a.must_be_told]


def verb_of(ability: Ability) -> str:
    """The verb of an action, as in "cancel it"; "" where it is no verb.

    `POST …/refunds` on an entity is said as "refund it". Who removes a goal's followers does not
    remove the goal: `removeFollowers` is no verb.
    """
    said = phrases.label(f"/{ability.meaning.verb}")
    opening = ability.operation.summary.lower().split()[:1]
    forms = (said, singular(said), *(opening if len(words_in(ability.meaning.verb)) < 2 else ()))
    return next((f for f in forms if phrases.is_verb(f) and not phrases.is_path_verb(f)), "")
