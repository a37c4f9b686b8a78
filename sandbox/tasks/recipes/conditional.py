"""A recipe with a condition: only if a field has some value, act, change or delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Fact, Made, Rejected, facts, first, in_arguments, must_state
from sandbox.tasks.recipes.reading import entity_in, required_query
from sandbox.tasks.recipes.writing import body, changes_to, deed, finished, moved, words_for
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Ability


def conditional(scene: Scene, draw: Draw) -> Made:
    """Only if a field has some value, act, change or delete; else say what the value is."""
    spot = first(scene.places("read", draw, "no tool reads one entity"), "nothing to read")
    reader = spot.ability
    if required_query(scene, reader, draw):
        raise Rejected("reading needs more than an id")
    shown = entity_in(scene.look(spot), reader)
    fact, options = _condition(scene, reader, shown, draw)
    holds = draw.chance(0.6, "holds")
    others = [option for option in options if option != fact.value]
    value = fact.value if holds or not others else draw.choice(others, "other")
    doer = _doer(scene, reader, draw)
    act = doer.meaning.act
    if act == "merge":
        values = changes_to(scene, doer, shown, draw)
    else:
        values = body(scene, doer, draw) if act == "action" else {}
    verb = deed(doer)[0] if act == "action" else ""
    if verb and str(value).startswith(verb[:4]):
        raise Rejected("the condition is that it was done already")
    spelled = f" with {phrases.spelled(values)}" if values else ""
    words = words_for(
        spot,
        fields=fact.label,
        value=phrases.said(value),
        verb=verb,
        values=spelled,
        changes=phrases.changes(values),
    )
    draft = Draft(scene)
    draft.call(
        reader, in_arguments(reader, spot.values), phrases.say("thoughts", "check", draw, **words)
    )
    purpose = {"merge": "if_update", "delete": "if_delete"}.get(act, "if_act")
    needed = [spot.values, values, value]
    if value != fact.value:
        return _not_met(draft, draw, purpose, words, needed, fact, doer)
    thought = phrases.say("thoughts", "holds", draw, **{**words, "tool": doer.name})
    target = moved(doer, spot)
    draft.call(doer, in_arguments(doer, target.values, body=values or None), thought)
    draft.must_change()
    answer = phrases.say("answers", "each", draw, count=1, noun=reader.noun, nouns=reader.noun)
    return finished("conditional", purpose, draft, draw, words, needed, answer)


def _not_met(
    draft: Draft,
    draw: Draw,
    purpose: str,
    words: Mapping[str, Any],
    needed: Any,
    fact: Fact,
    doer: Ability,
) -> Made:
    draft.tools.append(doer.name)
    text, template = phrases.instruction(purpose, draw, **words)
    must_state(text, needed)
    real = {**words, "value": phrases.said(fact.value)}
    return Made(
        kind="conditional",
        draft=draft,
        instruction=text,
        template=template,
        answer=phrases.say("answers", "not_met", draw, **real),
        closing=phrases.say("closings", "condition", draw, **real),
        required=(fact.value,),
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
        if isinstance(fact.value, bool):
            found.append((fact, (True, False)))
        elif isinstance(options, list) and isinstance(fact.value, str) and len(options) > 1:
            found.append((fact, tuple(o for o in options if isinstance(o, str))))
    if not found:
        raise Rejected("no field to hang a condition on")
    return draw.choice(found, "condition")


def _doer(scene: Scene, reader: Ability, draw: Draw) -> Ability:
    """A tool that changes the entity that the reader reads."""
    found = [a for a in scene.graph.actions(reader.collection) if deed(a)[1]]
    found += list(scene.graph.at(reader.collection, "merge", "delete"))
    found = [a for a in found if not required_query(scene, a, draw)]
    if not found:
        raise Rejected("no tool changes what is read")
    return draw.choice(found, "doer")
