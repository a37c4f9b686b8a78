"""Recipes for tasks that only look: one entity, a filtered list, a figure over all pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.graph import CURSOR_WORDS, OFFSET_WORDS, PAGE_WORDS, SIZE_WORDS, Ability
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.scene import (
    Draft,
    Fact,
    Made,
    Rejected,
    Scene,
    Spot,
    facts,
    first,
    in_arguments,
    must_state,
)

_MOST_NAMES = 5
_MOST_PAGES = 5


def read(scene: Scene, draw: Draw) -> Made:
    """One entity is named by its id; one or two of its fields are asked for."""
    ability = first(scene.graph.draw("read", draw), "no tool reads one entity")
    spot = scene.spot(ability, draw)
    needed = required_query(scene, ability, draw)
    draft = Draft(scene)
    words = {"entity": spot.entity, "noun": ability.noun, "tool": ability.name}
    shown = entity_in(scene.look(spot, needed), ability)
    asked = some_facts(shown, draw, spot)
    words["fields"] = phrases.listed([fact.label for fact in asked])
    thought = phrases.say("thoughts", "read", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed), thought)
    made = _told(draft, "read", draw, asked, words)
    must_state(made.instruction, [spot.values, needed])
    return made


def singleton(scene: Scene, draw: Draw) -> Made:
    """Something of which there is only one: settings, a profile, a status."""
    ability = first(scene.graph.draw("singleton", draw), "nothing exists only once")
    spot = scene.spot(ability, draw)
    needed = required_query(scene, ability, draw)
    shown = entity_in(scene.look(spot, needed), ability)
    asked = some_facts(shown, draw, spot)
    words = {
        "entity": spot.entity,
        "noun": f"{ability.noun}{spot.within}",
        "tool": ability.name,
        "fields": phrases.listed([fact.label for fact in asked]),
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "single", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed), thought)
    made = _told(draft, "single", draw, asked, words)
    must_state(made.instruction, [spot.values, needed])
    return made


def _told(
    draft: Draft, purpose: str, draw: Draw, asked: list[Fact], words: Mapping[str, Any]
) -> Made:
    flag = len(asked) == 1 and isinstance(asked[0].value, bool)
    text, template = phrases.instruction(
        "flag" if flag else purpose, draw, **words, **{"is": "are" if len(asked) > 1 else "is"}
    )
    return Made(
        kind="read",
        draft=draft,
        instruction=text,
        template=template,
        answer=fact_answer(asked, str(words["entity"]), draw),
        closing=phrases.say("closings", "read", draw, **words),
        required=tuple(fact.value for fact in asked),
    )


def fact_answer(asked: list[Fact], entity: str, draw: Draw) -> str:
    """A sentence that states the facts."""
    if len(asked) == 1 and isinstance(asked[0].value, bool):
        purpose = "flag_yes" if asked[0].value else "flag_no"
        return phrases.say("answers", purpose, draw, fields=asked[0].label, entity=entity)
    parts = [
        f"{fact.label} of {entity} is {phrases.said(fact.value)}"
        if index == 0
        else f"its {fact.label} is {phrases.said(fact.value)}"
        for index, fact in enumerate(asked)
    ]
    return phrases.say("answers", "read", draw, fact=" and ".join(parts))


def some_facts(shown: Any, draw: Draw, spot: Spot | None = None, *, most: int = 2) -> list[Fact]:
    """One or two facts worth asking for, and not already said by the question."""
    given = {str(value) for value in spot.values.values()} if spot is not None else set()
    open_facts = [fact for fact in facts(shown) if str(fact.value) not in given]
    if not open_facts:
        raise Rejected("no field worth asking for")
    chosen = draw.shuffled(open_facts, "facts")[: draw.integer(1, most, "how many")]
    plain = [fact for fact in chosen if not isinstance(fact.value, bool)]
    return plain or chosen[:1]


def entity_in(result: Any, ability: Ability) -> Any:
    """The entity inside a reply's envelope."""
    return at_pointer(result, ability.list_pointer, result)


