"""Recipes for tasks that look at one entity, and the facts one can ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.answers import states
from sandbox.tasks.draft import Draft, Fact, Made, Rejected, facts, first, in_arguments, must_state
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability


def read(scene: Scene, draw: Draw) -> Made:
    """One entity is named by its id; one or two of its fields are asked for."""
    spot = first(scene.places("read", draw, "no tool reads one entity"), "nothing to read")
    ability = spot.ability
    needed = required_query(scene, ability, draw)
    draft = Draft(scene)
    words = {"entity": spot.entity, "noun": ability.noun, "tool": ability.name}
    shown = entity_in(scene.look(spot, needed), ability)
    asked = some_facts(shown, draw, spot)
    words["fields"] = phrases.listed([fact.label for fact in asked])
    thought = phrases.say("thoughts", "read", draw, **words)
    draft.call(ability, in_arguments(ability, spot.values, query=needed), thought)
    made = completed(_told(draft, "read", draw, asked, words), needed)
    must_state(made.instruction, [spot.values, needed])
    return made


def singleton(scene: Scene, draw: Draw) -> Made:
    """Something of which there is only one: settings, a profile, a status."""
    acts = ("compute", "singleton") if draw.chance(0.5, "compute") else ("singleton", "compute")
    spot = first(_only_ones(scene, acts, draw), "nothing exists only once")
    ability = spot.ability
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
    made = completed(_told(draft, "single", draw, asked, words), needed)
    must_state(made.instruction, [spot.values, needed])
    return made


def _only_ones(scene: Scene, acts: tuple[str, ...], draw: Draw) -> Iterator[Spot]:
    for act in acts:
        try:
            yield from scene.places(act, draw, "nothing exists only once")
        except Rejected:
            continue


def _told(
    draft: Draft, purpose: str, draw: Draw, asked: list[Fact], words: Mapping[str, Any]
) -> Made:
    flag = len(asked) == 1 and isinstance(asked[0].value, bool)
    text, template = phrases.instruction(
        "flag" if flag else purpose,
        draw,
        **words,
        **{"is": phrases.verb_for([fact.label for fact in asked])},
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


def completed(made: Made, needed: Mapping[str, Any]) -> Made:
    """The task with what the call cannot do without said at the end, if it was not said before."""
    unsaid = {n: value for n, value in needed.items() if not states(made.instruction, value)}
    if not unsaid:
        return made
    return replace(made, instruction=f"{made.instruction} Use {phrases.spelled(unsaid)}.")


def fact_answer(asked: list[Fact], entity: str, draw: Draw) -> str:
    """A sentence that states the facts."""
    if len(asked) == 1 and isinstance(asked[0].value, bool):
        purpose = "flag_yes" if asked[0].value else "flag_no"
        return phrases.say("answers", purpose, draw, fields=asked[0].label, entity=entity)
    parts = [
        f"{fact.label} of {entity} {phrases.verb_for([fact.label])} {phrases.said(fact.value)}"
        if index == 0
        else f"its {fact.label} {phrases.verb_for([fact.label])} {phrases.said(fact.value)}"
        for index, fact in enumerate(asked)
    ]
    return phrases.say("answers", "read", draw, fact=" and ".join(parts))


def some_facts(shown: Any, draw: Draw, spot: Spot | None = None, *, most: int = 2) -> list[Fact]:
    """One or two facts worth asking for, and not already said by the question."""
    given = {str(value) for value in spot.values.values()} if spot is not None else set()
    noun = spot.ability.noun if spot is not None else ""
    open_facts = [
        fact
        for fact in facts(shown)
        if str(fact.value) not in given and not phrases.repeats(fact.label, noun)
    ]
    if not open_facts:
        raise Rejected("no field worth asking for")
    chosen = draw.shuffled(open_facts, "facts")[: draw.integer(1, most, "how many")]
    plain = [fact for fact in chosen if not isinstance(fact.value, bool)]
    return plain or chosen[:1]


def entity_in(result: Any, ability: Ability) -> Any:
    """The entity inside a reply's envelope."""
    found = at_pointer(result, ability.list_pointer, result)
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def required_query(scene: Scene, ability: Ability, draw: Draw) -> dict[str, Any]:
    """Values for the query parameters that a call cannot do without."""
    return {
        parameter.name: scene.invented(parameter, draw)
        for parameter in ability.operation.parameters
        if parameter.required
        and parameter.location == "query"
        and ability.argument("query", parameter.name) is not None
    }
