"""Recipes for longer chains: compare two, build three things in a row, gather from many."""

from __future__ import annotations

from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Fact, Made, Rejected, facts, first, in_arguments
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.recipes.by_name import Found, find, finish, search
from sandbox.tasks.recipes.filtered_lists import filter_choices
from sandbox.tasks.recipes.reading import entity_in, required_query
from sandbox.tasks.recipes.writing import body, deed
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability

_MOST = 4


# --- two of a kind --------------------------------------------------------------------------


def compare(scene: Scene, draw: Draw) -> Made:
    """Read two entities of a kind and tell the higher or lower figure."""
    spot = first(scene.places("read", draw, "no tool reads one entity"), "nothing to read")
    reader = spot.ability
    other = scene.spot(reader, draw.child("second"))
    if other.values == spot.values or required_query(scene, reader, draw):
        raise Rejected("no two entities to compare")
    pairs = _figures(entity_in(scene.look(spot), reader), entity_in(scene.look(other), reader))
    if not pairs:
        raise Rejected("nothing to compare by")
    left, right = draw.choice(pairs, "figure")
    high = draw.chance(0.5, "high")
    result = max(left.value, right.value) if high else min(left.value, right.value)
    slots: dict[str, Any] = {
        "entity": spot.entity,
        "second": other.entity,
        "fields": left.label,
        "noun": reader.noun,
        "tool": reader.name,
    }
    draft = Draft(scene)
    for purpose, place in (("first_of_two", spot), ("second_of_two", other)):
        thought = phrases.say("thoughts", purpose, draw, **slots)
        draft.call(reader, in_arguments(reader, place.values), thought)
    answer = phrases.say("answers", "value", draw, value=phrases.said(result))
    purpose = "compare_high" if high else "compare_low"
    needed = [spot.values, other.values]
    return finish(purpose, draft, draw, slots, needed, answer, (result,))


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
    found, options = find(scene, draw, lambda lister: _stairs(scene, lister, draw))
    creator, after = draw.choice(options, "stairs")
    values, more = body(scene, creator, draw), body(scene, after, draw)
    draft = Draft(scene)
    slots = search(draft, found, draw)
    slots["owner"], slots["noun"] = slots["noun"], creator.noun
    slots["values"] = phrases.spelled(values) or "no further details"
    thought = phrases.say(
        "thoughts", "found", draw, **{**slots, "noun": slots["owner"], "tool": creator.name}
    )
    ids: list[Any] = [found.reference()]
    arguments = in_arguments(creator, _path(creator, found, ids), body=values or None)
    draft.call(creator, arguments, thought)
    pointer = f"{creator.list_pointer}/{creator.collection.id_field}"
    ids.append({"$result": 1, "pointer": pointer})
    thought = phrases.say("thoughts", "created", draw, **{**slots, "tool": after.name})
    draft.call(after, in_arguments(after, _path(after, found, ids), body=more or None), thought)
    draft.must_change()
    action = after.meaning.act == "action"
    spelled = phrases.spelled(more)
    slots |= {
        "a_noun": phrases.with_article(creator.noun),
        "a_other": phrases.with_article(after.noun),
        "verb": deed(after)[0],
        "more": (f" with {spelled}" if spelled else "") if action else spelled or "nothing else",
    }
    answer = phrases.say("answers", "create", draw, **slots)
    needed = [found.name, found.spot.values, values, more]
    purpose = "named_then_act" if action else "named_then"
    return finish(purpose, draft, draw, slots, needed, answer)


def _stairs(scene: Scene, lister: Ability, draw: Draw) -> list[tuple[Ability, Ability]]:
    """Pairs of a tool that creates below the list's items and one that goes on from there."""
    pairs = []
    for creator in scene.graph.beneath(lister.collection, "create"):
        if creator.collection.id_field is None or required_query(scene, creator, draw):
            continue
        nexts = [a for a in scene.graph.actions(creator.collection) if deed(a)[1]]
        nexts += list(scene.graph.beneath(creator.collection, "create"))
        pairs += [(creator, after) for after in nexts if not required_query(scene, after, draw)]
    return pairs


def _path(ability: Ability, found: Found, ids: list[Any]) -> dict[str, Any]:
    """Path values: those of the list first, then the ids that earlier results gave."""
    names = [*ability.meaning.place.names, *filter(None, [ability.meaning.item])]
    home = [found.spot.values[name] for name in found.spot.ability.meaning.place.names]
    values = [*home, *ids]
    if len(names) != len(values):
        raise Rejected("the path needs more than the found id")
    return dict(zip(names, values, strict=True))


# --- from many ------------------------------------------------------------------------------


def gather(scene: Scene, draw: Draw) -> Made:
    """For every entry under a filter, read the entity it refers to, and tell what was found."""
    for lister, spot, query, filter, entries in filter_choices(scene, draw):
        links = scene.graph.links(scene.world.resources.shape(lister.meaning.view))
        links = [(f, r) for f, r in links if f not in query and _full(entries, f)]
        if links and 2 <= len(entries) <= _MOST:
            field, reader = draw.choice(links, "link")
            if not required_query(scene, reader, draw):
                return _gather(scene, draw, (lister, spot, query, filter, entries), field, reader)
    raise Rejected("no small group that refers to anything")


def _full(entries: list[Any], field: str) -> bool:
    values = [entry.get(field) for entry in entries]
    return all(isinstance(v, str | int) for v in values) and len(set(values)) == len(values)


def _gather(
    scene: Scene,
    draw: Draw,
    choice: tuple[Ability, Spot, dict[str, Any], str, list[Any]],
    field: str,
    reader: Ability,
) -> Made:
    lister, spot, query, filter, entries = choice
    other = phrases.label(f"/{field}")
    slots: dict[str, Any] = {
        "noun": lister.noun,
        "nouns": phrases.plural(lister.noun),
        "place": spot.target,
        "filter": filter,
        "other": other,
        "others": phrases.plural(other),
        "tool": lister.name,
        "count": len(entries),
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "collect", draw, **slots)
    draft.call(lister, in_arguments(lister, spot.values, query=query), thought)
    if reader.meaning.item is None:
        raise Rejected("the reference is empty")
    seen = []
    for number in range(len(entries)):
        pointer = f"{lister.list_pointer}/{number}/{field}"
        path = {reader.meaning.item: {"$result": 0, "pointer": pointer}}
        numbered = {**slots, "tool": reader.name, "number": number + 1}
        thought = phrases.say("thoughts", "lookup_each", draw.child(number), **numbered)
        seen.append(entity_in(draft.call(reader, in_arguments(reader, path), thought), reader))
    label, values = _column(seen, draw)
    slots["fields"] = label
    names = ", ".join(phrases.said(value) for value in values)
    answer = phrases.say("answers", "gather", draw, **{**slots, "names": names})
    needed = [spot.values, query]
    return finish("gather", draft, draw, slots, needed, answer, tuple(values))


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