def required_query(scene: Scene, ability: Ability, draw: Draw) -> dict[str, Any]:
    """Values for the query and header parameters that a call cannot do without."""
    return {
        parameter.name: scene.invented(parameter, draw)
        for parameter in ability.operation.parameters
        if parameter.required
        and parameter.location in ("query", "header")
        and ability.argument(parameter.location, parameter.name) is not None
    }


# --- filters --------------------------------------------------------------------------------


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
        made = _names(draft, draw, entries, words)
    made = made or _count(draft, draw, len(entries), words)
    must_state(made.instruction, [spot.values, query])
    return made


Choice = tuple[Ability, Spot, dict[str, Any], str, list[Any]]


def filter_choices(scene: Scene, draw: Draw) -> Any:
    """Lists with a filter that keeps some entries and drops others (ability, spot, query, …)."""
    for ability in scene.graph.draw("list", draw, tries=24):
        filters = scene.graph.filters(ability)
        if not filters:
            continue
        must = [parameter for parameter in filters if parameter.required]
        try:
            spot = scene.spot(ability, draw)
            needed = required_query(scene, ability, draw)
            everything = (
                scene.entities(spot) if must else listed_at(scene, spot, needed, whole=True)
            )
        except Rejected:
            continue
        for parameter in draw.shuffled(must or filters, ability.name):
            found = _applied(scene, spot, needed, parameter, everything, draw)
            if found is not None:
                yield ability, spot, *found


def _applied(
    scene: Scene,
    spot: Spot,
    needed: Mapping[str, Any],
    parameter: Any,
    everything: list[Any],
    draw: Draw,
) -> tuple[dict[str, Any], str, list[Any]] | None:
    """The query, its words and the entries, when the filter on this parameter does something."""
    field = field_of(parameter.name, everything)
    values = [entry[field] for entry in everything if field in entry] if field else []
    values = [value for value in values if isinstance(value, str | int) and str(value)]
    if not values or len(everything) < 2:
        return None
    value = draw.choice(values, f"filter {parameter.name}")
    listing = scene.world.resources.shape(parameter.schema).type == "array"
    query = {**needed, parameter.name: [value] if listing else value}
    try:
        entries = listed_at(scene, spot, query)
    except Rejected:
        return None
    fitting = [entry for entry in everything if entry.get(field) == value]
    honoured = len(entries) == len(fitting) and all(e.get(field) == value for e in entries)
    if not honoured or len(entries) == len(everything):
        return None
    said = phrases.said(value) if not isinstance(value, bool) else f"set to {phrases.said(value)}"
    return query, f"with {phrases.label(f'/{parameter.name}')} {said}", entries


def field_of(parameter: str, entries: list[Any]) -> str | None:
    """The entries' field that a filter's name speaks of."""
    wanted = phrases.label(f"/{parameter}")
    for entry in entries[:1]:
        for name in entry:
            if phrases.label(f"/{name}") == wanted or name == parameter:
                return str(name)
    return None


def listed_at(
    scene: Scene, spot: Spot, query: Mapping[str, Any], *, whole: bool = False
) -> list[Any]:
    """All entries of a list; rejected when one reply does not hold them all.

    `whole` asks for the largest page there is, as a look behind the scenes.
    """
    size = _largest(spot.ability) if whole else {}
    result = scene.look(spot, {**query, **size})
    entries = at_pointer(result, spot.ability.list_pointer, None)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Rejected("the list is not where it was thought to be")
    if not entries:
        raise Rejected("the list is empty")
    if goes_on(result, len(entries), scene.total(spot)):
        raise Rejected("the list goes on")
    return entries


def _largest(ability: Ability) -> dict[str, Any]:
    parameter = ability.parameter("query", SIZE_WORDS)
    if parameter is None:
        return {}
    schema = parameter.schema if isinstance(parameter.schema, dict) else {}
    most = schema.get("maximum", 50)
    return {parameter.name: min(50, int(most))} if isinstance(most, int | float) else {}


