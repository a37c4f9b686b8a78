"""Recipes for longer chains: compare two, build three things in a row, gather from many."""

from __future__ import annotations

from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.by_name import find, search
from sandbox.tasks.recipes.filtered_lists import Choice, filter_choices
from sandbox.tasks.recipes.reading import entity_in
from sandbox.tasks.recipes.writing import body, change_words, finish_task, verb_of, words_for
from sandbox.tasks.sayable import Fact, Rejected, facts, first
from sandbox.tasks.subjects import Scene, in_arguments
from sandbox.tasks.tool_graph import Ability

_MOST = 4


# --- two of a kind --------------------------------------------------------------------------


def compare(scene: Scene, draw: Draw) -> Made:
    """Read two entities of a kind and tell the higher or lower figure."""
    spot = first(scene.places("read", draw, "no tool reads one entity"), "nothing to read")
    reader = spot.ability
    other = scene.spot(reader, draw.child("second"))
    if other.values == spot.values or reader.must_be_told or other.parents != spot.parents:
        raise Rejected("no two entities to compare")
    pairs = _figures(entity_in(scene.look(spot), reader), entity_in(scene.look(other), reader))
    if not pairs:
        raise Rejected("nothing to compare by")
    left, right = draw.choice(pairs, "figure")
    high = draw.chance(0.5, "high")
    result = max(left.value, right.value) if high else min(left.value, right.value)
    slots = words_for(spot, second=other.entity, fields=left.label)
    draft = Draft(scene)
    for purpose, place in (("first_of_two", spot), ("second_of_two", other)):
        draft.call(reader, place.arguments(), phrases.say("thoughts", purpose, draw, **slots))
    answer = phrases.say("answers", "value", draw, value=value_phrases.value_text(result))
    purpose = "compare_high" if high else "compare_low"
    needed = [spot.stated_values, other.stated_values]
    return finish_task("chain", purpose, draft, draw, slots, needed, answer, (result,))


def _figures(left: Any, right: Any) -> list[tuple[Fact, Fact]]:
    """The numbers that both entities have and that differ."""
    theirs = {fact.pointer: fact for fact in facts(right)}
    return [
        (mine, theirs[mine.pointer])
        for mine in facts(left)
        if mine.pointer in theirs
        and mine.measures
        and theirs[mine.pointer].measures
        and mine.value != theirs[mine.pointer].value
    ]


# --- three in a row -------------------------------------------------------------------------


def named_then(scene: Scene, draw: Draw) -> Made:
    """Find by name, create something below it, and act on that or add something to it."""
    found, options = find(scene, draw, lambda lister: _stairs(scene, lister))
    creator, after = draw.choice(options, "stairs")
    values, more = body(scene, creator, draw), body(scene, after, draw)
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, **slots, tool=creator.name)
    path = found.path(creator, found.reference())
    draft.call(creator, in_arguments(creator, path, body=values or None), thought)
    slots |= {
        "noun": creator.noun,
        "a_noun": phrases.with_article(creator.noun),
        "a_other": phrases.with_article(after.noun),
        "verb": verb_of(after),
        "more": value_phrases.description_of(more),
        **change_words(values),
    }
    pointer = f"{creator.list_pointer}/{creator.collection.id_field}"
    path = found.path(after, found.reference(), {"$result": 1, "pointer": pointer})
    thought = phrases.say("thoughts", "created", draw, **slots, tool=after.name)
    draft.call(after, in_arguments(after, path, body=more or None), thought)
    draft.must_change()
    answer = phrases.say("answers", "create", draw, **slots)
    needed = [*found.stated_values, values, more]
    purpose = "create_act" if after.meaning.act == "action" else "create_then"
    return finish_task("chain", purpose, draft, draw, slots, needed, answer)


def _stairs(scene: Scene, lister: Ability) -> list[tuple[Ability, Ability]]:
    """Pairs of a tool that creates below the list's items and one that goes on from there."""
    pairs = []
    for creator in scene.graph.beneath(lister.collection, "create"):
        if creator.collection.id_field is None or creator.must_be_told:
            continue
        nexts = [a for a in scene.graph.actions(creator.collection) if verb_of(a)]
        nexts += list(scene.graph.beneath(creator.collection, "create"))
        pairs += [(creator, after) for after in nexts if not after.must_be_told]
    return pairs


# --- from many ------------------------------------------------------------------------------


def gather(scene: Scene, draw: Draw) -> Made:
    """For every entry under a filter, read the entity it refers to, and tell what was found."""
    for choice in filter_choices(scene, draw):
        links = scene.graph.links(scene.world.resources.shape(choice.spot.ability.meaning.view))
        links = [(f, r) for f, r in links if f not in choice.query and _full(choice.entries, f)]
        if links and 2 <= len(choice.entries) <= _MOST:
            field, reader = draw.choice(links, "link")
            if not reader.must_be_told:
                return _gather(scene, draw, choice, field, reader)
    raise Rejected("no small group that refers to anything")


def _full(entries: list[Any], field: str) -> bool:
    values = [entry.get(field) for entry in entries]
    return all(isinstance(v, str | int) for v in values) and len(set(values)) == len(values)


def _gather(scene: Scene, draw: Draw, choice: Choice, field: str, reader: Ability) -> Made:
    spot, count = choice.spot, len(choice.entries)
    lister = spot.ability
    slots = words_for(spot, filter=choice.filter, other=phrases.label(f"/{field}"), count=count)
    draft = Draft(scene)
    thought = phrases.say("thoughts", "collect", draw, **slots)
    draft.call(lister, spot.arguments(query=choice.query), thought)
    if reader.meaning.item is None:
        raise Rejected("the reference is empty")
    known, seen = draft.visible_facts(), []
    for number in range(count):
        pointer = f"{lister.list_pointer}/{number}/{field}"
        path = {reader.meaning.item: {"$result": 0, "pointer": pointer}}
        numbered = {**slots, "tool": reader.name, "number": number + 1}
        thought = phrases.say("thoughts", "lookup_each", draw.child(number), **numbered)
        seen.append(entity_in(draft.call(reader, in_arguments(reader, path), thought), reader))
    label, values = _column(seen, draw)
    if known.issuperset(map(str, values)):
        raise Rejected("the list shows it already")
    slots["fields"] = label
    names = ", ".join(value_phrases.value_text(value) for value in values)
    answer = phrases.say("answers", "gather", draw, **slots, names=names)
    needed = [spot.stated_values, choice.query]
    return finish_task("chain", "gather", draft, draw, slots, needed, answer, tuple(values))


def _column(seen: list[Any], draw: Draw) -> tuple[str, list[Any]]:
    """A field that all entities have, and its values."""
    columns = []
    for fact in facts(seen[0]):
        values = [at_pointer(entity, fact.pointer) for entity in seen]
        if all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in values):
            columns.append((fact.label, values))
    if not columns:
        raise Rejected("no field worth asking for")
    return draw.choice(columns, "column")
