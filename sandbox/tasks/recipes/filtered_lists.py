"""Recipes for tasks about a filtered list: how many, which ones, or what the only one has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.conventions.filters import Filter, field_value
from sandbox.conventions.inputs import value_at
from sandbox.conventions.paging import EVERYTHING
from sandbox.document.operations import Parameter
from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.answers import states
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.reading import fact_answer
from sandbox.tasks.recipes.writing import words_for
from sandbox.tasks.sayable import Rejected, easily_said, facts, first, must_state, opaque
from sandbox.tasks.subjects import Scene, Spot

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """A list under a filter that keeps some entries and drops others."""

    spot: Spot
    query: dict[str, Any]
    filter: str
    """The filter in words: "with the status sold"."""
    entries: list[Any]


def filtered_list(scene: Scene, draw: Draw) -> Made:
    """A list under a filter: how many, which ones, or a field of the only one."""
    choice = first(filter_choices(scene, draw), "no list that can be filtered")
    spot, entries, draft = choice.spot, choice.entries, Draft(scene)
    words = words_for(spot, filter=choice.filter)
    thought = phrases.say("thoughts", "filter", draw, **words)
    draft.call(spot.ability, spot.arguments(query=choice.query), thought)
    made = _one(draft, draw, choice, words) if len(entries) == 1 else None
    if made is None and draw.chance(0.6, "names"):
        made = _names(draft, draw, entries, scene.entities(spot), words)
    made = made or _count(draft, draw, len(entries), words)
    must_state(made.instruction, [spot.stated_values, choice.query])
    return made


def filter_choices(scene: Scene, draw: Draw) -> Iterator[Choice]:
    """Places with a list under a filter, in a keyed order."""
    for ability in scene.graph.draw("list", draw, tries=24):
        filters = scene.graph.filters(ability)
        if not filters:
            continue
        must = [pair for pair in filters if pair[1].required]
        due = {parameter.name for _, parameter in must[:1]}
        try:
            spot = scene.spot(ability, draw)
            spot = replace(spot, query={k: v for k, v in spot.query.items() if k not in due})
            everything = scene.entities(spot) if must else listed_at(scene, spot, {}, whole=True)
        except Rejected:
            continue
        for filter, parameter in draw.shuffled(must[:1] or filters, ability.name):
            found = _try_filter(scene, spot, filter, parameter, everything, draw)
            if found is not None:
                yield found


def _try_filter(
    scene: Scene,
    spot: Spot,
    filter: Filter,
    parameter: Parameter,
    everything: list[Any],
    draw: Draw,
) -> Choice | None:
    """The list under a filter on this parameter, when that does something one can speak of."""
    values = [field_value(entry, filter.field) for entry in everything]
    values = [v for v in values if isinstance(v, str | int) and str(v) and not opaque(v)]
    label = phrases.label("/" + "_".join(filter.field))
    if not values or len(everything) < 2 or not easily_said("_".join(filter.field), values[0]):
        return None
    value = draw.choice(values, f"filter {parameter.name}")
    wanted = scene.world.resources.shape(parameter.schema).type
    if isinstance(value, bool) != (wanted == "boolean"):
        # `favorited=(username)`: what the parameter takes is not what the field says.
        return None
    query = {parameter.name: [value] if wanted == "array" else value}
    try:
        entries = listed_at(scene, spot, query)
    except Rejected:
        return None
    fitting = [entry for entry in everything if field_value(entry, filter.field) == value]
    honoured = len(entries) == len(fitting) and all(
        field_value(entry, filter.field) == value for entry in entries
    )
    said = _in_words(label, value, spot.ability.noun)
    if not honoured or len(entries) == len(everything) or not said:
        return None
    return Choice(spot, query, said, entries)


def _in_words(label: str, value: Any, noun: str) -> str:
    """A filter in words: "that are archived", "of the type bonus", "whose genre is crime"."""
    if isinstance(value, bool):
        return f"that are {'' if value else 'not '}{label}" if phrases.is_adjective(label) else ""
    moment = isinstance(value, int) and any(word in label for word in ("time", "date"))
    if moment or phrases.repeats(label, noun):
        return ""
    said = value_phrases.value_text(value)
    if label in ("name", "title"):
        return f"called {said}"
    if label in ("type", "status", "state"):
        return f"{'of' if label == 'type' else 'with'} the {label} {said}"
    return f"whose {value_phrases.holding(label, value)}"


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


def _one(draft: Draft, draw: Draw, choice: Choice, words: Mapping[str, Any]) -> Made | None:
    known = choice.query.values()
    asked = [fact for fact in facts(choice.entries[0]) if fact.value not in known]
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