def goes_on(result: Any, length: int, most: int) -> bool:
    """Whether a list reply is not all there is; `most` entities exist in all."""
    if length >= most:
        return False
    if not isinstance(result, dict):
        return length in (10, 20, 25, 30, 50)
    total = next((result[n] for n in ("total", "total_count", "count") if n in result), None)
    if isinstance(total, int) and not isinstance(total, bool):
        return total > length
    if result.get("has_more") is True:
        return True
    return any(isinstance(value, str) and value for name, value in result.items() if "next" in name)


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


def _names(draft: Draft, draw: Draw, entries: list[Any], words: Mapping[str, Any]) -> Made | None:
    name = phrases.naming_field(entries[0])
    if name is None or len(entries) > _MOST_NAMES:
        return None
    named = [entry.get(name) for entry in entries]
    if not all(isinstance(each, str) and 0 < len(each) <= 60 for each in named):
        return None
    fields = phrases.label(f"/{name}")
    text, template = phrases.instruction("names", draw, fields=fields, **words)
    return Made(
        kind="filter",
        draft=draft,
        instruction=text,
        template=template,
        answer=phrases.say(
            "answers", "names", draw, names=", ".join(map(str, named)), fields=fields, **words
        ),
        closing=phrases.say("closings", "read", draw),
        required=tuple(named),
    )


def _one(
    draft: Draft, draw: Draw, entries: list[Any], query: Mapping[str, Any], words: Mapping[str, Any]
) -> Made | None:
    asked = [fact for fact in facts(entries[0]) if fact.value not in query.values()]
    asked = [fact for fact in asked if not isinstance(fact.value, bool)]
    if not asked:
        return None
    fact = draw.choice(asked, "field")
    text, template = phrases.instruction("one", draw, fields=fact.label, **words)
    return Made(
        kind="filter",
        draft=draft,
        instruction=text,
        template=template,
        answer=fact_answer([fact], f"the only {words['noun']} {words['filter']}", draw),
        closing=phrases.say("closings", "read", draw),
        required=(fact.value,),
    )


# --- totals ---------------------------------------------------------------------------------


