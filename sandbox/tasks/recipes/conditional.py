"""A recipe with a condition: only if a field has some value, act, change or delete."""

from __future__ import annotations

from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.reading import entity_in
from sandbox.tasks.recipes.writing import (
    body,
    change_words,
    changes_to,
    doers_for,
    finish_task,
    same_entity_for,
    verb_of,
    words_for,
)  # fmt: skip
from sandbox.tasks.sayable import Fact, Rejected, facts, first
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Ability


def conditional(scene: Scene, draw: Draw) -> Made:
    """Only if a field has some value, act, change or delete; else say what the value is."""
    spot = first(scene.places("read", draw, "no tool reads one entity"), "nothing to read")
    reader = spot.ability
    if reader.must_be_told:
        raise Rejected("reading needs more than an id")
    shown = entity_in(scene.look(spot), reader)
    fact, options = _condition(scene, reader, shown, draw)
    others = [option for option in options if option != fact.value]
    holds = draw.chance(0.6, "holds") or not others
    value = fact.value if holds else draw.choice(others, "other")
    doers = doers_for(scene, reader.collection)
    if not doers:
        raise Rejected("no tool changes what is read")
    doer = draw.choice(doers, "doer")
    act, verb = doer.meaning.act, verb_of(doer) if doer.meaning.act == "action" else ""
    if verb and str(value).startswith(verb[:4]):
        raise Rejected("the condition is that it was done already")
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, shown, draw)
    elif act == "action":
        values = body(scene, doer, draw)
    words = words_for(
        spot,
        **change_words(values),
        fields=fact.label,
        value=value_phrases.value_text(value),
        verb=verb,
    )
    draft = Draft(scene)
    draft.call(reader, spot.arguments(), phrases.say("thoughts", "check", draw, **words))
    purpose = {"merge": "if_update", "delete": "if_delete"}.get(act, "if_act")
    asked = phrases.instruction(purpose, draw, **words)
    needed, required = [spot.stated_values, values, value], tuple[Any, ...]()
    if holds:
        thought = phrases.say("thoughts", "holds", draw, **{**words, "tool": doer.name})
        draft.call(doer, same_entity_for(doer, spot).arguments(body=values or None), thought)
        draft.must_change()
        answer = phrases.say("answers", "each", draw, count=1, nouns=reader.noun)
    else:
        draft.tools.append(doer.name)
        words["value"] = value_phrases.value_text(fact.value)
        answer, required = phrases.say("answers", "not_met", draw, **words), (fact.value,)
    closing = "done" if holds else "condition"
    return finish_task(
        "conditional", asked, draft, draw, words, needed, answer, required, closing=closing
    )


def _condition(
    scene: Scene, reader: Ability, shown: Any, draw: Draw
) -> tuple[Fact, tuple[Any, ...]]:
    """A field with a handful of possible values, and those values."""
    found: list[tuple[Fact, tuple[Any, ...]]] = []
    properties = scene.world.resources.shape(reader.meaning.view).properties
    for fact in facts(shown):
        schema = properties.get(fact.pointer[1:])
        resolved = scene.world.document.schemas.resolve(schema) if schema is not None else None
        options = resolved.get("enum") if isinstance(resolved, dict) else None
        if isinstance(options, list) and isinstance(fact.value, str) and len(options) > 1:
            found.append((fact, tuple(o for o in options if isinstance(o, str))))
    if not found:
        raise Rejected("no field to hang a condition on")
    return draw.choice(found, "condition")
