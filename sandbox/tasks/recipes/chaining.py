"""Recipes in which a later call needs what an earlier one returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made, Rejected, in_arguments
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.recipes.by_name import (
    Found,
    at_item,
    doers_for,
    finish,
    named_count,
    named_create,
    named_read,
    named_write,
)
from sandbox.tasks.recipes.filtered_lists import filter_choices
from sandbox.tasks.recipes.long_chains import compare, gather, named_then
from sandbox.tasks.recipes.reading import entity_in, fact_answer, required_query, some_facts
from sandbox.tasks.recipes.writing import body, changes_to, deed
from sandbox.tasks.subjects import Scene, Spot
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


def linked(scene: Scene, draw: Draw) -> Made:
    """Read one entity, then the other one that it names by id."""
    for origin in scene.graph.draw("read", draw, tries=24):
        links = scene.graph.links(scene.world.resources.shape(origin.meaning.view))
        if not links or required_query(scene, origin, draw):
            continue
        field, reader = draw.choice(links, "link")
        if reader.name != origin.name and not required_query(scene, reader, draw):
            return _linked(scene, draw, origin, field, reader)
    raise Rejected("nothing refers to anything")


def _linked(scene: Scene, draw: Draw, origin: Ability, field: str, reader: Ability) -> Made:
    spot = scene.spot(origin, draw)
    other = phrases.label(f"/{field}")
    slots: dict[str, Any] = {"entity": spot.entity, "other": other, "noun": origin.noun}
    slots["a_other"] = phrases.with_article(other)
    draft = Draft(scene)
    thought = phrases.say("thoughts", "origin", draw, tool=origin.name, **slots)
    draft.call(origin, in_arguments(origin, spot.values), thought)
    pointer = f"{origin.list_pointer}/{field}"
    if at_pointer(draft.results[0], pointer) is None or reader.meaning.item is None:
        raise Rejected("the reference is empty")
    path = {reader.meaning.item: {"$result": 0, "pointer": pointer}}
    result = draft.call(reader, in_arguments(reader, path), "")
    asked = some_facts(entity_in(result, reader), draw)
    if isinstance(asked[0].value, bool):
        raise Rejected("no field worth asking for")
    slots["fields"] = phrases.listed([fact.label for fact in asked])
    slots["is"] = phrases.verb_for([fact.label for fact in asked])
    follow = phrases.say("thoughts", "follow", draw, tool=reader.name, **slots)
    draft.steps[-1] = draft.steps[-1].model_copy(update={"thought": follow})
    answer = fact_answer(asked, f"the {other} of {spot.entity}", draw)
    required = tuple(fact.value for fact in asked)
    return finish("linked", draft, draw, slots, [spot.values], answer, required)


def create_then(scene: Scene, draw: Draw) -> Made:
    """Create something, then act on it or add something below it."""
    for creator in scene.graph.draw("create", draw, tries=24):
        collection = creator.collection
        nexts = [a for a in scene.graph.actions(collection) if deed(a)[1]]
        nexts += list(scene.graph.beneath(collection, "create"))
        nexts = [a for a in nexts if not required_query(scene, a, draw)]
        if nexts and collection.id_field and not required_query(scene, creator, draw):
            return _create_then(scene, draw, creator, draw.choice(nexts, "next"))
    raise Rejected("nothing can be done with what was created")


def _create_then(scene: Scene, draw: Draw, creator: Ability, after: Ability) -> Made:
    spot = scene.spot(creator, draw)
    values, more = body(scene, creator, draw), body(scene, after, draw)
    noun = creator.noun
    slots: dict[str, Any] = {
        "noun": noun,
        "a_noun": phrases.with_article(noun),
        "place": spot.target,
        "values": phrases.spelled(values) or "no further details",
        "tool": creator.name,
        "other": after.noun,
        "a_other": phrases.with_article(after.noun),
        "verb": deed(after)[0],
        "more": phrases.spelled(more) or "no further details",
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "create", draw, **slots)
    draft.call(creator, in_arguments(creator, spot.values, body=values or None), thought)
    id_pointer = f"{creator.list_pointer}/{creator.collection.id_field}"
    names = [*after.meaning.place.names, *([after.meaning.item] if after.meaning.item else [])]
    path = dict(zip(names, spot.values.values(), strict=False))
    if len(names) != len(path) + 1:
        raise Rejected("the path needs more than the new id")
    path[names[-1]] = {"$result": 0, "pointer": id_pointer}
    thought = phrases.say("thoughts", "created", draw, **{**slots, "tool": after.name})
    draft.call(after, in_arguments(after, path, body=more or None), thought)
    draft.must_change()
    action = after.meaning.act == "action"
    if action:
        slots["more"] = f" with {phrases.spelled(more)}" if more else ""
    answer = phrases.say("answers", "create", draw, **slots)
    purpose = "create_act" if action else "create_then"
    return finish(purpose, draft, draw, slots, [spot.values, values, more], answer)


def for_each(scene: Scene, draw: Draw) -> Made:
    """Every entity under a filter is acted on, updated or deleted: three calls and more."""
    for lister, spot, query, filter, entries in filter_choices(scene, draw):
        doers = doers_for(scene, lister, draw)
        if doers and 2 <= len(entries) <= _MOST and lister.collection.id_field:
            doer = draw.choice(doers, "doer")
            return _for_each(scene, draw, lister, spot, query, filter, entries, doer)
    raise Rejected("no small group to act on")


def _for_each(
    scene: Scene,
    draw: Draw,
    lister: Ability,
    spot: Spot,
    query: Mapping[str, Any],
    filter: str,
    entries: list[Any],
    doer: Ability,
) -> Made:
    act, count = doer.meaning.act, len(entries)
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, entries[0], draw)
    elif act == "action":
        values = body(scene, doer, draw)
    noun = lister.noun
    slots: dict[str, Any] = {
        "noun": noun,
        "nouns": phrases.plural(noun),
        "place": spot.target,
        "filter": filter,
        "verb": deed(doer)[0],
        "changes": phrases.changes(values),
        "values": f" with {phrases.spelled(values)}"
        if act == "action" and values
        else phrases.spelled(values),
        "tool": lister.name,
        "count": count,
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "collect", draw, **slots)
    draft.call(lister, in_arguments(lister, spot.values, query=query), thought)
    id_field = str(lister.collection.id_field)
    for number, entry in enumerate(entries):
        found = Found(lister, spot, id_field, entry, id_field)
        pointer = f"{lister.list_pointer}/{number}/{id_field}"
        path = at_item(doer, found)
        path[list(path)[-1]] = {"$result": 0, "pointer": pointer}
        numbered = {**slots, "tool": doer.name, "number": number + 1}
        thought = phrases.say("thoughts", "each", draw.child(number), **numbered)
        draft.call(doer, in_arguments(doer, path, body=values or None), thought)
        draft.must_change()
    purpose = {"merge": "each_update", "delete": "each_delete"}.get(act, "each_act")
    answer = phrases.say(
        "answers", "each", draw, **{**slots, "nouns": noun if count == 1 else slots["nouns"]}
    )
    return finish(purpose, draft, draw, slots, [spot.values, dict(query), values], answer)


CHAINS = (
    named_read,
    named_count,
    named_write,
    named_create,
    linked,
    create_then,
    for_each,
    compare,
    named_then,
    gather,
)
