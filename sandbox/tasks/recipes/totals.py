"""Recipes for tasks about all pages of a list: sum, highest, lowest, tally, size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Fact, Made, Rejected, facts, in_arguments, must_state
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.recipes.reading import completed, required_query
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import CURSOR_WORDS, OFFSET_WORDS, PAGE_WORDS, SIZE_WORDS, Ability

_MOST_PAGES = 5


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
            made = completed(_figure(draft, draw, entries, words), needed)
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


def _columns(entries: list[Any], fits: Callable[[Fact], bool]) -> dict[str, list[Any]]:
    """Label → values of the fields that every entry has."""
    found: dict[str, list[Any]] = {}
    for fact in facts(entries[0]):
        values = [at_pointer(entry, fact.pointer) for entry in entries]
        if all(fits(replace(fact, value=value)) for value in values):
            found[fact.label] = values
    return found


def _measures(entries: list[Any]) -> dict[str, list[Any]]:
    return _columns(entries, lambda fact: fact.measures)


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
    columns = _columns(entries, lambda f: isinstance(f.value, str) and 0 < len(f.value) < 30)
    repeated = {k: v for k, v in columns.items() if len(set(v)) < len(v)}
    if not repeated:
        return None
    label = draw.choice(sorted(repeated), "tally")
    value = draw.choice(repeated[label], "value")
    return "tally", label, phrases.said(value), repeated[label].count(value)
