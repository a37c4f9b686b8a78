"""Recipes in which a later call needs what an earlier one returned."""

from __future__ import annotations

from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.nouns import sayable
from sandbox.tasks.recipes.by_name import named_count, named_create, named_read, named_write
from sandbox.tasks.recipes.filtered_lists import Choice, filter_choices
from sandbox.tasks.recipes.long_chains import compare, gather, named_then
from sandbox.tasks.recipes.reading import entity_in, fact_answer, question, some_facts
from sandbox.tasks.recipes.writing import (
    body,
    change_words,
    changes_to,
    doers_for,
    finish_task,
    verb_of,
    words_for,
)  # fmt: skip
from sandbox.tasks.sayable import Rejected
from sandbox.tasks.subjects import Scene, Spot, in_arguments
from sandbox.tasks.tool_graph import Ability

_MOST = 4


def chain(scene: Scene, draw: Draw) -> Made:
    """One of the chains, tried in a keyed order until one works out."""
    last = Rejected("no chain")
    for position, make in enumerate(draw.shuffled(CHAINS, "chain")):
        try:
            return make(scene, draw.child(position))
        except Rejected as rejected:
            last = rejected
    raise last


def follow_reference(scene: Scene, draw: Draw) -> Made:
    """Read one entity, then the other one that it names by id."""
    for origin in scene.graph.draw("read", draw, tries=24):
        links = scene.graph.links(scene.world.resources.shape(origin.meaning.view))
        if not links or origin.must_be_told:
            continue
        field, reader = draw.choice(links, "link")
        if reader.name != origin.name and not reader.must_be_told:
            return _try_reference(scene, draw, scene.spot(origin, draw), field, reader)
    raise Rejected("nothing refers to anything")


def _try_reference(scene: Scene, draw: Draw, spot: Spot, field: str, reader: Ability) -> Made:
    origin, other = spot.ability, phrases.label(f"/{field}")
    if not sayable(other):
        raise Rejected("what is referred to has no name")
    if f" {other} " in spot.entity:
        raise Rejected("what is referred to is in the request already")
    slots: dict[str, Any] = {"entity": spot.entity, "other": other, "noun": origin.noun}
    draft = Draft(scene)
    thought = phrases.say("thoughts", "origin", draw, tool=origin.name, **slots)
    draft.call(origin, spot.arguments(), thought)
    pointer = f"{origin.list_pointer}/{field}"
    if at_pointer(draft.results[0], pointer) is None or reader.meaning.item is None:
        raise Rejected("the reference is empty")
    path = {reader.meaning.item: {"$result": 0, "pointer": pointer}}
    known = draft.visible_facts()
    result = draft.call(reader, in_arguments(reader, path), "")
    asked = some_facts(entity_in(result, reader), draw, known=known)
    if isinstance(asked[0].value, bool):
        raise Rejected("no field worth asking for")
    slots["fields"] = value_phrases.join_with_and([fact.label for fact in asked])
    follow = phrases.say("thoughts", "follow", draw, tool=reader.name, **slots)
    draft.steps[-1] = draft.steps[-1].model_copy(update={"thought": follow})
    answer = fact_answer(asked, f"the {other} of {spot.entity}", draw)
    asking = question(asked, draw, slots, "linked")
    required = tuple(fact.value for fact in asked)
    return finish_task("chain", asking, draft, draw, slots, spot.stated_values, answer, required)


def create_then(scene: Scene, draw: Draw) -> Made:
    """Create something, then act on it or add something below it."""
    for creator in scene.graph.draw("create", draw, tries=24):
        collection = creator.collection
        nexts = [a for a in scene.graph.actions(collection) if verb_of(a)]
        nexts += list(scene.graph.beneath(collection, "create"))
        nexts = [a for a in nexts if not a.must_be_told]
        if nexts and collection.id_field and not creator.must_be_told:
            return _create_then(scene, draw, scene.spot(creator, draw), draw.choice(nexts, "next"))
    raise Rejected("nothing can be done with what was created")


def _create_then(scene: Scene, draw: Draw, spot: Spot, after: Ability) -> Made:
    creator = spot.ability
    values, more = body(scene, creator, draw), body(scene, after, draw)
    tell = value_phrases.with_values if verb_of(after) else value_phrases.description_of
    slots = words_for(spot, **change_words(values, spot.ability.noun)) | {
        "other": after.noun,
        "a_other": phrases.with_article(after.noun),
        "verb": verb_of(after),
        "more": tell(more),
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "create", draw, **slots)
    draft.call(creator, spot.arguments(body=values or None), thought)
    id_pointer = f"{creator.list_pointer}/{creator.collection.id_field}"
    names = after.meaning.parameters
    path = dict(zip(names, spot.values.values(), strict=False))
    if len(names) != len(path) + 1:
        raise Rejected("the path needs more than the new id")
    path[names[-1]] = {"$result": 0, "pointer": id_pointer}
    thought = phrases.say("thoughts", "created", draw, **{**slots, "tool": after.name})
    draft.call(after, in_arguments(after, path, body=more or None), thought)
    draft.must_change()
    answer = phrases.say("answers", "create", draw, **slots)
    purpose = "create_act" if after.meaning.act == "action" else "create_then"
    return finish_task(
        "chain", purpose, draft, draw, slots, [spot.stated_values, values, more], answer
    )


def for_each(scene: Scene, draw: Draw) -> Made:
    """Every entity under a filter is acted on, updated or deleted: three calls and more."""
    for choice in filter_choices(scene, draw):
        doers = doers_for(scene, choice.spot.ability.collection)
        few = 2 <= len(choice.entries) <= _MOST
        if doers and few and choice.spot.ability.collection.id_field:
            return _for_each(scene, draw, choice, draw.choice(doers, "doer"))
    raise Rejected("no small group to act on")


def _for_each(scene: Scene, draw: Draw, choice: Choice, doer: Ability) -> Made:
    spot, entries = choice.spot, choice.entries
    lister, act = spot.ability, doer.meaning.act
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, entries[0], draw)
        if phrases.naming_field(values) is not None:
            raise Rejected("many things would get the same name")
    elif act == "action":
        values = body(scene, doer, draw)
    slots = words_for(spot, **change_words(values), verb=verb_of(doer))
    slots |= {"filter": choice.filter, "count": len(entries)}
    draft = Draft(scene)
    thought = phrases.say("thoughts", "collect", draw, **slots)
    draft.call(lister, spot.arguments(query=choice.query), thought)
    names = doer.meaning.parameters
    if len(names) != len(lister.meaning.parameters) + 1:
        raise Rejected("the path needs more than the found id")
    home = [spot.values[name] for name in lister.meaning.parameters]
    for number in range(len(entries)):
        pointer = f"{lister.list_pointer}/{number}/{lister.collection.id_field}"
        path = dict(zip(names, [*home, {"$result": 0, "pointer": pointer}], strict=True))
        numbered = {**slots, "tool": doer.name, "number": number + 1}
        thought = phrases.say("thoughts", "each", draw.child(number), **numbered)
        draft.call(doer, in_arguments(doer, path, body=values or None), thought)
        draft.must_change()
    purpose = {"merge": "each_update", "delete": "each_delete"}.get(act, "each_act")
    answer = phrases.say("answers", "each", draw, **slots)
    needed = [spot.stated_values, choice.query, values]
    return finish_task("chain", purpose, draft, draw, slots, needed, answer)


CHAINS = (
    named_read,
    named_count,
    named_write,
    named_create,
    follow_reference,
    create_then,
    for_each,
    compare,
    named_then,
    gather,
)
