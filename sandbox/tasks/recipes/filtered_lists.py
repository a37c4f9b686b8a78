"""Recipes for tasks about a filtered list: how many, which ones, or what the only one has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.conventions.filters import Filter, field_value
from sandbox.conventions.inputs import value_at
from sandbox.conventions.paging import EVERYTHING
from sandbox.document.operations import Parameter
from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.answers import states
from sandbox.tasks.draft import Draft, Made, Rejected, facts, first, in_arguments, must_state
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.recipes.reading import completed, fact_answer, required_query
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability

_MOST_NAMES = 5


def filtered(scene: Scene, draw: Draw) -> Made:
    """A list under a filter: how many, which ones, or a field of the only one."""
    choice = first(filter_choices(scene, draw), "no list that can be filtered")
    ability, spot, query, filter, entries = choice
    draft = Draft(scene)
    words = {
        "noun": ability.noun,
        "nouns": phrases.plural(ability.noun),
        "place": spot.target,
        "filter": filter,
        "tool": ability.name,
    }
    thought = phrases.say("thoughts", "filter", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=query), thought)
    made = _one(draft, draw, entries, query, words) if len(entries) == 1 else None
    if made is None and draw.chance(0.6, "names"):
        made = _names(draft, draw, entries, scene.entities(spot), words)
    made = completed(made or _count(draft, draw, len(entries), words), query)
    must_state(made.instruction, [spot.values, query])
    return made


Choice = tuple[Ability, Spot, dict[str, Any], str, list[Any]]


def filter_choices(scene: Scene, draw: Draw) -> Iterator[Choice]:
    """Lists with a filter that keeps some entries and drops others (ability, spot, query, …)."""
    for ability in scene.graph.draw("list", draw, tries=24):
        filters = scene.graph.filters(ability)
        if not filters:
            continue
        must = [pair for pair in filters if pair[1].required]
        try:
            spot = scene.spot(ability, draw)
            needed = required_query(scene, ability, draw)
            everything = (
                scene.entities(spot) if must else listed_at(scene, spot, needed, whole=True)
            )
        except Rejected:
            continue
        for filter, parameter in draw.shuffled(must or filters, ability.name):
            found = _applied(scene, spot, needed, filter, parameter, everything, draw)
            if found is not None:
                yield ability, spot, *found


def _applied(
    scene: Scene,
    spot: Spot,
    needed: Mapping[str, Any],
    filter: Filter,
    parameter: Parameter,
    everything: list[Any],
    draw: Draw,
) -> tuple[dict[str, Any], str, list[Any]] | None:
    """The query, its words and the entries, when the filter on this parameter does something."""
    values = [field_value(entry, filter.field) for entry in everything]
    values = [value for value in values if isinstance(value, str | int) and str(value)]
    if not values or len(everything) < 2:
        return None
    value = draw.choice(values, f"filter {parameter.name}")
    wanted = scene.world.resources.shape(parameter.schema).type
    if isinstance(value, bool) != (wanted == "boolean"):
        # `favorited=(username)`: what the parameter takes is not what the field says.
        return None
    listing = wanted == "array"
    query = {**needed, parameter.name: [value] if listing else value}
    try:
        entries = listed_at(scene, spot, query)
    except Rejected:
        return None
    fitting = [entry for entry in everything if field_value(entry, filter.field) == value]
    honoured = len(entries) == len(fitting) and all(
        field_value(entry, filter.field) == value for entry in entries
    )
    if not honoured or len(entries) == len(everything):
        return None
    said = phrases.said(value) if not isinstance(value, bool) else f"set to {phrases.said(value)}"
    label = phrases.label("/" + "_".join(filter.field))
    if label == spot.ability.noun:
        label = "the id"
    return query, f"with {label} {said}", entries


def listed_at(
    scene: Scene, spot: Spot, query: Mapping[str, Any], *, whole: bool = False
) -> list[Any]:
    """All entries of a list; rejected when one reply does not hold them all.

    `whole` asks for the largest page there is, as a look behind the scenes.
    """
    paging, size = spot.ability.facts.paging, EVERYTHING
    if paging is not None:
        size = paging.default_size
        if whole and paging.size is not None:
            size = min(50, paging.largest_size or 50)
            query = paging.size.put(query, size)
    result = scene.look(spot, query)
    entries = at_pointer(result, spot.ability.list_pointer, None)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Rejected("the list is not where it was thought to be")
    if not entries:
        raise Rejected("the list is empty")
    if len(entries) >= size and len(entries) < scene.total(spot):
        total = next((value_at(result, each) for each in paging.total), None) if paging else None
        if total != len(entries):
            raise Rejected("the list goes on")
    return entries


def _count(draft: Draft, draw: Draw, count: int, words: Mapping[str, Any]) -> Made:
    text, template = phrases.instruction("count", draw, **words)
    purpose = "count_one" if count == 1 else "count"
    return Made(
        kind="filter",
        draft=draft,
        instruction=text,
        template=template,
        answer=phrases.say("answers", purpose, draw, count=count, **words),
        closing=phrases.say("closings", "read", draw),
        required=(count,),
    )


def _names(
    draft: Draft, draw: Draw, entries: list[Any], everything: list[Any], words: Mapping[str, Any]
) -> Made | None:
    name = phrases.naming_field(entries[0])
    if name is None or len(entries) > _MOST_NAMES:
        return None
    named = [entry.get(name) for entry in entries]
    if not all(isinstance(each, str) and 0 < len(each) <= 60 for each in named):
        return None
    fields = phrases.label(f"/{name}")
    text, template = phrases.instruction("names", draw, fields=fields, **words)
    names = ", ".join(map(str, named))
    answer = phrases.say("answers", "names", draw, names=names, fields=fields, **words)
    # Reading out the whole list is no answer: some of the others must not be named.
    others = [str(each[name]) for each in everything if isinstance(each.get(name), str)]
    wrong = [other for other in others if not states(f"{text} {answer}", other)]
    return Made(
        kind="filter",
        draft=draft,
        instruction=text,
        template=template,
        answer=answer,
        forbidden=tuple(wrong[:3]),
        closing=phrases.say("closings", "read", draw),
        required=tuple(named),
    )


def _one(
    draft: Draft, draw: Draw, entries: list[Any], query: Mapping[str, Any], words: Mapping[str, Any]
) -> Made | None:
    asked = [fact for fact in facts(entries[0]) if fact.value not in query.values()]
    # Of a driver's `driverId` no sentence could be made: it is called as the driver is.
    asked = [
        fact
        for fact in asked
        if not isinstance(fact.value, bool) and not phrases.repeats(fact.label, words["noun"])
    ]
    if not asked:
        return None
    fact = draw.choice(asked, "field")
    verb = phrases.verb_for([fact.label])
    text, template = phrases.instruction("one", draw, fields=fact.label, **words, **{"is": verb})
    return Made(
        kind="filter",
        draft=draft,
        instruction=text,
        template=template,
        answer=fact_answer([fact], f"the only {words['noun']} {words['filter']}", draw),
        closing=phrases.say("closings", "read", draw),
        required=(fact.value,),
    )