def aggregate(scene: Scene, draw: Draw) -> Made:
    """A figure over all pages of a list: sum, highest, lowest, tally or size."""
    for ability in scene.graph.draw("list", draw, tries=24):
        try:
            spot, needed = scene.spot(ability, draw), required_query(scene, ability, draw)
        except Rejected:
            continue
        total = scene.total(spot)
        paged = next_page(ability, [], 1) is not None
        if total < 3 or (paged and ability.parameter("query", SIZE_WORDS) is None):
            continue
        size = max(2, -(-total // draw.integer(2, 3, "pages"))) if paged else total
        draft, words = Draft(scene), _list_words(ability, spot, size)
        entries = _all_pages(draft, spot, needed, size, draw, words)
        if len(entries) == total:
            made = _figure(draft, draw, entries, words)
            must_state(made.instruction, [spot.values, needed])
            return made
    raise Rejected("no list with pages")


def _list_words(ability: Ability, spot: Spot, size: int) -> dict[str, Any]:
    return {
        "noun": ability.noun,
        "nouns": phrases.plural(ability.noun),
        "place": spot.target,
        "tool": ability.name,
        "size": size,
    }


def _all_pages(
    draft: Draft,
    spot: Spot,
    needed: Mapping[str, Any],
    size: int,
    draw: Draw,
    words: Mapping[str, Any],
) -> list[Any]:
    """Every entry, page by page, as the reference solution reads them."""
    ability, entries = spot.ability, list[Any]()
    for page in range(_MOST_PAGES):
        turn = {} if page == 0 else next_page(ability, draft.results, size)
        if turn is None:
            break
        paged = ability.parameter("query", SIZE_WORDS) is not None
        purpose = ("page" if page == 0 else "next_page") if paged else "whole"
        thought = phrases.say("thoughts", purpose, draw.child(page), **words)
        query = {**needed, **sized(ability, size), **turn}
        draft.call(ability, in_arguments(ability, spot.values, query=query), thought)
        shown = draft.entries(ability)
        entries.extend(shown)
        if len(shown) < size or _last(draft.results[-1]):
            break
    return entries


def _last(result: Any) -> bool:
    """Whether an envelope says that no page follows."""
    if not isinstance(result, dict):
        return False
    nexts = [value for name, value in result.items() if "next" in name]
    return bool(nexts) and not any(nexts)


def sized(ability: Ability, size: int) -> dict[str, Any]:
    """The parameter that sets the page size, where there is one."""
    parameter = ability.parameter("query", SIZE_WORDS)
    return {parameter.name: size} if parameter is not None else {}


def next_page(ability: Ability, results: list[Any], size: int) -> dict[str, Any] | None:
    """The parameter that asks for the page after those read; None when there is no such thing."""
    if ability.parameter("query", SIZE_WORDS) is None:
        return None
    page = ability.parameter("query", PAGE_WORDS)
    if page is not None:
        schema = page.schema if isinstance(page.schema, dict) else {}
        start = 0 if schema.get("minimum") == 0 or schema.get("default") == 0 else 1
        return {page.name: start + len(results)}
    offset = ability.parameter("query", OFFSET_WORDS)
    if offset is not None:
        return {offset.name: size * len(results)}
    cursor = ability.parameter("query", CURSOR_WORDS)
    if cursor is None:
        return None
    if not results:
        return {}
    last = results[-1] if isinstance(results[-1], dict) else {}
    for name, value in last.items():
        if ("next" in name or "cursor" in name) and isinstance(value, str) and value:
            return {cursor.name: {"$result": len(results) - 1, "pointer": f"/{name}"}}
    return None


def _figure(draft: Draft, draw: Draw, entries: list[Any], words: Mapping[str, Any]) -> Made:
    figures = [make for make in (_sum, _extreme, _tally) if draw.chance(0.8, make.__name__)]
    for make in draw.shuffled(figures, "figure"):
        found = make(draw, entries)
        if found is not None:
            break
    else:
        found = ("size", "", "", len(entries))
    purpose, fields, value, result = found
    text, template = phrases.instruction(purpose, draw, fields=fields, value=value, **words)
    answer = (
        phrases.say("answers", "count_plain", draw, count=result, **words)
        if purpose == "size"
        else phrases.say("answers", "value", draw, value=phrases.said(result))
    )
    return Made(
        kind="aggregate",
        draft=draft,
        instruction=text,
        template=template,
        answer=answer,
        closing=phrases.say("closings", "totals", draw),
        required=(result,),
    )


Figure = tuple[str, str, str, Any]


def _columns(entries: list[Any], fits: Callable[[Any], bool]) -> dict[str, list[Any]]:
    """Label → values of the fields that every entry has."""
    found: dict[str, list[Any]] = {}
    for fact in facts(entries[0]):
        values = [at_pointer(entry, fact.pointer) for entry in entries]
        if all(map(fits, values)):
            found[fact.label] = values
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _measures(entries: list[Any]) -> dict[str, list[Any]]:
    names = ("id", "number", "code", "version")
    columns = _columns(entries, _number)
    return {label: values for label, values in columns.items() if label.split()[-1] not in names}


def _sum(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _measures(entries)
    if not columns:
        return None
    label = draw.choice(sorted(columns), "sum")
    return "sum", label, "", round(sum(columns[label]), 6)


def _extreme(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _measures(entries)
    if not columns:
        return None
    label = draw.choice(sorted(columns), "extreme")
    high = draw.chance(0.5, "high")
    return (
        ("highest", label, "", max(columns[label]))
        if high
        else ("lowest", label, "", min(columns[label]))
    )


def _tally(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _columns(entries, lambda value: isinstance(value, str) and 0 < len(value) < 30)
    repeated = {k: v for k, v in columns.items() if len(set(v)) < len(v)}
    if not repeated:
        return None
    label = draw.choice(sorted(repeated), "tally")
    value = draw.choice(repeated[label], "value")
    return "tally", label, phrases.said(value), repeated[label].count(value)
