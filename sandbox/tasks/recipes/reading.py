"""Recipes for tasks that look at one entity, and the questions one can ask about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.conventions.schema_surface import shape
from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.sayable import Fact, Rejected, facts, first, must_state
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability


def read_entity(scene: Scene, draw: Draw) -> Made:
    """Fields of one entity: mostly of one among many, sometimes of that which exists only once."""
    acts = ["read", "singleton", "compute"]
    if draw.chance(0.15, "single"):
        acts = ["singleton", "compute", "read"] if draw.chance(0.5) else ["compute", "singleton"]
    reason = "no tool reads one entity"
    for act in acts:
        try:
            return _read_by_act(scene, draw, act)
        except Rejected as rejected:
            reason = rejected.reason
    raise Rejected(reason)


def _read_by_act(scene: Scene, draw: Draw, act: str) -> Made:
    spot = first(scene.places(act, draw, "no tool reads one entity"), "nothing to read")
    ability, draft = spot.ability, Draft(scene)
    asked = some_facts(entity_in(scene.look(spot), ability), draw, spot)
    words = {"entity": spot.entity, "noun": ability.noun, "tool": ability.name}
    words["fields"] = value_phrases.join_with_and([fact.label for fact in asked])
    thought = phrases.say("thoughts", "read" if spot.id else "single", draw, **words)
    draft.call(ability, spot.arguments(), thought)
    text, template = question(asked, draw, words)
    must_state(text, spot.stated_values)
    return Made(
        kind="read",
        draft=draft,
        instruction=text,
        template=template,
        answer=fact_answer(asked, spot.entity, draw),
        closing=phrases.say("closings", "read", draw, **words),
        required=tuple(fact.value for fact in asked),
    )


def question(
    asked: list[Fact], draw: Draw, words: Mapping[str, Any], purpose: str = "read"
) -> tuple[str, str]:
    """An instruction that asks for facts, as people ask for facts of this sort."""
    slots = {**words, "is": phrases.verb_for([fact.label for fact in asked])}
    if len(asked) == 1 and purpose == "read":
        label, table = asked[0].label, phrases.grammar()["words"]
        if isinstance(asked[0].value, bool):
            purpose = "flag"
        elif label in table["when_past"] and draw.chance(0.7, "when"):
            purpose, slots["done"] = "when_past", table["when_past"][label]
        elif label in table["when_future"] and draw.chance(0.7, "when"):
            purpose, slots["do"] = "when_future", table["when_future"][label]
            slots["does"] = f"{slots['do']}s"
    return phrases.instruction(purpose, draw, **slots)


def fact_answer(asked: list[Fact], entity: str, draw: Draw) -> str:
    """A sentence that states the facts."""
    if len(asked) == 1 and isinstance(asked[0].value, bool):
        purpose = "flag_yes" if asked[0].value else "flag_no"
        return phrases.say("answers", purpose, draw, fields=asked[0].label, entity=entity)
    parts = [
        " ".join(
            (
                f"{fact.label} of {entity}" if index == 0 else f"its {fact.label}",
                phrases.verb_for([fact.label]),
                value_phrases.value_text(fact.value),
            )
        )
        for index, fact in enumerate(asked)
    ]
    return phrases.say("answers", "read", draw, fact=" and ".join(parts))


def some_facts(
    shown: Any, draw: Draw, spot: Spot | None = None, *, known: Collection[str] = ()
) -> list[Fact]:
    """One or two facts worth asking for, neither said by the question nor known already."""
    given = set(map(str, spot.values.values())) if spot is not None else set(known)
    noun = spot.ability.noun if spot is not None else ""
    stated = {phrases.label(f"/{name}") for name in spot.values} if spot is not None else set()
    open_facts = [
        fact
        for fact in facts(shown)
        if str(fact.value) not in given
        and fact.label not in stated
        and not phrases.repeats(fact.label, noun)
    ]
    if not open_facts:
        raise Rejected("no field worth asking for")
    chosen = draw.shuffled(open_facts, "facts")[: 1 if draw.chance(0.6, "one") else 2]
    plain = [fact for fact in chosen if not isinstance(fact.value, bool)]
    return plain or chosen[:1]


def entity_in(result: Any, ability: Ability) -> Any:
    """The entity inside a reply's envelope, as far as the document declares its members."""
    found = at_pointer(result, ability.list_pointer, result)
    found = found[0] if isinstance(found, list) and len(found) == 1 else found
    schemas = ability.operation.schemas
    declared = shape(schemas, ability.meaning.view)
    if not isinstance(found, Mapping) or not declared.properties:
        return found
    return {
        name: value
        for name, value in found.items()
        if name in declared.properties
        and (not isinstance(value, Mapping) or shape(schemas, declared.properties[name]).properties)
    }
