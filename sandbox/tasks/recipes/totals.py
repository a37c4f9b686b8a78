"""Recipes for tasks about all pages of a list: sum, highest, lowest, tally, size."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.conventions.paging import Paging
from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.writing import words_for
from sandbox.tasks.sayable import Fact, Rejected, facts, must_state
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability

_MOST_PAGES = 5
_PLAIN = re.compile(r"[A-Za-z][A-Za-z _-]{1,28}").fullmatch


def aggregate(scene: Scene, draw: Draw) -> Made:
    """A figure over all pages of a list: sum, highest, lowest, tally or size."""
    for ability in scene.graph.draw("list", draw, tries=24):
        try:
            spot = scene.spot(ability, draw)
        except Rejected:
            continue
        total = scene.total(spot)
        if total < 3:
            continue
        size = max(2, -(-total // draw.integer(2, 3, "pages"))) if _pages(ability) else total
        draft, words = Draft(scene), words_for(spot, size=size)
        entries = _all_pages(draft, spot, size, draw, words)
        if len(entries) == total:
            made = _figure(draft, draw, entries, words)
            must_state(made.instruction, spot.stated_values)
            return made
    raise Rejected("no list with pages")


def _all_pages(
    draft: Draft,
    spot: Spot,
    size: int,
    draw: Draw,
    words: Mapping[str, Any],
) -> list[Any]:
    """Every entry, page by page, as the reference solution reads them."""
    ability, entries = spot.ability, list[Any]()
    paging = _pages(ability)
    for page in range(_MOST_PAGES):
        query: dict[str, Any] = {}
        if paging is not None and paging.size is not None:
            query = paging.size.put(query, size)
        if page:
            position = _position(ability, paging, draft.results, size)
            if paging is None or paging.position is None or position is None:
                break
            query = paging.position.put(query, position)
        purpose = "whole" if paging is None else "next_page" if page else "page"
        thought = phrases.say("thoughts", purpose, draw.child(page), **words)
        draft.call(ability, spot.arguments(query=query), thought)
        shown = draft.entries(ability)
        entries.extend(shown)
        if len(shown) < size or paging is None or paging.ends(draft.results[-1]):
            break
    return entries


def _pages(ability: Ability) -> Paging | None:
    """How the list is paged, where a call can say both where a page begins and how long it is."""
    paging = ability.facts.paging
    return None if paging is None or paging.position is None or paging.size is None else paging


def _position(ability: Ability, paging: Paging | None, results: list[Any], size: int) -> Any:
    """Where the page after those read begins; None where no call can say it."""
    if paging is None:
        return None
    pages = len(results)
    if paging.is_numbered:
        return paging.first + pages * (1 if paging.style == "page" else size)
    if paging.style == "after":
        own = "".join(f"/{key}" for key in ability.collection.shown_id_path)
        pointers = [f"{ability.list_pointer}/{size - 1}{own}"]
    else:
        tokens = (each for each in paging.next if not each.header and each.kind != "url")
        pointers = ["".join(f"/{key}" for key in each.pointer) for each in tokens]
    there = (each for each in pointers if at_pointer(results[-1], each, None) not in (None, ""))
    pointer = next(there, None)
    return None if pointer is None else {"$result": pages - 1, "pointer": pointer}


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
        else phrases.say("answers", "value", draw, value=value_phrases.value_text(result))
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


def _sum(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _columns(entries, lambda fact: fact.adds_up)
    if not columns:
        return None
    label = draw.choice(sorted(columns), "sum")
    return "sum", label, "", round(sum(columns[label]), 6)


def _extreme(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _columns(entries, lambda fact: fact.measures)
    if not columns:
        return None
    label = draw.choice(sorted(columns), "extreme")
    if draw.chance(0.5, "high"):
        return "highest", label, "", max(columns[label])
    return "lowest", label, "", min(columns[label])


def _tally(draw: Draw, entries: list[Any]) -> Figure | None:
    columns = _columns(entries, lambda f: isinstance(f.value, str) and _PLAIN(f.value) is not None)
    mixed = {k: v for k, v in columns.items() if 1 < len(set(v)) < len(v)}
    if not mixed:
        return None
    label = draw.choice(sorted(mixed), "tally")
    value = draw.choice(mixed[label], "value")
    return "tally", label, value_phrases.value_text(value), mixed[label].count(value)
